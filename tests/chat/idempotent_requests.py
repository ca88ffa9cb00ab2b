"""The two kinds of requests that an Idempotency-Key may name."""

from .chat_harness import Chat

HEADERS = [("idempotency-key", "order-1")]


async def kinds(chat: Chat) -> list[str]:
    """The kinds of events of a stream."""
    return [event.type for event in await chat.events(headers=HEADERS)]
