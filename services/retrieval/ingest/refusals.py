"""What becomes of content that was refused."""

from services.errors import ChatmountError, Reason
from services.retrieval.embedders.embedder import EmbedderRefused

FINAL = frozenset({Reason.UNREADABLE_SOURCE, Reason.WRONG_STATE})
"""Refusals that the same content would meet again now: the cause is kept with the source, which has failed."""

REFUSED_SECONDS = 300.0
"""How long it waits until it is tried again: it is refused again until somebody has changed a setting."""


def again_at_ms(refusal: ChatmountError, now_ms: int) -> int | None:
    """When accepted content is tried again.

    None: never, for it is what the content says that is refused.
    """
    cause = refusal.__cause__
    if not isinstance(cause, EmbedderRefused) or cause.for_its_texts:
        return None
    return now_ms + int(REFUSED_SECONDS * 1000)
