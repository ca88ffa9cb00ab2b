"""Rich text as a row of events: control words with their groups, and the text between them."""

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?[0-9]{1,9})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])"
    rb"|(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)|."
)
# Groups whose text is no text of the document. Others that begin with \* are left out as well.
_LEFT_OUT_WORDS = """
colortbl pict objdata objclass objname fldinst listtable listoverridetable themedata colorschememapping datastore
latentstyles rsidtbl generator xmlnstbl filetbl revtbl pgptbl header headerl headerr headerf footer footerl footerr
footerf annotation atnid atnauthor bkmkstart bkmkend private mmathPr nonshppict template author operator company
creatim revtim printim buptim keywords doccomm category manager hlinkbase subject comment docvar userprops sp
ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn xe tc
"""
_LEFT_OUT = frozenset(_LEFT_OUT_WORDS.split())
_KEPT_THOUGH_MARKED = frozenset(("shptxt", "shpinst", "background", "listtext"))
GROUPS = frozenset(("fonttbl", "stylesheet", "title", "info", "pntext", "listtext", "footnote"))
"""Groups whose text is told apart by their name."""

_SIGNS = {b"~": "\u00a0", b"_": "\u2011", b"{": "{", b"}": "}", b"\\": "\\", b"\n": "\n", b"\r": "\n"}
_WORDS = {
    "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•",
    "tab": "\t", "line": "\n", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
_CHARSETS = {
    0: 1252, 77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255,
    178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250,
}  # fmt: skip
_CODECS = {10000: "mac-roman", 65001: "utf-8", 1361: "johab", 708: "iso8859-6"}
_WESTERN = "cp1252"


class Event(NamedTuple):
    """A control word with its number, or text where `word` is empty.

    `group`: one of GROUPS, or empty.
    """

    word: str
    number: int | None
    text: str
    group: str


class _State(NamedTuple):
    group: str = ""
    is_left_out: bool = False
    codec: str = ""
    fallback: int = 1


def read_events(content: bytes) -> Iterator[Event]:
    """What a file of rich text says, in order.

    Groups are told by the words `{` and `}`. Linear in its length.
    """
    state, above, ansi = _State(), list[_State](), _WESTERN
    fonts: dict[int, str] = {}
    font, skip, place, is_marked = 0, 0, 0, False
    waiting = bytearray()
    while match := _TOKEN.match(content, place):
        place = match.end()
        kind = match.lastgroup
        if kind in ("hex", "text"):
            data = bytes([int(match["hex"], 16)]) if kind == "hex" else match["text"]
            # What stands for a character in programs that don't know Unicode.
            taken = min(skip, len(data))
            skip -= taken
            if not state.is_left_out:
                waiting += data[taken:]
            continue
        word = (match["word"] or b"").decode()
        number = int(match["number"]) if match["number"] else None
        if word == "u" and number is not None:
            if not state.is_left_out:
                yield from _flushed(waiting, state, ansi)
                yield Event("", None, chr(number % 65_536), state.group)
            skip = state.fallback
            continue
        yield from _flushed(waiting, state, ansi)
        if kind == "brace":
            skip, is_marked = 0, False
            if match["brace"] == b"{":
                above.append(state)
            elif above:
                state = above.pop()
            yield Event(match["brace"].decode(), None, "", state.group)
        elif kind == "sign":
            is_marked = match["sign"] == b"*"
            if (text := _SIGNS.get(match["sign"])) and not state.is_left_out:
                yield Event("", None, text, state.group) if text != "\n" else Event("par", None, "", state.group)
        elif word == "bin":
            place += max(0, number or 0)
        elif word:
            if word in _LEFT_OUT or (is_marked and word not in _KEPT_THOUGH_MARKED | GROUPS):
                state = state._replace(is_left_out=True)
            elif word in GROUPS:
                state = state._replace(group=word)
            is_marked = False
            if word == "ansicpg" and number:
                ansi = _codec(number)
            elif word == "uc":
                state = state._replace(fallback=max(0, number or 0))
            elif word == "f" and state.group == "fonttbl":
                font = number or 0
            elif word == "fcharset" and state.group == "fonttbl":
                fonts[font] = _codec(_CHARSETS[number]) if number in _CHARSETS and number else ""
            elif word in ("f", "plain"):
                state = state._replace(codec=fonts.get(number or 0, "") if word == "f" else "")
            if not state.is_left_out:
                yield (
                    Event("", None, _WORDS[word], state.group)
                    if word in _WORDS
                    else Event(word, number, "", state.group)
                )
    yield from _flushed(waiting, state, ansi)


def _flushed(waiting: bytearray, state: _State, ansi: str) -> Iterator[Event]:
    """The text of bytes that were gathered: characters may be of several."""
    if waiting:
        text = waiting.decode(state.codec or ansi, "replace")
        waiting.clear()
        yield Event("", None, text, state.group)


def _codec(page: int) -> str:
    try:
        return codecs.lookup(_CODECS.get(page, f"cp{page}")).name
    except LookupError:
        return _WESTERN
