"""Web pages: the content stays, what surrounds it goes."""

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.document import Document, Section
from tests.each import for_each
from tests.retrieval.ingest.extraction.extracted import document, page, sections, text_of

LONG = "<p>This is the content of the page, and nearly all of its text.</p>"


def test_a_page_becomes_its_content_under_its_headings() -> None:
    assert document(page("returns.html"), "html") == Document(
        "Returns & refunds",
        (
            Section((), "You can return any item within 30 days. Keep the receipt."),
            Section(
                ("How to return",),
                "1. Open Orders.\n2. Click Return.\n  - Choose a reason\n\n"
                "    curl -X POST \\\n      https://shop.example/returns",
            ),
            Section(("How to return", "Times"), "Delivery\nCountry: Germany; Days: 3\nCountry: France; Days: 4"),
            Section(("Questions",), "How long does it take? Two weeks.\nFee: None.\n\nAnd abroad?\n\nThe same."),
        ),
    )


@for_each("clutter", page("clutter.txt").splitlines())
def test_clutter_goes(clutter: str) -> None:
    before, after = "The content of this page is here, in a whole sentence.", "And it goes on here."
    assert (
        text_of(f"<html><body><p>{before}</p>{clutter}<p>{after}</p></body></html>", "html") == f"{before}\n\n{after}"
    )


@for_each("kept", page("content.txt").splitlines())
def test_content_stays(kept: str) -> None:
    assert "KEPT" in str(sections(f"<html><body><p>First.</p>{kept}</body></html>", "html"))


@for_each(
    "content",
    [
        "<p>Größe</p>".encode("cp1252"),
        '<meta charset="iso-8859-2"><p>Größe</p>'.encode("iso-8859-2"),
        "<p>Größe</p>".encode(),
        "\ufeff<p>Größe</p>".encode(),
        "<p>Größe</p>".encode("utf-16"),
        '<?xml version="1.0" encoding="utf-8"?><html><body><p>Größe</p></body></html>'.encode(),
    ],
)
def test_the_encoding_is_found_out(content: bytes) -> None:
    assert text_of(content, "html") == "Größe"


def test_the_encoding_of_the_media_type_counts() -> None:
    content = "<p>Größe Ж</p>".encode("koi8-r", "ignore")
    assert text_of(content, "html", "text/html; charset=koi8-r").endswith("Ж")


@for_each(
    ("html", "text"),
    [
        ("<div><p>One<p>Two<table><tr><td>Three", "One\n\nTwo\n\nThree"),
        ("<div>" * 200 + "deep" + "</div>" * 200, "deep"),
        (
            "<div class='sidebar'><p>One.</p></div><ul class='menu'><li>Two</li></ul><table id='nav'><td>Three</table>",
            "One.\n\n- Two\n\nThree",
        ),
        ("Open daily,<br>also on Sundays.<br> <br/>Closed in May.", "Open daily, also on Sundays.\n\nClosed in May."),
        ("<p>Fahr&shy;rad&#8203;verleih</p>", "Fahrradverleih"),
        ("<ul>Old pages set <i>text</i> in like that.</ul>", "Old pages set text in like that."),
        (
            "<p>He was a <a class='popup'>quiet man</a>, <span class=menu>who</span> wrote.</p>",
            "He was a quiet man, who wrote.",
        ),
        ("<p>One<a class='headerlink'>#</a> two.</p><p><span class='share'>Share</span></p>", "One two."),
        (
            "<p><span>Credit</span><span>Jane Roe</span>, in <b>Java</b>Script, <code>get<span>Value</span></code></p>",
            "Credit Jane Roe, in JavaScript, getValue",
        ),
        ("<table><tr><td>Tea<td><ul><li>green<li>black.<li>white</ul></table>", "Tea: green, black. white"),
    ],
)
def test_odd_pages_are_read_as_far_as_they_go(html: str, text: str) -> None:
    assert text_of(html, "html") == text


def test_absurd_nesting_is_refused() -> None:
    with pytest.raises(ChatmountError, match="no text"):
        sections("<div>" * 5000 + "deep" + "</div>" * 5000, "html")


@for_each("wrapper", ["<div class='sidebar'>{}</div>", "<form>{}</form>"])
def test_scripts_are_not_counted_as_text_of_the_page(wrapper: str) -> None:
    script = f"<script>{'x' * 5000}</script>"
    assert text_of(f"<body>{script}{wrapper.format(LONG)}</body>", "html").startswith("This is the content")
