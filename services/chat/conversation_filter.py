"""Which conversations an operator wants to see."""

from dataclasses import dataclass

from services.chat.sessions import Rating
from services.errors import invalid
from services.trust.principal import Channel

MAXIMUM_TEXT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class ConversationFilter:
    """What is set narrows the list.

    Last used from `since_ms` on and before `until_ms` (0: until now), in Unix milliseconds. `text` is a part of a
    question or an answer, whatever its case. `rating` is that of one answer at least.
    """

    channel: Channel | None = None
    since_ms: int = 0
    until_ms: int = 0
    text: str = ""
    rating: Rating = Rating.UNSPECIFIED


ALL_CONVERSATIONS = ConversationFilter()


def checked_filter(
    channel: str, since_ms: int, until_ms: int, text: str, rating: Rating | None = Rating.UNSPECIFIED
) -> ConversationFilter:
    """The filter. INVALID_FIELD for an unknown channel or rating (None), or a long text."""
    if channel and channel not in tuple(Channel):
        raise invalid(f"filter.channel must be one of {', '.join(Channel)}, or empty.")
    if len(text) > MAXIMUM_TEXT_LENGTH:
        raise invalid(f"filter.text must be at most {MAXIMUM_TEXT_LENGTH} characters.")
    if "\0" in text:
        raise invalid("filter.text must not contain a null character.")
    if rating is None:
        raise invalid("filter.rating must be a rating.")
    return ConversationFilter(Channel(channel) if channel else None, since_ms, until_ms, text, rating)
