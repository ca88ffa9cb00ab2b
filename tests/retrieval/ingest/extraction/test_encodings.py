"""Texts that are not UTF-8: read in the encoding that fits them, or refused."""

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.decoding import decode
from tests.each import for_each
from tests.retrieval.ingest.extraction.extracted import page


def encoded(name: str) -> list[tuple[str, str]]:
    """Codecs and texts of a file; a line may name several codecs, and have escaped line breaks."""
    lines = (line.replace("\\n", "\n").split("\t") for line in page(name).splitlines())
    return [(codec, text) for codecs, text in lines for codec in codecs.split()]


TEXTS = encoded("encodings.tsv")


@for_each(("codec", "text"), TEXTS)
def test_the_encoding_is_told_from_the_text(codec: str, text: str) -> None:
    assert decode(text.encode(codec)) == text
    ascii_before = "Opening hours: 9 to 5.\n" * 3_000
    for before in (ascii_before, ascii_before.replace("\n", " ")):
        assert decode((before + text).encode(codec)) == before + text


@for_each("codec", ["cp1251", "koi8-r", "cp866", "cp1252"])
def test_capitals_are_told_as_small_letters_are(codec: str) -> None:
    text = next(text for one, text in TEXTS if one == codec).upper()
    assert decode(text.encode(codec)) == text


@for_each("text", dict.fromkeys(text for _, text in TEXTS))
@for_each("order", ["le", "be"])
def test_wide_characters_are_told_without_a_mark(text: str, order: str) -> None:
    assert decode(f"1.\n{text}\n".encode(f"utf-16-{order}")) == f"1.\n{text}\n"
    assert decode(f"1.\n{text}\n".encode(f"utf-32-{order}")) == f"1.\n{text}\n"


@for_each(("codec", "text"), encoded("short_texts.tsv"))
def test_a_few_words_or_a_small_table_are_enough(codec: str, text: str) -> None:
    assert decode(text.encode(codec)) == text


@for_each("codec", ["cp1251", "koi8-r", "cp866"])
def test_a_guess_that_is_as_often_wrong_is_no_answer(codec: str) -> None:
    text = "МОСКВА;ТВЕРЬ;КАЗАНЬ;САМАРА\nОМСК;ТОМСК;ПЕРМЬ;УФА"
    try:
        assert decode(text.encode(codec)) == text
    except ChatmountError as refusal:
        assert refusal.text.endswith("save it as UTF-8 and add it again.")  # noqa: PT017


@for_each(
    ("content", "declared", "text"),
    [
        ("Доставка".encode("cp1251"), "windows-1251", "Доставка"),
        ("Доставка по городу".encode("cp1251"), "ISO-8859-1", "Доставка по городу"),
        ("Доставка по городу".encode("cp1251"), "utf-8", "Доставка по городу"),
        ("Доставка по городу".encode("koi8-r"), "x-unknown", "Доставка по городу"),
        ("Größe".encode(), "iso-8859-1", "Größe"),
        ("“5 €”".encode("cp1252"), "iso-8859-1", "“5 €”"),
        ("§ 5".encode("cp1252"), "iso-8859-1", "§ 5"),
        ("①株".encode("cp932"), "Shift_JIS", "①株"),
        ("镕".encode("gbk"), "gb2312", "镕"),
        ("営業".encode("iso2022_jp"), "iso-2022-jp", "営業"),
        ("Größe".encode("cp1252"), "base64", "Größe"),
    ],
)
def test_what_was_declared_counts_where_it_makes_sense(content: bytes, declared: str, text: str) -> None:
    assert decode(content, declared) == text


def test_a_few_wrong_bytes_in_utf_8_spoil_no_other() -> None:
    text = "Die Größe für schöne Häuser über Österreich, außerdem Bücher. " * 3
    assert decode(text.encode() + "Große".encode("cp1252")) == text + "Große"
    assert decode(text.encode() + "é".encode()[:1]).startswith(text)


@for_each(
    "content",
    [
        bytes(range(1, 256)) * 4,
        b"\x81\x8d\x8f\x90\x9d" * 20,
        b"\0\1\2\3" * 50,
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3,
        b"PK\x03\x04" + bytes(range(255, 0, -1)) * 3,
    ],
)
def test_what_makes_no_sense_is_refused(content: bytes) -> None:
    with pytest.raises(ChatmountError, match="not text"):
        decode(content)


@for_each("declared", ["undefined", "idna", "punycode", "unicode_escape", "rot13", "a\0b", "\ud800", "x" * 999])
@for_each("content", [b"a-" * 99, "Große Häuser.".encode("cp1252"), b"\x1b$B"])
def test_what_is_no_encoding_of_files_is_not_declared(declared: str, content: bytes) -> None:
    def read(name: str) -> str:
        try:
            return decode(content, name)
        except ChatmountError as refusal:
            return refusal.text

    assert read(declared) == read("")


def test_the_log_of_a_terminal_is_utf8() -> None:
    log = "The price is 9 €. 料金は九百円です。 \x1b(B\x1b[mDone." + " And so on." * 60
    assert decode(log.encode()) == log.replace("\x1b", "")
    assert decode(log.encode(), "iso-2022-jp") == log.replace("\x1b", "")
    plain = "Price: 9 \x1b(B\x1b[m" + "Done. " * 60
    assert decode(plain.encode()) == plain.replace("\x1b", "")
