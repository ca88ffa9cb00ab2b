"""Bytes to text, for files that say nothing reliable about their encoding."""

import codecs
import re
from contextlib import suppress

from services.errors import unreadable
from services.retrieval.ingest.extraction.charset import detect_charset, makes_sense

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins the same
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# All but those for white space.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_CONTROL_BYTES = bytes((*range(9), *range(14, 32), 127))
_MAXIMUM_CONTROLS = 0.01
_BINARY = "The file is not text: it looks like binary data."
_MAXIMUM_STRAY = 0.1
"""Of the characters of more than one byte in a UTF-8 text: broken bytes, where it was cut or pasted together."""

# Terminals have signs that begin the same, for character sets of one byte.
_SWITCH = re.compile(rb"\x1b(?:\$[@AB]|\$[()][A-D]|\(I)")
"""Of ISO-2022, to what is not ASCII."""

_CODEC_NAMES = """
ascii utf-8 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be
iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-11
iso8859-13 iso8859-14 iso8859-15 iso8859-16 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258
cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp874
koi8-r koi8-t koi8-u kz1048 ptcp154 tis-620 mac-roman mac-latin2 mac-cyrillic mac-greek mac-iceland mac-turkish
gb2312 gbk gb18030 big5 big5hkscs cp950 shift_jis shift_jis_2004 shift_jisx0213 cp932 euc_jp euc_jis_2004 euc_jisx0213
iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_2004 iso2022_jp_3 iso2022_jp_ext iso2022_kr euc_kr cp949 johab
"""
_CODECS = frozenset(_CODEC_NAMES.split())
"""Those in which people have files. Python has others, which fail in ways of their own or are not linear."""

# What servers and pages call Latin-1 or ASCII is Windows-1252, and so on: a character more here and there.
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_STRAY = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}


def decode(content: bytes, declared: str = "") -> str:
    """The text of a file, with line ends as `\\n` and control characters gone.

    A byte order mark decides, then UTF-8, then the encoding that was `declared` if the text makes sense in it, then the
    one in which it makes most.
    UNREADABLE_SOURCE for content that is not text, or whose encoding can't be told.
    """
    decoded = _decode(content, declared)
    text, controls = _CONTROL.subn("", decoded)
    if controls > len(decoded) * _MAXIMUM_CONTROLS:
        raise unreadable(_BINARY)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")


def _decode(content: bytes, declared: str) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise unreadable("The file is broken: its text can't be decoded.") from error
    if b"\0" not in content and not (content.isascii() and _SWITCH.search(content)):
        with suppress(UnicodeDecodeError):
            return content.decode("utf-8")
        if text := _repaired(content):
            return text
    codec = _codec(declared)
    if codec and makes_sense(content, codec):
        return content.decode(codec, "replace").rstrip("\ufffd")
    return _detected(content)


def _codec(declared: str) -> str:
    """The codec of an encoding by the name that a page or server gives it; empty for none."""
    try:
        codec = codecs.lookup(declared)
    except (LookupError, ValueError):
        return ""
    return _SUPERSETS.get(codec.name, codec.name) if codec.name in _CODECS else ""


def _repaired(content: bytes) -> str:
    """UTF-8 with other bytes in it, read as Windows-1252; empty when it is not nearly UTF-8."""
    text = content.decode("utf-8", "surrogateescape")
    stray = sum("\udc80" <= character <= "\udcff" for character in text)
    proper = sum(character > "\x7f" for character in text) - stray
    return text.translate(_STRAY).rstrip("\ufffd") if stray <= proper * _MAXIMUM_STRAY else ""


def _detected(content: bytes) -> str:
    codec = detect_charset(content)
    with suppress(UnicodeError, LookupError):
        return content.decode(_SUPERSETS.get(codec, codec))
    if len(content) - len(content.translate(None, _CONTROL_BYTES)) > len(content) * _MAXIMUM_CONTROLS:
        raise unreadable(_BINARY)
    raise unreadable("The file's encoding can't be told, or it is not text: save it as UTF-8 and add it again.")
