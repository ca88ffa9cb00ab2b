"""Times as files and programs write them: RFC 3339, in UTC."""

from datetime import UTC, datetime


def moment(seconds: float) -> str:
    """Unix seconds as `2026-11-23T06:56:00Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise_moment(milliseconds: int) -> str:
    """Unix milliseconds as `2026-11-23T06:56:00.123Z`."""
    text = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
