"""Retrieval's gRPC services: proto to domain and back."""
