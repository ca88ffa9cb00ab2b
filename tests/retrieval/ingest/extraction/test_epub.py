"""Books: chapters in the order of the spine."""

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.by_kind import extract
from services.retrieval.ingest.extraction.document import Document, Section
from tests.retrieval.ingest.extraction.office_files import epub


def test_chapters_follow_the_spine_and_go_on_from_file_to_file() -> None:
    last = '<header><h1>Roses</h1></header><p>Cut <a epub:type="noteref" href="#n">1</a>them.</p><aside>In May.</aside>'
    first = "<nav><h2>Contents</h2></nav><h1>A book</h1><h2>Soil</h2><div class='sidebar'><p>Dig.</p></div>"
    content = epub(last, "<p>And water it.</p>", first)
    assert extract(content, "epub") == Document(
        "A book", (Section(("Soil",), "Dig.\n\nAnd water it."), Section(("Roses",), "Cut them.\n\nIn May."))
    )


def test_a_protected_book_is_refused_and_one_with_protected_fonts_is_not() -> None:
    for part, is_protected in (("OPS/text/0%20x.xhtml", True), ("OPS/font.otf", False)):
        listed = f'<encryption><EncryptedData><CipherReference URI="{part}"/></EncryptedData></encryption>'
        content = epub("<p>Text.</p>", parts={"META-INF/encryption.xml": listed})
        if is_protected:
            with pytest.raises(ChatmountError, match="protected"):
                extract(content, "epub")
        else:
            assert extract(content, "epub").sections == (Section((), "Text."),)


def test_nothing_outside_of_the_book_is_read() -> None:
    opf = '<package><manifest><item id="a" href="../../../../etc/passwd" media-type="text/html"/></manifest>'
    content = epub(parts={"OPS/book.opf": f'{opf}<spine><itemref idref="a"/></spine></package>'})
    with pytest.raises(ChatmountError, match="no text"):
        extract(content, "epub")
