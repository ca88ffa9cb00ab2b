"""How far a walk over a site goes, and how fast."""

from dataclasses import dataclass, field

REQUEST_PAUSE = 0.2
"""Seconds between two requests to a site that names no delay of its own."""


@dataclass(frozen=True, slots=True)
class CrawlLimits:
    """How far a walk goes.

    `depth`: how many links away from the first page (0: that page alone); `pages`: how many at most.
    """

    depth: int = 0
    pages: int = 100
    pause: float = field(default_factory=lambda: REQUEST_PAUSE)
