"""Files that are zip archives: what is refused, and what they are whatever their names say."""

import io
from collections.abc import Callable
from zipfile import ZipFile

import pytest

from services.errors import ChatmountError
from services.file_kinds import OLD_OFFICE, true_kind
from services.retrieval.ingest.extraction.by_kind import extract
from tests.each import for_each
from tests.retrieval.ingest.extraction.docx_files import docx, packed, paragraph
from tests.retrieval.ingest.extraction.office_files import epub, odt, pptx, rows, shape, xlsx

WHOLE: dict[str, Callable[..., bytes]] = {
    "docx": lambda **more: docx(paragraph("Text."), **more),
    "xlsx": lambda **more: xlsx(("Sheet1", rows(["Text."])), **more),
    "pptx": lambda **more: pptx(shape("Text."), **more),
    "odt": lambda **more: odt("<text:p>Text.</text:p>", **more),
    "epub": lambda **more: epub("<p>Text.</p>", **more),
}
MAIN = {"xlsx": "xl/worksheets/0.xml", "pptx": "ppt/slides/0.xml", "odt": "content.xml", "epub": "OPS/book.opf"}
LAUGHS = "<!DOCTYPE x [{}]><x>&z;</x>".format(
    "".join(
        f'<!ENTITY {n} "{i * 20}">' for n, i in zip("abcdez", ("ha" * 50, *(f"&{n};" for n in "abcde")), strict=True)
    )
)


def marked_encrypted(content: bytes) -> bytes:
    """With the flag of encryption on the first part."""
    place = content.index(b"PK\x01\x02") + 8
    return content[:place] + bytes([content[place] | 1]) + content[place + 1 :]


@for_each("kind", WHOLE)
def test_whole_files_are_read_whatever_they_are_called(kind: str) -> None:
    content = WHOLE[kind](parts={"word/embeddings/more.bin": b"\0" * 10})
    for named in ("html", "pdf", "doc", *WHOLE):
        assert true_kind(content, named) == kind
    assert [section.text for section in extract(content, kind).sections] == ["Text."]


@for_each(
    ("content", "named", "kind"),
    [
        (b"%PDF-1.4", "docx", "pdf"),
        (b"{\\rtf1 x}", "doc", "rtf"),
        (b"\xef\xbb\xbf \n<!DOCTYPE HTML><p>", "doc", "html"),
        (b'<?xml version="1.0"?>\n<html>', "xls", "html"),
        (b"<html> is a tag", "plain", "plain"),
        (b"<html>", "markdown", "markdown"),
        (b"a\tb", "xls", "xls"),
        (b"PK\3\4" + bytes(50), "docx", "docx"),
        (b"PK\3\4" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.text-templatePK", "odt", "odt"),
    ],
)
def test_the_first_bytes_go_before_the_name(content: bytes, named: str, kind: str) -> None:
    assert true_kind(content, named) == kind


@for_each("kind", WHOLE)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content[: len(content) // 2], "broken: open it, save it as"),
        (lambda content: packed({"other.xml": "<x/>"}), "broken"),
        (lambda content: OLD_OFFICE + bytes(2000), "encrypted"),
        (marked_encrypted, "encrypted: remove its password"),
        (lambda content: b"some text", "whatever its name says"),
    ],
    ids=["cut", "other", "old", "encrypted", "text"],
)
def test_what_can_not_be_read_is_refused_for_what_it_is(kind: str, change: Callable[[bytes], bytes], said: str) -> None:
    with pytest.raises(ChatmountError, match=said) as caught:
        extract(change(WHOLE[kind]()), kind)
    assert "\n" not in caught.value.text


@pytest.mark.parametrize("kind", MAIN)
def test_bombs_are_refused(kind: str) -> None:
    for parts, said in (
        ({MAIN[kind]: b"<x>" + b" " * 6_000_000 + b"</x>"}, "unpacks to more"),
        ({MAIN[kind]: LAUGHS}, "broken|no text"),
        ({MAIN[kind]: '<!DOCTYPE x [<!ENTITY z SYSTEM "file:///etc/passwd">]><x>&z;</x>'}, "broken|no text"),
        ({MAIN[kind]: "<x>" * 5000 + "</x>" * 5000}, "broken|no text"),
    ):
        with pytest.raises(ChatmountError, match=said):
            extract(WHOLE[kind](parts=parts), kind)


def test_a_file_of_very_many_parts_is_refused() -> None:
    with pytest.raises(ChatmountError, match="unpacks to more"):
        extract(WHOLE["odt"](parts={f"x/{number}": b"" for number in range(10_001)}), "odt")


def test_a_part_is_read_no_further_than_the_size_it_says() -> None:
    content = WHOLE["xlsx"]()
    with ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo(MAIN["xlsx"]).file_size
    lie = content.replace(size.to_bytes(4, "little"), (20).to_bytes(4, "little"))
    assert lie != content
    with pytest.raises(ChatmountError, match="broken"):
        extract(lie, "xlsx")
