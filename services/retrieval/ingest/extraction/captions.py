"""Subtitles and transcripts, .vtt and .srt: what is said, in sentences."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.errors import unreadable
from services.retrieval.ingest.extraction.document import Document, Outline, one_line

_TIMES = re.compile(
    r"^\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})\s*-->\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
)
_SPEAKER = re.compile(r"<v(?:\.[^\s>]*)?\s+([^<>]+)>")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|<[\d:.]+>|\{\\[^{}]*\}")
_SOUND = re.compile(r"^[\s♪♫]*(?:[\[(][^\])]*[\])][\s♪♫]*)*$")
_ENDS = re.compile(r"""[.!?…。！？]["'”’)\]]*$""")
_ENDS_WITHIN = re.compile(r"[.!?…。！？]")
_WIDE = "\u2e80"

_PAUSE, _LONG_PAUSE = 2.5, 10.0
_WORDS_A_LINE = 30
_WORDS_A_SENTENCE = 60
"""Where fewer sentences end, the words were written down by a machine that sets no stops."""


@dataclass(frozen=True, slots=True)
class _Cue:
    start: float
    end: float
    speaker: str
    lines: tuple[str, ...]


def read_captions(text: str) -> Document:
    """Paragraphs of what is said, each of one speaker, parted by pauses. The times are left out.

    Sounds in brackets are left out as well, and lines that are shown again because captions roll. UNREADABLE_SOURCE
    where no line has times.
    """
    blocks = [block.split("\n") for block in re.split(r"\n(?:[ \t]*\n)+", text.strip("\n"))]
    cues = list(_cues(blocks))
    if not cues:
        raise unreadable("The file holds no captions: its lines have no times. Save it as .txt if it is a text.")
    outline = Outline()
    said = " ".join(line for cue in cues for line in cue.lines)
    has_stops = len(_ENDS_WITHIN.findall(said)) * _WORDS_A_SENTENCE >= len(said.split())
    for paragraph in _paragraphs(cues, has_stops=has_stops):
        outline.block(paragraph)
    return Document(_title(blocks[0]), outline.sections())


def _title(block: list[str]) -> str:
    return one_line(block[0].removeprefix("WEBVTT").strip(" \t-")) if block[0].startswith("WEBVTT") else ""


def _cues(blocks: list[list[str]]) -> Iterator[_Cue]:
    shown: tuple[str, ...] = ()
    for block in blocks:
        place, times = next(((at, found) for at, line in enumerate(block) if (found := _TIMES.match(line))), (0, None))
        if times is None:
            continue
        source = "\n".join(block[place + 1 :])
        speaker = _SPEAKER.search(source)
        lines = tuple(filter(None, (one_line(html.unescape(_MARKUP.sub("", one))) for one in source.split("\n"))))
        lines = tuple(line for line in lines if not _SOUND.match(line))
        new = tuple(line for line in lines if line not in shown)
        shown = lines
        hours, minutes, seconds, thousandths = (int(one or 0) for one in times.groups()[:4])
        start = hours * 3600 + minutes * 60 + seconds + thousandths / 1000
        hours, minutes, seconds, thousandths = (int(one or 0) for one in times.groups()[4:])
        end = hours * 3600 + minutes * 60 + seconds + thousandths / 1000
        if new:
            yield _Cue(start, end, one_line(speaker[1]) if speaker else "", new)


def _paragraphs(cues: list[_Cue], *, has_stops: bool) -> Iterator[str]:
    text, speaker, end = "", "", 0.0
    for cue in cues:
        for line in cue.lines:
            # Two people in one caption have a dash each.
            is_turn = line.startswith(("- ", "– ", "— ", ">> "))
            pause = cue.start - end
            is_end = bool(_ENDS.search(text)) or not has_stops
            is_long = not has_stops and len(text.split()) >= _WORDS_A_LINE
            if text and (is_turn or cue.speaker != speaker or is_long or pause >= (_PAUSE if is_end else _LONG_PAUSE)):
                yield text
                text = ""
            line = line.lstrip("-–—> ") if is_turn else line
            if not text:
                text = f"{cue.speaker}: {line}" if cue.speaker else line
            else:
                text += line if text[-1] >= _WIDE and line[:1] >= _WIDE else f" {line}"
            speaker, end = cue.speaker, cue.end
    if text:
        yield text
