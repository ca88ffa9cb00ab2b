"""The widget as its page shows it: its sites, and when it was seen there."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chatmount.auth.v1 import widget_pb2 as pb

from services.web.dashboard.refusals import Refused, refusals
from services.widget_snippet import script_path

_THIS_MACHINE = re.compile(r"http://(localhost|.+\.localhost|127\.0\.0\.1)(:\d+)?")


@dataclass(frozen=True, slots=True)
class Site:
    """A site on which the widget answers, and where it was seen last.

    `seen_on`: the site itself, or one that a `*` stands for; "" while it was seen on none. `seen_at`: Unix seconds.
    """

    origin: str
    seen_on: str = ""
    seen_at: int = 0

    @classmethod
    def of(cls, origin: str, sightings: Iterable[pb.WidgetSighting]) -> "Site":
        """From the messages, of which the latest comes first."""
        seen = next((each for each in sightings if _covers(origin, each.origin)), None)
        return cls(origin) if seen is None else cls(origin, seen.origin, seen.last_seen_at)

    @property
    def is_unprotected(self) -> bool:
        """Whether others on the way can change its pages: not where there is no way."""
        return self.origin.startswith("http://") and not _THIS_MACHINE.fullmatch(self.origin)


@dataclass(frozen=True, slots=True)
class Widget:
    """A chatbot's widget."""

    id: str
    is_enabled: bool
    allow_apps: bool
    sites: Sequence[Site]
    refused: Sequence[Refused]
    """At its sites; others know of more."""

    @classmethod
    def of(cls, got: pb.GetWidgetResponse) -> "Widget":
        """From the message."""
        widget = got.widget
        sites = [Site.of(origin, got.sightings) for origin in widget.origins]
        return cls(widget.id, widget.enabled, widget.allow_apps, sites, refusals(got.refused))

    @property
    def path(self) -> str:
        """Where its script is."""
        return script_path(self.id)


def _covers(site: str, origin: str) -> bool:
    (scheme, _, name), (its, _, host) = site.partition("://"), origin.partition("://")
    # What is listed with http is admitted with https too, as browsers take it.
    is_way = its == scheme or (scheme == "http" and ":" not in host)
    return is_way and (host == name or (name.startswith("*.") and host.endswith(name[1:])))
