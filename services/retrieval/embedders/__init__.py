"""Texts to vectors: the built-in model, or any OpenAI-compatible endpoint, behind one interface."""
