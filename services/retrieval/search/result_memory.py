"""Remembered results of searches.

While nothing of a chatbot changes, the same search finds the same.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.observe.spans import current_span
from services.retrieval.changes import Changes
from services.retrieval.metrics import REMEMBERED
from services.retrieval.search.remembered import Remembered

BYTES = 16 * 1024 * 1024
"""Of about 1,500 results."""

_OVERHEAD = 400
_FOUND, _NOT_FOUND = (REMEMBERED.labels("result", found) for found in ("yes", "no"))


@dataclass(frozen=True, slots=True)
class Reply:
    """The result of a search as it is sent. `lasts`: the same search would have the same result."""

    content: bytes
    lasts: bool


@dataclass(frozen=True, slots=True)
class _Known:
    version: int
    content: bytes


class ResultMemory:
    """The replies to the searches that were last asked for, as bytes, which nobody can change."""

    def __init__(self, changes: Changes, maximum_bytes: int = BYTES) -> None:
        self._changes = changes
        self._known: Remembered[tuple[str, bytes], _Known] = Remembered(maximum_bytes, _size_of)

    async def reply(self, chatbot_id: str, asked: bytes, search: Callable[[], Awaitable[Reply]]) -> bytes:
        """The reply to a search, which is made unless it is known."""
        key, version = (chatbot_id, asked), self._changes.version(chatbot_id)
        known = self._known.get(key)
        if known is not None and known.version == version:
            _FOUND.inc()
            current_span().tell({"chatmount.search.remembered": True})
            return known.content
        _NOT_FOUND.inc()
        reply = await search()
        # What changed meanwhile may have been seen in part.
        if reply.lasts and self._changes.version(chatbot_id) == version:
            self._known.put(key, _Known(version, reply.content))
        return reply.content


def _size_of(key: tuple[str, bytes], known: _Known) -> int:
    return _OVERHEAD + len(key[1]) + len(known.content)
