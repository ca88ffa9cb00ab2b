"""Bytes to text, for files that say nothing reliable about their encoding."""

import codecs

from services.retrieval.extraction.document import unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins the same
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WHITESPACE_CONTROLS = frozenset("\t\n\r\f\v\x85")
_MAXIMUM_CONTROLS = 0.01


def decode(content: bytes, declared: str = "") -> str:
    """The text of a file, with line ends as `\\n` and control characters gone.

    A byte order mark decides, then UTF-8, then the encoding that the document `declared`, then Windows-1252, which
    is what unmarked Western text nearly always is. UNREADABLE_SOURCE for content that is not text.
    """
    text = _decode(content, declared)
    controls = sum(1 for character in text if _is_control(character))
    if controls > len(text) * _MAXIMUM_CONTROLS:
        raise unreadable("The file is not text: it looks like binary data.")
    if controls:
        text = "".join(character for character in text if not _is_control(character))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")


def _decode(content: bytes, declared: str) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise unreadable("The file is broken: its text can't be decoded.") from error
    for encoding in ("utf-8", declared, "cp1252"):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("latin-1")


def _is_control(character: str) -> bool:
    code = ord(character)
    return (code < 32 or 127 <= code < 160) and character not in _WHITESPACE_CONTROLS
