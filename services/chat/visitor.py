"""Visitors of websites, and what they say of answers."""

from dataclasses import dataclass

from services.chat.sessions import Rating
from services.errors import Text, invalid, refusal
from services.trust.principal import Principal

MAXIMUM_COMMENT_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Visitor:
    """A visitor, by a digest of their secret, and the one conversation that is theirs.

    `may_begin`: it may be begun, if it is not there.
    """

    digest: str
    conversation_id: str
    may_begin: bool = False


@dataclass
class Visit:
    """A visitor's conversation as a question finds it.

    `key`: the number of its row; None: it is to be begun.
    """

    visitor: Visitor
    key: int | None = None


def visitor_of(principal: Principal) -> Visitor:
    """The visitor of a token. ROLE_NOT_ALLOWED for one that only reads an appearance."""
    if not principal.visitor_digest or not principal.conversation_id:
        raise refusal(Text.ROLE_NOT_ALLOWED)
    return Visitor(principal.visitor_digest, principal.conversation_id, principal.may_begin)


def checked_rating(rating: str, comment: str) -> tuple[Rating, str]:
    """The rating and what is said beside it, of which nothing stays without a rating.

    INVALID_FIELD for another rating, or a comment that is too long.
    """
    if rating not in [one.value for one in Rating]:
        raise invalid("rating must be up or down, or empty to take it back.")
    if len(comment) > MAXIMUM_COMMENT_LENGTH:
        raise invalid(f"comment must be at most {MAXIMUM_COMMENT_LENGTH} characters.")
    return Rating(rating), comment.replace("\0", "").strip() if rating else ""
