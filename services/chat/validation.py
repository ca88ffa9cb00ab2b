"""What a question must look like before anything is spent on it."""

import unicodedata
from collections.abc import Sequence

from services.chat.sessions import PLAYGROUND_PREFIX
from services.contract import MAXIMUM_IDEMPOTENCY_KEY_LENGTH, MAXIMUM_MESSAGE_LENGTH, MAXIMUM_SESSION_ID_LENGTH
from services.errors import Text, refusal
from services.trust.principal import Channel

# Fillers, joiners and variation selectors: letters and marks by their category, and nothing to see.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    map(chr, range(0xFE00, 0xFE10))
)

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def checked_message(message: str) -> str:
    """The message as it is worked with.

    MESSAGE_LENGTH unless it has 1–2000 code points, one of them visible.
    """
    if len(message) > MAXIMUM_MESSAGE_LENGTH or not any(map(_is_visible, message)):
        raise refusal(Text.MESSAGE_LENGTH, maximum=MAXIMUM_MESSAGE_LENGTH)
    # The one code point that Postgres can't keep in a text.
    return message.replace("\0", _REPLACEMENT)


def checked_session_id(session_id: str | None, channel: Channel = Channel.API) -> str | None:
    """The session id, None for a conversation of its own.

    INVALID_SESSION_ID when it is too long, has controls in it, or could be in the way of another channel. The empty
    string counts as none: clients send it for "no session", and strangers must not meet in one.
    """
    if not session_id:
        return None
    if len(session_id) > MAXIMUM_SESSION_ID_LENGTH:
        raise refusal(Text.SESSION_ID_LENGTH, maximum=MAXIMUM_SESSION_ID_LENGTH)
    if any(unicodedata.category(character) == "Cc" for character in session_id):
        raise refusal(Text.SESSION_ID_CONTROLS)
    # The ids of the API are its clients' to choose: none of them may be taken before they do.
    if channel == Channel.PLAYGROUND and not session_id.startswith(f"{PLAYGROUND_PREFIX}_"):
        raise refusal(Text.PLAYGROUND_SESSION_ID, prefix=PLAYGROUND_PREFIX)
    return session_id


def checked_idempotency_key(keys: Sequence[str | bytes]) -> str | None:
    """The idempotency key, None for none.

    INVALID_IDEMPOTENCY_KEY for several, or one not of 1–255 visible ASCII characters.
    """
    if not keys:
        return None
    key = keys[0]
    if (
        len(keys) == 1
        and isinstance(key, str)
        and 1 <= len(key) <= MAXIMUM_IDEMPOTENCY_KEY_LENGTH
        and key.isascii()
        and key.isprintable()
        and " " not in key
    ):
        return key
    raise refusal(Text.IDEMPOTENCY_KEY, maximum=MAXIMUM_IDEMPOTENCY_KEY_LENGTH)


def _is_visible(character: str) -> bool:
    # Z: spaces and line ends; Cc and Cf: controls, zero-width and direction marks.
    return unicodedata.category(character) not in {"Zs", "Zl", "Zp", "Cc", "Cf"} and character not in _BLANK_LETTERS
