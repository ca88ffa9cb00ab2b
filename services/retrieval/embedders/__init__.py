"""Texts to vectors: the built-in model or an OpenAI-compatible endpoint."""
