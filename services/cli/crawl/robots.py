"""robots.txt (RFC 9309): what a site lets us read, how fast, and where its sitemaps are."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote

from services.urls import WebUrl

NAME = "chatmount"
MAXIMUM_BYTES = 500 * 1024
MAXIMUM_DELAY = 10.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A path pattern, with `*` for anything and `$` for the end."""

    allow: bool
    pattern: str

    def matches(self, path: str) -> bool:
        """Whether the rule speaks of this path."""
        pattern, anchored = unquote(self.pattern), self.pattern.endswith("$")
        first, *others = pattern.removesuffix("$").split("*")
        path = unquote(path)
        if not path.startswith(first):
            return False
        # Piece by piece: a regular expression with many wildcards could be made to take for ever.
        place = len(first)
        for piece in others[:-1] if anchored else others:
            found = path.find(piece, place)
            if found < 0:
                return False
            place = found + len(piece)
        if not anchored:
            return True
        return path.endswith(others[-1]) and len(path) - len(others[-1]) >= place if others else place == len(path)


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one site, for us. `delay`: seconds between two requests."""

    rules: tuple[Rule, ...] = ()
    delay: float = 0.0
    sitemaps: tuple[WebUrl, ...] = ()

    def allows(self, path: str) -> bool:
        """Whether `path` (with its query) may be read: the longest rule decides, and `allow` of two that are equal."""
        spoken = [rule for rule in self.rules if rule.matches(path)]
        return max(spoken, key=lambda rule: (len(rule.pattern), rule.allow)).allow if spoken else True


EVERYTHING = Robots()
NOTHING = Robots((Rule(allow=False, pattern="/"),))


@dataclass(slots=True)
class _Group:
    agents: list[str] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    delay: float = 0.0
    begun: bool = False


def parse_robots(content: bytes) -> Robots:
    """The rules for us: those of all groups that name us, else those for everybody. Lines that make no sense are
    passed over."""
    groups: list[_Group] = []
    sitemaps: list[WebUrl] = []
    for line in content[:MAXIMUM_BYTES].decode("utf-8", "replace").lstrip("\ufeff").splitlines():
        key, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        match key.lower():
            case "user-agent":
                # Names that follow each other share the rules below them.
                if not groups or groups[-1].begun:
                    groups.append(_Group())
                groups[-1].agents.append(value.lower())
            case "allow" | "disallow" if groups:
                groups[-1].begun = True
                if value:
                    groups[-1].rules.append(Rule(key.lower() == "allow", value))
            case "crawl-delay" if groups:
                groups[-1].begun = True
                groups[-1].delay = _seconds(value)
            case "sitemap":
                with suppress(ValueError):
                    sitemaps.append(WebUrl.parse(value))
    chosen = [group for group in groups if NAME in group.agents] or [group for group in groups if "*" in group.agents]
    rules = tuple(rule for group in chosen for rule in group.rules)
    return Robots(rules, max((group.delay for group in chosen), default=0.0), tuple(sitemaps))


def _seconds(text: str) -> float:
    return min(float(text), MAXIMUM_DELAY) if re.fullmatch(r"\d{1,6}(?:\.\d{1,3})?", text) else 0.0
