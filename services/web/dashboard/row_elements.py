"""What stands in every row of lists, as filters of templates.

A macro costs several times what a function does.
"""

from datetime import UTC, datetime
from functools import lru_cache

from markupsafe import Markup, escape

from services.written_times import moment as machine_readable

REMEMBERED = 4_096
"""Texts of one filter: those of lists that are looked at again."""


@lru_cache(REMEMBERED)
def moment(seconds: float) -> Markup:
    """Unix seconds as people read them."""
    return _time(seconds, f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC")


def ago(seconds: float, now: float) -> Markup:
    """Unix seconds as how long ago they were: `2 minutes ago`."""
    past = int(now - seconds)
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if (count := past // size) > 0:
            return _time(seconds, f"{count} {unit}{'s' if count > 1 else ''} ago")
    return _time(seconds, "just now")


@lru_cache(REMEMBERED)
def badge(text: str, kind: str = "plain") -> Markup:
    """A state. `kind`: good, bad, busy or plain.

    The word tells the state; the colour repeats it.
    """
    return Markup(f'<span class="badge {escape(kind)}">{escape(text)}</span>')  # noqa: S704 - both are escaped


def opens(path: str, *rest: str) -> Markup:
    """The attributes of a link whose page opens in the dialog.

    Without a script it is a page like others. `rest`: what follows in the path.
    """
    address = escape("".join((path, *rest)))
    return Markup(f'href="{address}" hx-get="{address}" hx-target="#dialog"')  # noqa: S704 - as above


def _time(seconds: float, text: str) -> Markup:
    return Markup(f'<time datetime="{machine_readable(seconds)}">{text}</time>')  # noqa: S704 - digits and words of ours
