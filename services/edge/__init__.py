"""The edge: Envoy with its configuration, its certificate and its credential."""
