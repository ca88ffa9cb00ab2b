"""Links that a model made up, or was made to write, lose their address.

An address may stand in an answer if exactly this one stands in what the model was given. All others are taken away
where a reader's program would make a link of them or load something: after `http://`, `https://`, `ftp://`, `//` and
`www.`, as a target or definition in Markdown, and in HTML, whose tags with attributes are broken by a space. Code is no
exception, for where code ends is a matter of taste. Only what may still become an address is held back.
"""

import re
import sys
from collections.abc import Callable, Iterable

PLACEHOLDER = "[link removed]"
MAXIMUM_LENGTH = 2048

_RUN = r"[^\s<>\"`{}|\\^\[\]]*"
_BEGINS = r"(?<![A-Za-z0-9])"
_TRIGGER = re.compile(
    rf"(?P<url>{_BEGINS}(?:https?|ftp)://|(?<=http)://|(?<=https)://|(?<=ftp)://)"
    rf"|(?P<bare>{_BEGINS}www\.|(?<![A-Za-z0-9:/])//)"
    r"|(?P<target>\]\()|(?P<definition>\]:)|(?P<tag><)",
    re.IGNORECASE,
)
# Every trigger has one of these, and most texts have none.
_PART_OF_TRIGGER = re.compile(r"[/<\]]|[Ww]\.")
_HELD = re.compile(rf"(?:{_BEGINS}(?:h|ht|htt|https?|f|ft|ftp))?:?/?\Z|{_BEGINS}w{{1,3}}\Z|\]\Z", re.IGNORECASE)
_LONGEST_HELD = len("https:/")
_ADDRESS = re.compile(_RUN)
_HOST = re.compile(r"[^\W_]")
_TOKEN = re.compile(r"\s{0,8}<?(?:[^\s()<>]|\([^\s()<>]*\)?)*")
_TAG = re.compile(r"<[A-Za-z][A-Za-z0-9-]{0,30}(?:\s|/(?!>))")
_UNFINISHED_TAG = re.compile(r"<(?:[A-Za-z][A-Za-z0-9-]{0,30}/?)?\Z")
_FOUND = re.compile(rf"(?:(?:https?|ftp):)?//{_RUN}|www\.{_RUN}", re.IGNORECASE)
_EMPTY_TARGET = re.compile(r"\s{0,8}>?\s{0,8}\)")
_UNFINISHED_EMPTY_TARGET = re.compile(r"\s{0,8}>?\s{0,8}\Z")
_TRAILING = re.compile(r"[.,;:!?)*_'~]+\Z")
_WEB = re.compile(r"(?:https?:)?//", re.IGNORECASE)
# What is kept of the text before a place: longer than the longest look back.
_TAIL = 8


def canonical(address: str) -> str:
    """The one form of an address that all its spellings have.

    `http` and `https` are one, and so is a slash at the end.
    """
    bare = _WEB.sub("", _TRAILING.sub("", address), count=1) if _WEB.match(address) else _TRAILING.sub("", address)
    host, slash, path = bare.partition("/")
    return (host.lower() + slash + path).rstrip("/")


def addresses(urls: Iterable[str], texts: Iterable[str]) -> frozenset[str]:
    """What may be linked to: the URLs given, and those that stand in the texts."""
    found = (url for text in texts for url in _FOUND.findall(text))
    return frozenset(map(canonical, (*urls, *found)))


class LinkGuard:
    """Reads one answer. `allowed` is called when the first address comes, which is seldom."""

    def __init__(self, allowed: Callable[[], frozenset[str]], maximum_length: int = MAXIMUM_LENGTH) -> None:
        self._allowed = allowed
        self._maximum = maximum_length
        self._known: frozenset[str] | None = None
        self._rest = ""
        # The end of what was said, for what a beginning depends on.
        self._tail = ""
        self._dropping = False

    def feed(self, text: str) -> str:
        """The text as far as it is certain."""
        return self._read(self._rest + text, final=False)

    def finish(self) -> str:
        """What is left."""
        return self._read(self._rest, final=True)

    def _read(self, text: str, *, final: bool) -> str:
        said: list[str] = []
        self._rest = ""
        while text:
            if self._dropping:
                text = text[_end(_ADDRESS, text, 0) :]
                self._dropping = not text
                continue
            whole = self._tail + text
            found = _TRIGGER.search(whole, len(self._tail)) if _PART_OF_TRIGGER.search(whole) else None
            if found is None:
                end = len(text) if final else self._held_from(text)
                self._say(text[:end], said)
                self._rest = text[end:]
                break
            at = found.start() - len(self._tail)
            self._say(text[:at], said)
            text = text[at:]
            rest = self._resolve(found, text, said, final=final)
            if rest is None:
                self._rest = text
                break
            text = rest
        return "".join(said)

    def _resolve(self, found: re.Match[str], text: str, said: list[str], *, final: bool) -> str | None:
        """Says what stands at the beginning of `text`; returns the rest, None if it may go on."""
        after = len(found.group())
        if found["tag"]:
            if _UNFINISHED_TAG.match(text) and not final:
                return None
            self._say("< " if _TAG.match(text) else "<", said)
            return text[after:]
        if found["target"] or found["definition"]:
            return self._resolve_target(text, after, "/:.#\\&" if found["target"] else "/:\\&", said, final=final)
        end = _end(_ADDRESS, text, after)
        if end == len(text) < self._maximum and not final:
            return None
        address = text[:end]
        if not _HOST.search(address, after) or (found["bare"] and "." not in address[after:]):
            end = after
        elif end >= self._maximum or not self._may_stand(address):
            return self._take_away(address, text[end:], said)
        self._say(text[:end], said)
        return text[end:]

    def _take_away(self, address: str, after: str, said: list[str]) -> str:
        self._dropping = len(address) >= self._maximum
        trailing = None if self._dropping else _TRAILING.search(address)
        self._say(PLACEHOLDER + (trailing.group() if trailing else ""), said)
        return after

    def _resolve_target(self, text: str, after: int, suspect: str, said: list[str], *, final: bool) -> str | None:
        """A word without any of the characters in `suspect` is no address that leads anywhere else."""
        # No further than it may be long: each of many brackets would be read to the end of the text.
        end = _end(_TOKEN, text, after, self._maximum)
        if end == len(text) < self._maximum and not final:
            return None
        token = text[after:end].lstrip().removeprefix("<")
        if end >= self._maximum:
            self._dropping = True
            self._say(text[:after], said)
            return text[end:]
        if not any(character in token for character in suspect) or self._may_stand(token):
            # The address itself is looked at again, as any other.
            self._say(text[:after], said)
            return text[after:]
        if _UNFINISHED_EMPTY_TARGET.match(text, end) and not final:
            return None
        # So are the brackets: what follows may make a link of them once more.
        empty = _EMPTY_TARGET.match(text, end) if text[after - 1] == "(" else None
        return "]" + text[empty.end() :] if empty else text[:after] + text[end:]

    def _may_stand(self, address: str) -> bool:
        if self._known is None:
            self._known = self._allowed()
        return canonical(address) in self._known

    def _held_from(self, text: str) -> int:
        whole = self._tail + text
        held = _HELD.search(whole, max(len(self._tail), len(whole) - _LONGEST_HELD))
        return held.start() - len(self._tail) if held else len(text)

    def _say(self, text: str, said: list[str]) -> None:
        if text:
            said.append(text)
            self._tail = (self._tail + text)[-_TAIL:]


def _end(pattern: re.Pattern[str], text: str, start: int, limit: int = sys.maxsize) -> int:
    found = pattern.match(text, start, limit)
    return found.end() if found else start
