"""Times as files and programs write them: RFC 3339, in UTC."""

from datetime import UTC, datetime


def moment(seconds: float) -> str:
    """Unix seconds as `2026-11-23T06:56:00Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise_moment(milliseconds: int) -> str:
    """Unix milliseconds as `2026-11-23T06:56:00.123Z`."""
    text = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def interval(seconds: int) -> str:
    """As after "every": `hour`, `6 hours`, `90 minutes`."""
    unit, size = next(
        one for one in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)) if not seconds % one[1]
    )
    count = seconds // size
    return unit if count == 1 else f"{count} {unit}s"
