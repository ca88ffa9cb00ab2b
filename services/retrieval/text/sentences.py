"""Sentences of a text, as spans, so that each stands in it letter for letter."""

import re

from services.retrieval.text.abbreviations import ABBREVIATIONS, DATED, MAYBE_FINAL, STARTERS

Span = tuple[int, int]
"""Start and end in the text, in code points."""

_LINE = re.compile(r"[^\n]+")
_LIST_MARK = re.compile(r"^\s*(?:[-*•‣·–]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+")
# Bounded, so that a line of nothing but full stops costs no more than its length.
_END = re.compile(r"""[.!?…]{1,8}["'”’»)\]]{0,4}(?=\s)|[。！？｡]+[」』”’）]*""")
_OPENING = "\"'“‘«([¿¡"
_QUOTES = frozenset('"“‘«„')
_WORD = re.compile(r"[^\W\d_]+")
_ORDINAL = re.compile(r"\d{1,2}")
_LOOK_AROUND = 60  # characters; a bound, so that a line of megabytes costs no more than its length
_CJK_STOPS = "。！？｡"


def split_sentences(text: str) -> list[Span]:
    """Spans of the sentences, in order, without the whitespace around them.

    A line break always ends a sentence. A run of lines indented by four spaces is code: one span, with its indentation,
    for a command without its other half answers nothing. A list mark belongs to its item's first sentence.
    """
    spans: list[Span] = []
    code: Span | None = None
    for line in _LINE.finditer(text):
        start, end = line.span()
        if text.startswith("    ", start):
            stripped = start + len(text[start:end].rstrip())
            if stripped == start:
                continue
            code = (code[0] if code else start, stripped)
            continue
        if code:
            spans.append(code)
            code = None
        spans.extend(_in_line(text, start, end))
    if code:
        spans.append(code)
    return spans


def _in_line(text: str, start: int, end: int) -> list[Span]:
    spans = []
    position = start
    mark = _LIST_MARK.match(text[start:end])
    search_from = start + (mark.end() if mark else 0)
    for match in _END.finditer(text, search_from, end):
        if _ends_here(text, position, match, end):
            spans.append((position, match.end()))
            position = match.end()
    spans.append((position, end))
    trimmed = (_trim(text, *span) for span in spans)
    return [span for span in trimmed if span[0] < span[1]]


def _ends_here(text: str, start: int, match: re.Match[str], line_end: int) -> bool:
    if match[0][0] in _CJK_STOPS:
        return True
    following = text[match.end() : min(line_end, match.end() + _LOOK_AROUND)].lstrip()
    if not following:
        return True
    first = following.lstrip(_OPENING)[:1]
    if not first:
        return False
    if match[0].startswith(("…", "..")) and (
        following[0] in "([" or text[match.start() - 1 : match.start()] in _QUOTES
    ):
        # Something was left out, and what was kept goes on.
        return False
    if match[0][0] != ".":
        return not first.islower()
    if match[0].startswith("..") and first.islower():
        return False
    before = text[max(start, match.start() - _LOOK_AROUND) : match.start()]
    word = re.split(r"\s", before)[-1].lstrip(_OPENING + "-–—/").lower()
    if word == "no" and before.strip().lstrip(_OPENING).lower() == "no":
        # The answer, where no number follows that it could be short for.
        return not first.isdigit()
    if word in ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i"):
        return False
    if first.islower():
        return False
    next_word = _WORD.match(following.lstrip(_OPENING))
    if _ORDINAL.fullmatch(word):
        return next_word is None or next_word[0].lower() not in DATED
    if word in MAYBE_FINAL:
        return next_word is not None and next_word[0].lower() in STARTERS
    return True


def _trim(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    return end - len(part.lstrip()), start + len(part.rstrip())
