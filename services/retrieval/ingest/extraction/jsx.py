"""The code of MDX, found and never run: tags, expressions, imports and exports."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape

from lxml.html import defs

from services.retrieval.ingest.extraction.document import one_line

_NAME = re.compile(r"<(/?)([A-Za-z][\w:-]*(?:\.[\w-]+)*(?=[\s/>])|(?=>))")
_SPACE = re.compile(r"\s*")
_ATTRIBUTE = re.compile(r"([A-Za-z_@:#$][\w.:@$-]*)(\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(?=\{)|[^\s\"'{}<>`=]+))?")
_END = re.compile(r"/?>")
_TOKEN = re.compile(r"""[{}()\[\]"'`\n]|//[^\n]*|/\*""")
_STRINGS = {
    '"': re.compile(r'"(?:\\.|[^"\\\n])*+', re.DOTALL),
    "'": re.compile(r"'(?:\\.|[^'\\\n])*+", re.DOTALL),
    "`": re.compile(r"`(?:\\.|[^`\\])*+", re.DOTALL),
}
"""Up to the quote at the end, which may be missing."""
_LITERAL = re.compile(r"""\{\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|`((?:\\.|[^`\\$])*)`)\s*\}""")
_IDENTIFIER = re.compile(r"\{\s*([\w.$]+)\s*\}")
_TAGS = re.compile(r"<[^<>]*>")
_IMPORT = re.compile(
    r"""import\s*(?:(?:type\s+)?(?:[\w$]+\s*,\s*)?(?:\{[^{}"'`;()]{0,4000}\}|\*\s*as\s+[\w$]+|[\w$]+)\s*from\s*)?"""
    r"""(?:"[^"\n]*"|'[^'\n]*')[ \t]*(?:;|$|//|with\b)""",
    re.M,
)
_EXPORT = re.compile(
    r"export\s+(?:(?:const|let|var)\s+[\w$]+\s*[=:]|(?:const|let|var)\s*[{\[]|(?:async\s+)?function\b\s*+(?:\*\s*+)?[\w$]*+\s*+[(<]|"
    r"class\s+[\w$]++[^\n]*\{|(?:type|interface|enum)\s+[\w$]++[^\n]*[={]|\*\s|\{|"
    r"default\s+(?:(?:async\s+)?function\b|class\b|async\b|[({\[]|[\w$.]++[ \t]*+(?:[;(][ \t]*+)?$|\w++\s*+=>))",
    re.M,
)
_CONSTANT = re.compile(
    r"""export\s+(?:const|let|var)\s+([\w$]+)(?:\s*:\s*\w+)?\s*=\s*(?:"([^"\\\n]*)"|'([^'\\\n]*)'|`([^`\\$]*)`|([\d.]+))\s*(?:;|$)""",
    re.M,
)
_GOES_ON = re.compile(r"(?:[=,(\[{+?:&|.]|=>)\s*$")

