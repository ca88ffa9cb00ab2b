"""The vector index: one interface, an engine in the process and a server behind it."""
