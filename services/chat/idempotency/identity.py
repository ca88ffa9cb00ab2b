"""What makes two requests the same one."""

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A request that may come again: whose it is, what it is called, and what it asks (`digest`)."""

    api_key_id: str
    chatbot_id: str
    key: str
    digest: str


def digest_of(*, message: str, session_id: str | None, include_sources: bool, whole: bool) -> str:
    """The identity of a body: the fields of the contract with their defaults put in, and nothing else."""
    fields = [message, session_id, include_sources, whole]
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()
