"""Rich text."""

import time
from contextlib import suppress

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.by_kind import extract
from services.retrieval.ingest.extraction.document import Document, Section
from tests.each import for_each
from tests.promptness import is_once_within

HEAD = (
    r"{\rtf1\ansi\ansicpg1252\uc1{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}{\f2\fcharset128 MS;}}"
    r"{\colortbl;\red0;}{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}{\s2 Title;}{\*\cs9 Fett;}}"
    r"{\info{\title Named}{\author A}}{\header Page}"
)


def read(*texts: str) -> Document:
    return extract((HEAD + "".join(texts) + "}").encode("latin-1"), "rtf")


def test_headings_lists_tables_and_notes_become_text() -> None:
    document = read(
        r"\pard\s2 Staff handbook\par",
        r"\pard\s1 Holidays\par",
        r"\pard Everybody has {\b 30} days{\footnote\pard Or more.}. {\v hidden}{\*\bkmkstart x}\par",
        r"\pard{\listtext\'b7\tab}Ask first\par{\listtext\'b7\tab}Then book\par",
        r"\pard\intbl Year\cell Days\cell Until\cell\row\intbl 2026\cell 5\par 6\cell March\cell\row",
        r"\pard{\pict\pngblip 89504e47}{\field{\*\fldinst HYPERLINK \"file:///etc\"}{\fldrslt a link}}\par",
        r"\pard\outlinelevel1 Rules\par\pard {\pntext 1.\tab}One\par{\pntext 2.\tab}Two\par",
    )
    assert document == Document(
        "Staff handbook",
        (
            Section(
                ("Holidays",),
                "Everybody has 30 days.\n\n- Ask first\n- Then book\n\nYear: 2026; Days: 5 6; Until: March\n\na link",
            ),
            Section(("Holidays", "Rules"), "1. One\n2. Two\n3. Or more."),
        ),
    )


def test_short_lines_in_bold_are_headings_where_no_style_tells_them() -> None:
    document = read(r"{\b\fs32 Prices\par}{\b Tea\par}Two euros.\par{\b Sold out.\par}")
    assert document == Document("Prices", (Section(("Tea",), "Two euros.\n\nSold out."),))


@for_each(
    ("source", "text"),
    [
        (r"caf\'e9 \u8364?5 \u-10179?\u-8704? a\~b\emdash c\{\}\\", "café €5 😀 a b—c{}\\"),
        (r"{\f1 \'cf\'f0\'e8}vet", "Приvet"),
        (r"{\f2 \'83\'65\'83\'58}", "テス"),
        (r"{\uc2\u945\'61\'62}x\uc0\u946 y", "αxβy"),
        ("{\\*\\unknown gone {\\b gone}}Kept\\bin3 }}} on", "Kept on"),
        ("a\\line b\\tab c\\\nd", "a b c\n\nd"),
        (r"}}}}{{{{ still there", "still there"),
    ],
)
def test_characters(source: str, text: str) -> None:
    assert read(source).sections[0].text == text


@for_each(("content", "said"), [(b"no rich text", "no rich text"), (b"{\\rtf1 }", "no text")])
def test_what_holds_no_text_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ChatmountError, match=said):
        extract(content, "rtf")


@pytest.mark.parametrize(
    "piece", ["{", "}", "\\par", "\\'", "{\\*", "\\cell", "\\intbl\\row", "\\u1", "\\fs20{\\b x}\\par"]
)
def test_no_text_costs_more_than_its_length(piece: str) -> None:
    content = b"{\\rtf1 x" + piece.encode() * (64_000 // len(piece))

    def seconds() -> float:
        begin = time.thread_time()
        with suppress(ChatmountError):
            extract(content, "rtf")
        return time.thread_time() - begin

    is_once_within(3, seconds)