_LOOK_AROUND = 80
_OPENING, _CLOSING = frozenset("{(["), frozenset("})]")


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag: `<name …>`, `</name>` or `<name … />`.

    A fragment has no name. `end`: the place behind it in the text.
    """

    name: str
    attributes: Mapping[str, str]
    is_closing: bool
    is_alone: bool
    has_code: bool
    end: int

    @property
    def is_component(self) -> bool:
        """Whether it is no element of HTML, wherever it stands."""
        return self.name[:1].isupper() and not (self.name.isupper() and self.name.lower() in defs.tags)


class Jsx:
    """Finds code in one text. `constants`: texts that the page gives names to.

    What is searched in vain for an end costs of an allowance, so that the whole costs no more than the text is long.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._allowance = 2 * len(text) + 10_000
        self._last_comment_end = text.rfind("*/")
        # Where a quote begins no string, for it has no end; nor does the same sign anywhere up to there.
        self._without_end = dict.fromkeys(_STRINGS, range(0))
        self.constants: dict[str, str] = {}

    def tag(self, start: int) -> Tag | None:
        """The tag that begins at `start`; None where there is none."""
        match = _NAME.match(self._text, start)
        if match is None or self._allowance < 0:
            return None
        attributes: dict[str, str] = {}
        has_code, place = False, match.end()
        while True:
            spaces = _SPACE.match(self._text, place)
            place = spaces.end() if spaces else place
            end = _END.match(self._text, place)
            if end:
                return Tag(match[2], attributes, bool(match[1]), len(end[0]) == 2, has_code, end.end())
            attribute = _ATTRIBUTE.match(self._text, place)
            if attribute is None and not self._text.startswith("{", place):
                self._allowance -= place - start
                return None
            if attribute:
                place = attribute.end()
                attributes[attribute[1]] = unescape(attribute[3] or attribute[4] or "")
            if not attribute or (attribute[2] and self._text.startswith("{", place)):
                has_code, code_end = True, self.braces(place)
                if code_end < 0:
                    return None
                if attribute:
                    attributes[attribute[1]] = self.value(self._text[place:code_end], is_attribute=True)
                place = code_end

    def braces(self, start: int) -> int:
        """Where the expression in braces that begins at `start` ends; -1 where it doesn't."""
        depth = 0
        for sign, place in self._signs(start) if self._allowance > 0 else ():
            depth += (sign == "{") - (sign == "}")
            if sign == "}" and depth == 0:
                return place + 1
        self._allowance -= len(self._text) - start
        return -1

    def value(self, code: str, *, is_attribute: bool = False) -> str:
        """The text that an expression in braces stands for, as far as it shows without running."""
        literal = _LITERAL.fullmatch(code)
        if literal:
            return (literal[1] or literal[2] or literal[3] or "").replace("\\", "")
        named = _IDENTIFIER.fullmatch(code)
        if named:
            return self.constants.get(named[1], "")
        is_markup = is_attribute and code[1:].lstrip().startswith("<")
        return one_line(_TAGS.sub(" ", code[1:-1])) if is_markup else ""

    @staticmethod
    def begins_module(line: str) -> bool:
        """Whether a line by itself is the beginning of an import or export."""
        return (_IMPORT.match(line) or _EXPORT.match(line)) is not None

    def module_code(self, start: int) -> int:
        """The end of the import or export at the line start `start`; -1 where there is none.

        Prose may begin with the same words.
        """
        imported = _IMPORT.match(self._text, start)
        exported = None if imported else _EXPORT.match(self._text, start)
        if not (imported or exported) or self._allowance < 0:
            return -1
        constant = _CONSTANT.match(self._text, start)
        if constant:
            self.constants[constant[1]] = next(filter(None, constant.groups()[1:]), "")
        depth = 0
        for sign, place in self._signs(start):
            depth += (sign in _OPENING) - (sign in _CLOSING)
            if sign == "\n" and depth <= 0 and not self._goes_on(start, place):
                return place
        if depth <= 0:
            return len(self._text)
        self._allowance -= len(self._text) - start
        end = self._text.find("\n\n", start)
        return end if end >= 0 else len(self._text)

    def _goes_on(self, start: int, line_end: int) -> bool:
        """Whether a statement goes on in the next line, though no bracket is open."""
        line_start = max(start, self._text.rfind("\n", start, line_end) + 1)
        last = self._text[max(line_start, line_end - _LOOK_AROUND) : line_end]
        following = self._text[line_end + 1 : line_end + _LOOK_AROUND].partition("\n")[0]
        return _GOES_ON.search(last) is not None or (following.startswith((" ", "\t", ".")) and not following.isspace())

    def _signs(self, start: int) -> Iterator[tuple[str, int]]:
        """Brackets and line ends from `start` on, with their places.

        Those in strings and comments are left out.
        """
        place = start
        while token := _TOKEN.search(self._text, place):
            sign, place = token[0], token.end()
            if sign in _STRINGS:
                place = self._string_end(sign, token.start())
            elif sign == "/*" and place <= self._last_comment_end:
                place = self._text.find("*/", place) + 2
            elif len(sign) == 1:
                yield sign, token.start()

    def _string_end(self, quote: str, start: int) -> int:
        """Behind the string that begins at `start`; behind the quote, where it begins none."""
        if start in self._without_end[quote]:
            return start + 1
        string = _STRINGS[quote].match(self._text, start)
        end = string.end() if string else start + 1
        if self._text.startswith(quote, end):
            return end + 1
        self._without_end[quote] = range(start, end)
        return start + 1
