"""robots.txt (RFC 9309): what a site lets us read, how fast, and where its sitemaps are."""

import re
from contextlib import suppress
from dataclasses import dataclass

from protego import Protego

from services.urls import WebUrl

AGENT = "chatmount"
MAXIMUM_BYTES = 500 * 1024
MAXIMUM_DELAY = 10.0

# The parser keeps every rule once per agent, and takes `chat` for a name of ours: it is told no names of others.
_OTHER_AGENT = re.compile(rf"(?im)^([ \t]*+user[- ]?agent[ \t]*+:?+[ \t]*+)(?!(?:\*|{AGENT})[ \t]*(?:#|$)).*$")


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one site, for us. `delay`: seconds between two requests."""

    rules: Protego
    delay: float
    sitemaps: tuple[WebUrl, ...]

    def allows(self, url: WebUrl) -> bool:
        """Whether a page may be read: the longest rule decides, and `allow` of two that are equal."""
        return self.rules.can_fetch(str(url), AGENT)


def parse_robots(content: bytes) -> Robots:
    """The rules of all groups that name us, else those for everybody.

    Lines that make no sense are passed over.
    """
    text = content[:MAXIMUM_BYTES].decode("utf-8", "replace").lstrip("\ufeff")
    rules = Protego.parse(_OTHER_AGENT.sub(r"\1other", "\n".join(text.splitlines())))
    sitemaps = []
    for sitemap in rules.sitemaps:
        with suppress(ValueError):
            sitemaps.append(WebUrl.parse(sitemap))
    return Robots(rules, min(rules.crawl_delay(AGENT) or 0.0, MAXIMUM_DELAY), tuple(sitemaps))


EVERYTHING = parse_robots(b"")
NOTHING = parse_robots(b"User-agent: *\nDisallow: /")
