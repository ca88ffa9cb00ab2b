"""One table of the kinds of files, which readers, command line and documentation agree with."""

import subprocess
import sys
from pathlib import Path

from services.cli.documents.files import READABLE_FILES
from services.file_kinds import ACCEPTED, BULK, FILE_KINDS, INSTEAD, MEDIA_TYPES, READABLE, kind_of
from services.retrieval.ingest.extraction.by_kind import PACKED_READERS, TEXT_READERS
from tests.each import for_each

DOCS = Path(__file__).parents[1] / "docs"


def test_every_kind_of_file_has_a_reader() -> None:
    packed = {name for name, kind in FILE_KINDS.items() if kind.is_packed}
    assert (PACKED_READERS.keys(), TEXT_READERS.keys()) == (packed, FILE_KINDS.keys() - packed)


def test_the_documentation_names_every_kind() -> None:
    sources = (DOCS / "sources.md").read_text("utf-8")
    assert [extension for extension in (*MEDIA_TYPES, BULK) if f"`{extension}`" not in sources] == []
    assert READABLE_FILES in (DOCS / "cli.md").read_text("utf-8")


@for_each(
    ("name", "media_type", "kind"),
    [
        ("a.md", "", "markdown"),
        ("A.MARKDOWN", "", "markdown"),
        ("a.txt", "", "plain"),
        ("dir/a.HTM", "", "html"),
        ("https://example.com/page.html?x=1#y", "", "html"),
        ("a.csv", "", "csv"),
        ("a.PDF", "", "pdf"),
        ("a", "application/pdf", "pdf"),
        ("a.docx", "", "docx"),
        ("a.bin", "text/plain; charset=utf-8", "plain"),
        ("page", "TEXT/HTML", "html"),
        ("a.xlsx", "application/octet-stream", "xlsx"),
        ("a.doc", "", "doc"),
    ],
)
def test_media_type_goes_before_extension(name: str, media_type: str, kind: str) -> None:
    assert kind_of(name, media_type) == kind


@for_each(("name", "media_type"), [("a.png", ""), ("a", ""), ("a.md", "image/png"), ("", "")])
def test_other_kinds_are_unknown(name: str, media_type: str) -> None:
    assert kind_of(name, media_type) is None


def test_what_can_not_be_read_says_what_to_do_and_is_not_offered() -> None:
    assert {".doc", ".xls", ".ppt", ".pages", ".key", ".msg", ".png", ".zip"} <= INSTEAD.keys()
    assert not INSTEAD.keys() & {*ACCEPTED, *READABLE, BULK}


def test_the_service_imports_no_parser_of_files() -> None:
    # What a service has not loaded it need not load at every start, and no file can reach it.
    parsers = "{'docutils', 'lxml', 'mammoth', 'markdown_it', 'pypdfium2'}"
    code = f"import services.retrieval.__main__, sys; print(*{parsers} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
