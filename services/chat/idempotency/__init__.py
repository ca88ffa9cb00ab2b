"""Requests with an `Idempotency-Key`: answered once, however often they are sent."""
