"""Equations of Office files as text on one line, as Office lets them be typed."""

import re
from collections.abc import Callable, Mapping
from unicodedata import normalize

from lxml import etree

_MAXIMUM_DEPTH = 60
_ROOTS = {"2": "√", "3": "∛", "4": "∜"}
_LETTERS = re.compile("[\U0001d400-\U0001d7ff\u210e]+")
"""Letters in the slanted and other types of formulas; each stands for a plain one."""

_ALONE = re.compile(r"[\w.,′]+|[√∛∜]?\([^()]*\)")
_FUNCTION = re.compile(r"[^\W\d_]\Z")
_LETTER = re.compile(r"\w")


def linear(equation: etree._Element) -> str:
    """An equation as text, such as `x=(-b±√(b^2-4ac))/2a`."""
    return " ".join(_all(equation, 0).split())


def _all(element: etree._Element | None, depth: int) -> str:
    if element is None or depth > _MAXIMUM_DEPTH:
        return ""
    return "".join(_one(child, depth + 1) for child in element if isinstance(child.tag, str))


def _one(element: etree._Element, depth: int) -> str:
    tag = etree.QName(element).localname
    if tag == "t":
        return _LETTERS.sub(lambda letters: normalize("NFKC", letters[0]), element.text or "")
    if tag in _FORMS:
        return _FORMS[tag](_Part(element, depth))
    # What holds properties, or was deleted, has no text that is shown.
    return "" if tag.endswith("Pr") or tag in ("del", "moveFrom") else _all(element, depth)


class _Part:
    """A part of an equation, such as a fraction, whose own parts are asked for by their names."""

    def __init__(self, element: etree._Element, depth: int) -> None:
        self._element = element
        self._depth = depth

    def __getitem__(self, name: str) -> str:
        return _all(self._element.find(f"{{*}}{name}"), self._depth).strip()

    def alone(self, name: str) -> str:
        """In brackets, unless it is a single number, name or bracket."""
        text = self[name]
        return text if _ALONE.fullmatch(text) or not text else f"({text})"

    def all(self, name: str) -> list[str]:
        """All parts of that name."""
        return [_one(part, self._depth).strip() for part in self._element.iterfind(f"{{*}}{name}")]

    def value(self, name: str, default: str) -> str:
        """A property; one that is there without a value is empty."""
        found = self._element.find(f"{{*}}{etree.QName(self._element).localname}Pr/{{*}}{name}")
        if found is None:
            return default
        return next((value for key, value in found.attrib.items() if key.endswith("val")), "")


def _fraction(part: _Part) -> str:
    if part.value("type", "bar") == "noBar":
        return f"({part['num']}¦{part['den']})"
    return f"{part.alone('num')}/{part.alone('den')}"


def _scripts(part: _Part) -> str:
    return _with_scripts(part.alone("e"), part)


def _with_scripts(base: str, part: _Part) -> str:
    below, above = part.alone("sub"), part.alone("sup")
    return base + (f"_{below}" if below else "") + (f"^{above}" if above else "")


def _root(part: _Part) -> str:
    degree = part["deg"] or "2"
    inner = part["e"]
    return f"{_ROOTS[degree]}({inner})" if degree in _ROOTS else f"√({degree}&{inner})"


def _sum(part: _Part) -> str:
    return f"{_with_scripts(part.value('chr', '∫'), part)} {part['e']}"


def _brackets(part: _Part) -> str:
    begin, end = part.value("begChr", "("), part.value("endChr", ")")
    return begin + part.value("sepChr", "|").join(part.all("e")) + end


def _function(part: _Part) -> str:
    name, argument = part["fName"], part["e"]
    return name + (" " if _FUNCTION.search(name) and _LETTER.match(argument) else "") + argument


def _accent(part: _Part) -> str:
    return part["e"] + part.value("chr", "\u0302")


def _bar(part: _Part) -> str:
    mark = "\u0332" if part.value("pos", "bot") == "bot" else "\u0305"
    return "".join(character + mark for character in part["e"])


_FORMS: Mapping[str, Callable[[_Part], str]] = {
    "f": _fraction,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "sPre": lambda part: _with_scripts("", part) + part.alone("e"),
    "rad": _root,
    "nary": _sum,
    "d": _brackets,
    "func": _function,
    "limLow": lambda part: f"{part['e']}_{part.alone('lim')} ",
    "limUpp": lambda part: f"{part['e']}^{part.alone('lim')} ",
    "acc": _accent,
    "bar": _bar,
    "m": lambda part: f"[{'; '.join(part.all('mr'))}]",
    "mr": lambda part: ", ".join(part.all("e")),
    "eqArr": lambda part: "; ".join(part.all("e")),
}
