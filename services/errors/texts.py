"""The catalogue of public texts: every sentence that callers may be refused with, each once.

A text says what is wrong and what to do, and nothing of the inside. `{name}` is a placeholder for a value. Texts of
`invalid` and `unreadable` are the exception: they speak of one field or one file, and stand where it is checked.
"""

from enum import unique

from services.contract import KEY_PREFIX
from services.errors.reasons import Reason
from services.errors.template import Template


@unique
class Text(Template):
    """What services say, with the reason, and the Retry-After in seconds if not the reason's."""

    def __init__(self, reason: Reason, template: str, retry_after: int | None = None) -> None:
        self.reason = reason
        self.template = template
        self.retry_after = retry_after or reason.retry_after

    MESSAGE_LENGTH = Reason.MESSAGE_LENGTH, "Message must be between 1 and {maximum} characters"
    SESSION_ID_LENGTH = Reason.INVALID_SESSION_ID, "session_id must be at most {maximum} characters"
    SESSION_ID_CONTROLS = Reason.INVALID_SESSION_ID, "session_id must not contain control characters"
    SESSION_OF_ANOTHER_CHANNEL = (
        Reason.INVALID_SESSION_ID,
        "session_id names a conversation of another channel. Choose another session_id.",
    )
    PLAYGROUND_SESSION_ID = Reason.INVALID_SESSION_ID, "In the playground, session_id must begin with {prefix}_"
    IDEMPOTENCY_KEY = (
        Reason.INVALID_IDEMPOTENCY_KEY,
        "Idempotency-Key must be 1 to {maximum} visible ASCII characters",
    )
    IDEMPOTENCY_CONFLICT = (
        Reason.IDEMPOTENCY_CONFLICT,
        "This Idempotency-Key was used with a different request. Use a new key for a new request.",
    )
    IDEMPOTENCY_TAKEN_OVER = Reason.UNAVAILABLE, "Another request with this Idempotency-Key has taken over."
    IDEMPOTENCY_CROWD = (
        Reason.OVERLOADED,
        "Too many requests with this Idempotency-Key begin and end at once. Please try again.",
    )

    MISSING_API_KEY = Reason.MISSING_CREDENTIALS, f"Missing API key. Send it as: Authorization: Bearer {KEY_PREFIX}…"
    INVALID_API_KEY = Reason.INVALID_API_KEY, "Invalid API key."
    EXPIRED_API_KEY = Reason.INVALID_API_KEY, "This API key has expired."
    IP_NOT_ALLOWED = Reason.IP_NOT_ALLOWED, "This API key may not be used from your IP address."
    PLAN_WITHOUT_API = Reason.PLAN_WITHOUT_API, "The plan of this account has no API access."
    NAMED_PLAN_WITHOUT_API = Reason.PLAN_WITHOUT_API, "The plan of this account ({plan}) has no API access."
    PLAN_GONE = (
        Reason.PLAN_WITHOUT_API,
        "The plan of this account does not exist any more. Ask the operator to set another.",
    )
    CHATBOT_DISABLED = Reason.CHATBOT_DISABLED, "This chatbot is disabled."

    INVALID_TICKET = Reason.INVALID_TICKET, "The ticket is not valid or has ended. Ask for another one."
    SITE_NOT_LISTED = Reason.SITE_NOT_LISTED, "This chat may not be used on this site."
    WIDGET_OFF = Reason.WIDGET_OFF, "This chat is switched off."

    MINUTE_LIMIT = Reason.MINUTE_LIMIT, "Rate limit of {requests} per minute reached. Try again in {wait}."
    FAILED_ATTEMPTS = (
        Reason.MINUTE_LIMIT,
        "Too many failed attempts from your IP address: {limit} per minute are allowed. Try again in {wait}.",
    )
    PAGE_TRIES = (
        Reason.MINUTE_LIMIT,
        "Too many tries from your IP address: {limit} per minute are allowed. Try again in {wait}.",
    )
    DAY_LIMIT = (
        Reason.DAY_LIMIT,
        "The daily limit of this chatbot is reached ({limit} requests per day). It starts again at 00:00 UTC.",
    )
    MONTH_LIMIT = (
        Reason.MONTH_LIMIT,
        "The monthly credits of this account are used up ({limit} per month). "
        "They renew on {renewal:%Y-%m-%d} at 00:00 UTC.",
    )
    MONTH_LIMIT_AND_GRANTS = (
        Reason.MONTH_LIMIT,
        "The monthly credits of this account are used up ({limit} per month and {granted} given). "
        "They renew on {renewal:%Y-%m-%d} at 00:00 UTC.",
    )
    VISITOR_LIMIT = Reason.MINUTE_LIMIT, "That was a little fast. Please try again in {wait}."
    WIDGET_LIMIT = Reason.MINUTE_LIMIT, "Many people are asking at the moment. Please try again in {wait}."
    RESTING_TODAY = Reason.DAY_LIMIT, "This chat is resting until tomorrow."
    RESTING = Reason.MONTH_LIMIT, "This chat is resting. Please come back another day."
    CHAT_CLOSED = Reason.PLAN_WITHOUT_API, "This chat is not available at the moment."

    UNAVAILABLE = Reason.UNAVAILABLE, "The service is temporarily unavailable. Please try again."
    OVERLOADED = Reason.OVERLOADED, "Too many requests are being worked on. Please try again."
    TOO_SLOW = Reason.TOO_SLOW, "The answer took too long. Please try again."
    INTERNAL = (
        Reason.INTERNAL,
        "Something went wrong on our side. Please try again; if it stays, report the X-Request-Id.",
    )
    SERVICE_SILENT = Reason.UNAVAILABLE, "The {service} service does not answer. Try again."
    LONG_REQUESTS = (
        Reason.OVERLOADED,
        "You have {most} requests at work at once, in this window and others. Wait for some of them, and try again.",
    )
    NO_WEB_TOKEN = (
        Reason.UNAVAILABLE,
        "Nobody can sign in at the moment. Please try again; if it stays, tell whoever runs this installation.",
    )
    SEARCH_UNAVAILABLE = Reason.UNAVAILABLE, "The search is temporarily unavailable. Please try again."
    SEARCH_TOO_SLOW = Reason.TOO_SLOW, "The search took too long. Please try again."
    CREDIT_GIVEN_BACK = (
        Reason.UNAVAILABLE,
        "The credit of this request was given back meanwhile. Please try again.",
    )
    MODEL_DOWN = Reason.UNAVAILABLE, "The language model is temporarily unavailable. Please try again."
    MODEL_SLOW = Reason.TOO_SLOW, "The language model took too long. Please try again."
    MODEL_BUSY = Reason.OVERLOADED, "Too many answers are being written at the moment. Please try again.", 2
    MODEL_SETUP = (
        Reason.UNAVAILABLE,
        "The language model can't be used as it is set up. Please tell the operator of this service.",
        60,
    )
    ANSWER_BROKE_OFF = Reason.UNAVAILABLE, "The answer broke off. Please try again."

    MISSING_TOKEN = Reason.MISSING_CREDENTIALS, "This method needs a token: authorization: Bearer …"
    INVALID_TOKEN = Reason.INVALID_TOKEN, "The token is not valid or has expired."
    UNREADABLE_REQUEST = Reason.INVALID_FIELD, "The request is no message of this method."
    NO_ACCESS_RULE = Reason.ROLE_NOT_ALLOWED, "This method can't be called."
    ROLE_NOT_ALLOWED = Reason.ROLE_NOT_ALLOWED, "This token may not call this method."
    MEMBER_ROLE = Reason.MEMBER_ROLE, "Your role ({role}) can't do this. It takes an {least} of the account."
    OPERATORS_ONLY = Reason.ROLE_NOT_ALLOWED, "Only operators of this installation may see and do this."
    NEEDS_NO_SCOPE = Reason.ROLE_NOT_ALLOWED, "This method needs a token that is not scoped."
    NEEDS_CHATBOT_SCOPE = Reason.ROLE_NOT_ALLOWED, "This method needs a token that is scoped to a chatbot."
    NEEDS_ACCOUNT_SCOPE = Reason.ROLE_NOT_ALLOWED, "This method needs a token that is scoped to an account."
    NEEDS_CHATBOT_OR_NO_SCOPE = (
        Reason.ROLE_NOT_ALLOWED,
        "This method needs a token that is scoped to a chatbot, or to nothing.",
    )

    SIGN_IN_FAILED = Reason.SIGN_IN_FAILED, "E-mail address or password is wrong."
    WRONG_PASSWORD = Reason.SIGN_IN_FAILED, "The present password is wrong."
    SIGN_IN_ATTEMPTS = (
        Reason.MINUTE_LIMIT,
        "Too many failed attempts for this e-mail address. Try again in {wait}.",
    )
    SESSION_ENDED = Reason.SESSION_ENDED, "Your session has ended. Please sign in again."
    SESSION_MISSING = Reason.MISSING_CREDENTIALS, "Only people who have signed in are shown this."
    LINK_ENDED = Reason.LINK_ENDED, "This link was used or is too old. Ask whoever gave it to you for another one."

    NOT_FOUND = Reason.NOT_FOUND, "There is no such {thing}."
    UNKNOWN_REQUEST = Reason.NOT_FOUND, "Nothing is known of such a request."
    ACCOUNT_NOT_EMPTY = Reason.WRONG_STATE, "This account still has chatbots; delete them first."
    KEY_REVOKED = Reason.WRONG_STATE, "This API key is revoked and can't be rotated; create a new one."
    KEY_EXPIRED = Reason.WRONG_STATE, "This API key has expired and can't be rotated; create a new one."
    NO_KEYS_ON_PLAN = (
        Reason.KEY_LIMIT,
        "This account's plan has no API access, so its chatbots can't have API keys.",
    )
    KEY_LIMIT = (
        Reason.KEY_LIMIT,
        "The {plan} plan allows {keys} per chatbot, and all are in use; revoke one first.",
    )
    NO_RATINGS = Reason.WRONG_STATE, "This chat does not ask what you think of its answers."
    CREATION_DIFFERS = Reason.WRONG_STATE, "This creation_id made something else. Choose a new one."
    KEY_ROTATED = (
        Reason.WRONG_STATE,
        "This API key was rotated meanwhile: it ends in {last4} now. Look at it again before you rotate it.",
    )
    USER_EXISTS = Reason.WRONG_STATE, "This e-mail address has a user already."
    USER_DISABLED = Reason.WRONG_STATE, "This user is disabled and can't sign in. Enable them first."
    USERS_EXIST = Reason.WRONG_STATE, "There are users already. Make a link for one of them."
    LAST_OWNER = Reason.WRONG_STATE, "This is the only owner of the account. Make somebody else an owner first."
    LAST_OPERATOR = Reason.WRONG_STATE, "This is the only operator who can sign in."
    ALREADY_MEMBER = Reason.WRONG_STATE, "This e-mail address is a member of the account already."
    GRANT_DIFFERS = Reason.WRONG_STATE, "This grant_id stands for another grant. Choose a new one."
    RESERVATION_GIVEN_BACK = Reason.WRONG_STATE, "The reservation was given back and can't be used any more."
    FILES_UNAVAILABLE = Reason.UNAVAILABLE, "Files can't be read right now. Please try again."
    INDEXING_UNAVAILABLE = Reason.UNAVAILABLE, "The source can't be indexed right now. Please try again."
    EMBEDDING_UNAVAILABLE = Reason.UNAVAILABLE, "Passages can't be embedded right now. Please try again."
    EMBEDDER_REFUSED = Reason.WRONG_STATE, "{advice} Then try again."


def counted(number: int, noun: str) -> str:
    """The number with its noun, for a placeholder: `1 second`, `2 seconds`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
