"""Messages of electronic mail."""

from email.message import EmailMessage

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.by_kind import extract
from services.retrieval.ingest.extraction.document import Document, Section
from tests.each import for_each

HEAD = "From: Jörg <j@example.com>\nTo: ada@example.com\nDate: 2026-03-03 10:11"


def message(plain: str = "", page: str = "", charset: str = "utf-8") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = "Jörg <j@example.com>", "ada@example.com"
    made["Subject"], made["Date"] = "Übergabe", "Tue, 3 Mar 2026 10:11:12 +0100"
    if plain:
        made.set_content(plain, charset=charset)
    if page and plain:
        made.add_alternative(page, subtype="html", charset=charset)
    elif page:
        made.set_content(page, subtype="html", charset=charset)
    return made


def read(made: EmailMessage) -> Document:
    return extract(made.as_bytes(), "eml")


@for_each("charset", ["utf-8", "iso-8859-1"])
def test_the_text_stands_under_the_subject_with_people_and_date(charset: str) -> None:
    made = message("Am 5. März.\n\n> Wann denn?\n\n-- \nJörg, Tel. 123\n", "<p>Am 5. März.</p>", charset)
    made.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="Plan für März.pdf")
    made.add_attachment(message("Other text."))
    assert read(made) == Document(
        "Übergabe",
        (
            Section((), f"{HEAD}\nAttachments: Plan für März.pdf, Übergabe.eml"),
            Section((), "Am 5. März.\n\nWann denn?"),
        ),
    )


def test_the_form_that_holds_more_is_read() -> None:
    made = message("See the page.", "<h2>Prices</h2><ul><li>Tea costs two euros</li><li>Ice costs three</li></ul>")
    assert read(made).sections[1:] == (Section(("Prices",), "- Tea costs two euros\n- Ice costs three"),)
    assert read(message(page="<p>Only a page.</p>")).sections[1].text == "Only a page."


def test_headers_that_make_no_sense_are_kept_as_they_are() -> None:
    made = b"From: =?none?q?=FF?= <a@b\nDate: soon\nSubject: =?utf-8?b?!!?=\n"
    made += b"Content-Type: text/plain; charset=none\n\nText.\n"
    document = extract(made, "eml")
    assert document.sections[-1].text == "Text."
    assert document.sections[0].text.startswith("From: ")


@for_each(
    ("content", "said"),
    [
        (b"Just a text.\n", "no message"),
        (message().as_bytes(), "no text"),
        (b"Subject: x\n\n", "no text"),
    ],
)
def test_what_holds_no_text_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ChatmountError, match=said):
        extract(content, "eml")


def test_parts_may_be_nested_as_deep_as_they_like() -> None:
    parts = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(2000))
    with pytest.raises((ChatmountError, RecursionError)):
        extract(f"Subject: x\n{parts}Content-Type: text/plain\n\n".encode(), "eml")
