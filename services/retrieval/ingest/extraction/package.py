"""Files that are zip archives of parts, as those of office programs are."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from zipfile import ZipFile, ZipInfo

from lxml import etree

from services.errors import ChatmountError, unreadable
from services.file_kinds import OLD_OFFICE
from services.retrieval.ingest.extraction.document import one_line, too_much_text
from services.retrieval.ingest.extraction.pdf_titles import is_title_of_all

MAXIMUM_PARTS_BYTES = 64 * 1024 * 1024
"""Of all parts but pictures together, unpacked: a small file can unpack to any size."""

_MAXIMUM_PARTS = 10_000
# Ten to twenty times its size is what a file unpacks to; rows and rows of empty cells, to more.
_UNPACKED = 4 * 1024 * 1024
_UNPACKED_PER_BYTE = 100
_HEAD = 64
_BEFORE_XML = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"
_ZIP = b"PK\x03\x04"
_ENCRYPTED = 1
_PROPERTIES = "docProps/core.xml"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"


@contextmanager
def open_package(content: bytes, what: str, extension: str, old: str = "") -> Iterator[ZipFile]:
    """The parts of a file that is worth unpacking.

    `what` and `extension` name its kind, `old` the extension of a kind with the same programs that can't be read.
    UNREADABLE_SOURCE for a file that is encrypted, or no such file, and for all that goes wrong within the context.
    """
    if content.startswith(OLD_OFFICE):
        is_old = f", or in the old {old} format" if old else ""
        raise unreadable(f"The file is encrypted{is_old}: save it as {extension} without a password.")
    if not content.startswith(_ZIP):
        raise unreadable(f"The file is no {what}, whatever its name says: save it as {extension} and add it again.")
    try:
        with ZipFile(BytesIO(content)) as archive:
            _check(archive, len(content))
            yield archive
    except (ChatmountError, MemoryError):
        raise
    except Exception as error:
        # A part that is malformed leads the libraries to any kind of error.
        again = f"open it, save it as {extension} once more, and add it again"
        raise unreadable(f"The file is broken: {again}.") from error


def read_xml(archive: ZipFile, name: str) -> etree._Element:
    """The root of a part. KeyError when there is no such part."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    return etree.fromstring(archive.read(name), parser)


def title_of(archive: ZipFile) -> str:
    """The title in the properties of an Office file; empty when nobody gave one."""
    if _PROPERTIES not in archive.namelist():
        return ""
    title = one_line(read_xml(archive, _PROPERTIES).findtext(_TITLE) or "")
    return title if is_title_of_all(title) else ""


def _check(archive: ZipFile, size: int) -> None:
    parts = archive.infolist()
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise unreadable("The file is encrypted: remove its password and add it again.")
    limit = min(MAXIMUM_PARTS_BYTES, _UNPACKED + _UNPACKED_PER_BYTE * size)
    if len(parts) > _MAXIMUM_PARTS or sum(_size(archive, part) for part in parts) > limit:
        raise too_much_text()


def _size(archive: ZipFile, part: ZipInfo) -> int:
    """How many bytes a part can cost.

    Pictures are never opened, but any part may be named like one: a relationship makes it the text. What can't be XML
    can't be that.
    """
    if part.file_size <= _HEAD:
        return part.file_size
    with archive.open(part) as file:
        may_be_xml = file.read(_HEAD).lstrip(_BEFORE_XML)[:1] in (b"", b"<")
    return part.file_size if may_be_xml else 0
