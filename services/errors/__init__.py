"""Refusals: their reasons, the catalogue of public texts, and the error class with both."""

from services.errors.edge_texts import EdgeText, ReflectionText
from services.errors.reasons import Reason
from services.errors.refusals import DOMAIN, ChatmountError, from_rpc_error, invalid, refusal, unreadable
from services.errors.texts import Text, counted

__all__ = [
    "DOMAIN",
    "ChatmountError",
    "EdgeText",
    "Reason",
    "ReflectionText",
    "Text",
    "counted",
    "from_rpc_error",
    "invalid",
    "refusal",
    "unreadable",
]
