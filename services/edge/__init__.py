"""The edge: Envoy's configuration for a stack on this machine, its binary, and a development certificate."""
