"""The kinds of files that become sources: one table for all that tell them apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class FileKind:
    """How a kind is recognised. Of both, the first is its own, the others mean the same.

    `is_packed`: such a file is no text, and may be far larger or more dangerous inside than its size tells.
    `save_as`: what to save it as, for a kind that is read only where its name lies.
    """

    extensions: tuple[str, ...]
    media_types: tuple[str, ...]
    is_packed: bool = False
    save_as: str = ""


_OFFICE = "application/vnd.openxmlformats-officedocument."
_DOCX_TYPES = (
    f"{_OFFICE}wordprocessingml.document",
    f"{_OFFICE}wordprocessingml.template",
    "application/vnd.ms-word.document.macroenabled.12",
)
_XLSX_TYPES = (
    f"{_OFFICE}spreadsheetml.sheet",
    f"{_OFFICE}spreadsheetml.template",
    "application/vnd.ms-excel.sheet.macroenabled.12",
)
_PPTX_TYPES = (
    f"{_OFFICE}presentationml.presentation",
    f"{_OFFICE}presentationml.slideshow",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12",
)

FILE_KINDS: Mapping[str, FileKind] = {
    "markdown": FileKind((".md", ".markdown", ".mdown"), ("text/markdown", "text/x-markdown")),
    "mdx": FileKind((".mdx",), ("text/mdx",)),
    "plain": FileKind((".txt", ".text"), ("text/plain",)),
    "html": FileKind((".html", ".htm", ".xhtml"), ("text/html", "application/xhtml+xml")),
    "pdf": FileKind((".pdf",), ("application/pdf", "application/x-pdf"), is_packed=True),
    "docx": FileKind((".docx", ".dotx", ".docm"), _DOCX_TYPES, is_packed=True),
    "csv": FileKind((".csv",), ("text/csv", "application/csv")),
    "tsv": FileKind((".tsv", ".tab"), ("text/tab-separated-values",)),
    "xlsx": FileKind((".xlsx", ".xltx", ".xlsm"), _XLSX_TYPES, is_packed=True),
    "pptx": FileKind((".pptx", ".ppsx", ".pptm"), _PPTX_TYPES, is_packed=True),
    "rst": FileKind((".rst", ".rest"), ("text/x-rst", "text/prs.fallenstein.rst")),
    "epub": FileKind((".epub",), ("application/epub+zip",), is_packed=True),
    "odt": FileKind((".odt", ".ott"), ("application/vnd.oasis.opendocument.text",), is_packed=True),
    "eml": FileKind((".eml",), ("message/rfc822",), is_packed=True),
    "vtt": FileKind((".vtt",), ("text/vtt",)),
    "srt": FileKind((".srt",), ("application/x-subrip", "text/srt")),
    "rtf": FileKind((".rtf",), ("application/rtf", "text/rtf"), is_packed=True),
    "doc": FileKind((".doc",), ("application/msword",), is_packed=True, save_as=".docx"),
    "xls": FileKind((".xls",), ("application/vnd.ms-excel",), is_packed=True, save_as=".xlsx"),
    "ppt": FileKind((".ppt",), ("application/vnd.ms-powerpoint",), is_packed=True, save_as=".pptx"),
}

BULK = ".jsonl"
"""Files of many documents, which the command line takes apart: no kind of the service."""

_OTHERS = {
    ".xlsb .ods .numbers": "save it as .xlsx",
    ".odp .key .pps": "save it as .pptx",
    ".pages .dot .wpd .wps": "save it as .docx",
    ".msg .mbox .pst": "save the message as .eml",
    ".mobi .azw .azw3 .fb2": "convert it to .epub",
    ".mht .mhtml": "save the page as .html",
    ".adoc .asciidoc .tex .textile": "convert it to .md, .html or .rst",
    ".png .jpg .jpeg .gif .tif .tiff .bmp .webp .heic": "run text recognition (OCR) on it and add the text",
    ".mp3 .m4a .wav .ogg .flac .mp4 .mov .avi .mkv .webm": "add its transcript as .vtt, .srt or .txt",
    ".zip .tar .gz .tgz .7z .rar": "unpack it and add its files",
}

INSTEAD: Mapping[str, str] = {
    **{extension: advice for extensions, advice in _OTHERS.items() for extension in extensions.split()},
    **{one: f"save it as {kind.save_as}" for kind in FILE_KINDS.values() if kind.save_as for one in kind.extensions},
}
"""What to do with a file that can't be read, by its extension."""

MEDIA_TYPES = {extension: kind.media_types[0] for kind in FILE_KINDS.values() for extension in kind.extensions}
"""By extension, in lower case with its dot."""

EXTENSIONS = {media_type: kind.extensions[0] for kind in FILE_KINDS.values() for media_type in kind.media_types}
"""By media type, in lower case without parameters."""

READABLE = tuple(kind.extensions[0] for kind in FILE_KINDS.values() if not kind.save_as)
"""The extensions to name when one tells which files can be read."""

ACCEPTED = tuple(one for kind in FILE_KINDS.values() if not kind.save_as for one in kind.extensions)
"""All extensions by which files that can be read are called."""

_ANY_FILE = frozenset(("application/octet-stream", "binary/octet-stream", "application/zip"))
"""Media types that say nothing of what is in a file."""

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How files begin that old office programs write, and new ones when they encrypt."""

_ZIP = b"PK\x03\x04"
_STARTS = {"pdf": b"%PDF-", "rtf": b"{\\rtf"}
# The parts that a file has by its kind, as they stand in its directory, which is its end.
_PARTS = {"docx": b"word/document", "xlsx": b"xl/workbook", "pptx": b"ppt/presentation"}
_MIMETYPE = slice(30, 38)
_HTML = (b"<!doctype html", b"<html")
_HEAD_BYTES = 1024


def kind_of(name: str, media_type: str) -> str | None:
    """The kind of a file by its media type, or by its extension where that says nothing."""
    essence = essence_of(media_type)
    extension = EXTENSIONS.get(essence) if essence and essence not in _ANY_FILE else extension_of(name)
    return next((label for label, kind in FILE_KINDS.items() if extension in kind.extensions), None)


def true_kind(content: bytes, kind: str) -> str:
    """The kind that the content of a file shows, else `kind`.

    A text that begins like a page may be one about pages, and a page that is called a PDF or a new Office file says
    that there is none. Under the old names, programs have always exported pages.
    """
    shown = kind_by_content(content)
    return kind if shown is None or (shown == "html" and not FILE_KINDS[kind].save_as) else shown


def kind_by_content(content: bytes) -> str | None:
    """The kind of a file as far as its bytes tell it."""
    for kind, start in _STARTS.items():
        if content.startswith(start):
            return kind
    if not content.startswith(_ZIP):
        head = content[:_HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        is_html = head.startswith(_HTML) or (head.startswith(b"<?xml") and b"<html" in head)
        return "html" if is_html else None
    if content[_MIMETYPE] == b"mimetype":
        named = content[_MIMETYPE.stop :]
        packed = ("epub", "odt")
        return next((one for one in packed if named.startswith(FILE_KINDS[one].media_types[0].encode() + b"PK")), None)
    places = {kind: content.rfind(part) for kind, part in _PARTS.items()}
    last = max(places, key=lambda kind: places[kind])
    return last if places[last] > 0 else None


def essence_of(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def extension_of(name: str) -> str:
    """The extension of a file or URL, in lower case with its dot; empty when it has none."""
    return PurePosixPath(name.partition("?")[0].partition("#")[0]).suffix.lower()
