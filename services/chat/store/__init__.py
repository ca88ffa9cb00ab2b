"""Chat's SQL."""
