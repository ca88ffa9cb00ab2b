"""The only SQL of Retrieval."""
