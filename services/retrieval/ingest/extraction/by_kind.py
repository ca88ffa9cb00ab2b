"""From the bytes of a file to its passages.

Only the processes that read files import this, and with it all parsers.
"""

from collections.abc import Callable, Mapping

from services.errors import unreadable
from services.retrieval.ingest.extraction.captions import read_captions
from services.retrieval.ingest.extraction.csv import read_csv
from services.retrieval.ingest.extraction.decoding import decode
from services.retrieval.ingest.extraction.document import Document, one_line
from services.retrieval.ingest.extraction.docx import read_docx
from services.retrieval.ingest.extraction.eml import read_eml
from services.retrieval.ingest.extraction.epub import read_epub
from services.retrieval.ingest.extraction.html import declared_charset, read_html
from services.retrieval.ingest.extraction.markdown import read_markdown, read_mdx
from services.retrieval.ingest.extraction.odt import read_odt
from services.retrieval.ingest.extraction.old_office import read_doc, read_ppt, read_xls
from services.retrieval.ingest.extraction.pdf import read_pdf
from services.retrieval.ingest.extraction.plain import read_plain
from services.retrieval.ingest.extraction.pptx import read_pptx
from services.retrieval.ingest.extraction.rst import read_rst
from services.retrieval.ingest.extraction.rtf import read_rtf
from services.retrieval.ingest.extraction.xlsx import read_xlsx
from services.retrieval.text.passages import Reading, split_document

TEXT_READERS: Mapping[str, Callable[[str], Document]] = {
    "markdown": read_markdown,
    "mdx": read_mdx,
    "plain": read_plain,
    "html": read_html,
    "csv": read_csv,
    "tsv": read_csv,
    "rst": read_rst,
    "vtt": read_captions,
    "srt": read_captions,
}
PACKED_READERS: Mapping[str, Callable[[bytes], Document]] = {
    "pdf": read_pdf,
    "docx": read_docx,
    "xlsx": read_xlsx,
    "pptx": read_pptx,
    "epub": read_epub,
    "odt": read_odt,
    "eml": read_eml,
    "rtf": read_rtf,
    "doc": read_doc,
    "xls": read_xls,
    "ppt": read_ppt,
}


def read(content: bytes, kind: str, media_type: str) -> Reading:
    """Read a file of a known kind. UNREADABLE_SOURCE when it is empty, not text, or broken."""
    try:
        document = extract(content, kind, media_type)
    except RecursionError as error:
        raise unreadable("The file is too intricate to be read: its parts are nested too deep.") from error
    return Reading(one_line(document.title), tuple(split_document(document)))


def extract(content: bytes, kind: str, media_type: str = "") -> Document:
    """The text of a file. UNREADABLE_SOURCE when it is empty, has no text, or is broken."""
    if not content.strip():
        raise unreadable("The file is empty.")
    if kind in PACKED_READERS:
        document = PACKED_READERS[kind](content)
    else:
        charset = media_type.lower().partition("charset=")[2].strip("\"' ;")
        if kind == "html":
            charset = charset or declared_charset(content)
        document = TEXT_READERS[kind](decode(content, charset))
    if not document.sections:
        raise unreadable("The file has no text to answer from.")
    return document
