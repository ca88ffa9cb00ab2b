"""Files to text: one module per kind, all giving the same `Document`."""
