"""Files are read apart from the service, by processes that can do nothing else."""
