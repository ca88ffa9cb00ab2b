"""Refusals: the reasons, the catalogue of public texts, and the one error class that carries both."""

from services.errors.reasons import Reason
from services.errors.refusals import DOMAIN, ChatmountError, from_rpc_error, invalid, refusal, unreadable
from services.errors.texts import EdgeText, ReflectionText, Text, counted

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
