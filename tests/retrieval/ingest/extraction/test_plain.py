"""Plain text, its headings, lists and code told by their form; files that are no text."""

import pytest

from services.errors import ChatmountError
from services.file_kinds import FILE_KINDS
from services.retrieval.ingest.extraction.document import Section
from tests.each import for_each
from tests.retrieval.ingest.extraction.extracted import sections, text_of

LONG = "This line is long enough to be a paragraph, and it ends with a full stop."
WRAPPED = """The quick brown fox jumps over the lazy dog while the sun
shines on the fields and everybody is glad of it today and
tomorrow.
- first item of the list
- second item"""


def test_lines_that_look_like_headings_are_headings() -> None:
    text = (
        f"Intro that ends.\n\nHow do I apply?\n{LONG}\n\nFees\n\nThere are none.\n\nContact us\n----------\nBy letter."
    )
    assert sections(text, "plain") == (
        Section((), "Intro that ends."),
        Section(("How do I apply?",), LONG),
        Section(("Fees",), "There are none."),
        Section(("Contact us",), "By letter."),
    )
    # A heading above another stays above it.
    assert sections(f"Guides\n\nFor guests\n{LONG}", "plain") == (Section(("Guides", "For guests"), LONG),)


@for_each(
    "text",
    [
        "Mr Smith\n1 High Street\nLondon",
        "- one\n- two\n- three",
        "milk\neggs\nflour",
        "Ends with a stop.",
        "1. a\n2. b",
    ],
)
def test_what_only_looks_short_is_text(text: str) -> None:
    assert sections(text, "plain") == (Section((), text),)


@for_each(
    ("source", "text"),
    [
        (WRAPPED, WRAPPED.replace("sun\n", "sun ").replace("and\n", "and ")),
        ("Run this:\n\n    make run\n\tmake test", "Run this:\n\n    make run\n    make test"),
        ("One.\r\n\r\nTwo.", "One.\n\nTwo."),
        ("One.\r\rTwo.", "One.\n\nTwo."),
        (
            "Form feed\x0cand bell\x07 in a text" + " that is clean" * 20,
            "Form feed and bell in a text" + " that is clean" * 20,
        ),
    ],
)
def test_lines_are_told_by_their_form(source: str, text: str) -> None:
    assert text_of(source, "plain") == text


@for_each("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"])
def test_usual_encodings_are_read(encoding: str) -> None:
    assert text_of("Café für alle.".encode(encoding), "plain") == "Café für alle."


@for_each("content", [b"\x00\x01\x02\x03" * 50, b"\x89PNG\r\n\x1a\n" + bytes(200), b"\xff\xfe\x00"])
def test_binary_files_are_refused(content: bytes) -> None:
    with pytest.raises(ChatmountError):
        text_of(content, "plain")


@for_each("kind", FILE_KINDS)
@for_each("content", [b"", b"  \n\t ", b"\xef\xbb\xbf"])
def test_files_without_text_are_refused(kind: str, content: bytes) -> None:
    with pytest.raises(ChatmountError):
        text_of(content, kind)
