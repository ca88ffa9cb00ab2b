"""When a provider wants to be asked again."""

from datetime import UTC
from email.utils import parsedate_to_datetime

from services.clock import Clock


def retry_after(header: str | None, clock: Clock) -> float | None:
    """The seconds that a Retry-After header asks for; None without one that can be read.

    It is a number or a date.
    """
    text = (header or "").strip()
    if not text:
        return None
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # A date without a zone is Greenwich's, by the definition of HTTP dates.
    moment = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - clock())
