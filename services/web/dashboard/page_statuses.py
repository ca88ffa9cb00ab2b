"""The statuses of pages after a refusal, where they are not those of the API."""

from services.errors import Reason

AT_THE_FORM = {
    Reason.INVALID_FIELD: 422,
    Reason.UNREADABLE_SOURCE: 422,
    Reason.SIGN_IN_FAILED: 422,
    Reason.WRONG_STATE: 409,
    Reason.KEY_LIMIT: 409,
    Reason.ALREADY_EXISTS: 409,
    Reason.MINUTE_LIMIT: 429,
    Reason.UNAVAILABLE: 503,
    Reason.OVERLOADED: 503,
    Reason.TOO_SLOW: 503,
}
"""What a form can be sent again after, with the status of the page that shows it again."""


def status_of_page(reason: Reason) -> int:
    """The status of a page that tells of nothing but the refusal."""
    is_conflict = AT_THE_FORM.get(reason) == 409
    return 409 if is_conflict else reason.http_status
