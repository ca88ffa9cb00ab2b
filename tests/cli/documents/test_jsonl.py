"""Lines of JSON: each is a document, and a wrong one costs itself alone."""

import json
import re
from pathlib import Path

from services.cli.documents.document import Document, Unreadable
from services.cli.documents.files import list_files, read_files
from tests.each import for_each

GOOD = {"url": "https://e.example/good", "title": "Good", "text": "It opens at noon."}


def documents(tmp_path: Path, *lines: bytes, end: bytes = b"\n") -> list[Document | Unreadable]:
    file = tmp_path / "bulk.jsonl"
    file.write_bytes(end.join(lines))
    listing = list_files([str(file)])
    found = list(read_files(listing, "", ""))
    assert listing.total() == len(found)
    return found


def readable(tmp_path: Path, *lines: bytes, end: bytes = b"\n") -> list[Document]:
    """The documents of a file in which no line is wrong."""
    found = documents(tmp_path, *lines, end=end)
    good = [one for one in found if isinstance(one, Document)]
    assert len(good) == len(found)
    return good


@for_each(
    ("line", "reason"),
    [
        (
            b'{"url":"https://e.example/1","text":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
            "nested too deep|must be a string",
        ),
        (b'{"text":"x","ignored":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}", "nested too deep"),
        (b"[" * 1_000_000, "nested too deep"),
        (b'{"text":"a\\ud800b"}', '"text" has half a character'),
        (b'{"text":"x","title":"\\udc00"}', '"title" has half a character'),
        (b'{"text":"x","url":"https://e.example/\\ud83d"}', '"url" has half a character'),
        (b'{"text":"\xff"}', r"not UTF-8: byte 10 of the line \(0xff\)"),
        (b'\xef\xbb\xbf{"text":"\xff"}', r"not UTF-8: byte 13 of the line \(0xff\)"),
        (b'{"text":"caf\xe9 "}', r"not UTF-8: byte 13 of the line \(0xe9\)"),
        (b'{"text":"\xe2\x82', r"not UTF-8: byte 10 of the line \(0xe2\)"),
        (b'\xff\xfe{\x00"\x00', r"not UTF-8: byte 1 of the line \(0xff\)"),
        (b'{"text":"x"}\x00', "not a line of JSON"),
        (b'{"text":"x",}', "not a line of JSON"),
        (b'{"text":"x"} {"text":"y"}', "not a line of JSON"),
        (b"{'text':'x'}", "not a line of JSON"),
        (b'"text"', "not a JSON object"),
        (b"NaN", "not a JSON object"),
        (b"1" * 10_000, "not a JSON object"),
        (b'["text"]', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"text":' + b"1" * 10_000 + b"}", '"text" must be a string'),
        (b'{"text":"x","title":0}', '"title" must be a string'),
        (b'{"text":"x","url":false}', '"url" must be a string'),
        (b'{"text":["x"]}', '"text" must be a string'),
        (b'{"text":" \\n"}', '"text" is missing or empty'),
        (b'{"text":null}', '"text" is missing or empty'),
        (b"{}", '"text" is missing or empty'),
    ],
)
def test_a_line_that_can_not_be_read_costs_itself_alone(tmp_path: Path, line: bytes, reason: str) -> None:
    good, other = (json.dumps(GOOD | {"url": f"https://e.example/{name}"}).encode() for name in ("good", "other"))
    first, wrong, last = documents(tmp_path, good, line, other)
    assert (type(first), type(last)) == (Document, Document)
    assert isinstance(wrong, Unreadable)
    assert wrong.label.endswith("bulk.jsonl:2")
    assert re.search(reason, wrong.reason)
    assert len(wrong.reason) < 200


@for_each(
    "ignored",
    [
        "1" * 5000,
        "-" + "1" * 5000 + "e99",
        "NaN",
        "-Infinity",
        '"\\ud800"',
        '"\\u0000"',
        "[[[[{}]]]]",
        "1.7976931348623159e999",
    ],
)
def test_what_stands_in_a_field_that_is_not_read_does_not_matter(tmp_path: Path, ignored: str) -> None:
    text = json.dumps(GOOD)[:-1]
    (found,) = readable(tmp_path, f'{text}, "{"id"}": {ignored}}}'.encode())
    assert found.content == GOOD["text"]


def test_of_two_fields_with_one_name_the_last_counts(tmp_path: Path) -> None:
    (found,) = readable(tmp_path, b'{"text": 5, "text": "old", "text": "new"}')
    assert found.content == "new"


@for_each("end", [b"\n", b"\r\n", b"\n\n", b"\n \t\n"])
@for_each("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_marks_of_other_systems_are_read(tmp_path: Path, end: bytes, mark: bytes) -> None:
    found = readable(tmp_path, mark + b'{"text": "a"}', b'{"text": "b\\r\\nc"}', b"", end=end)
    assert [one.content for one in found] == ["a", "b\r\nc"]


def test_lines_whose_urls_are_one_are_parts_of_one_page_in_their_order(tmp_path: Path) -> None:
    urls = ["HTTPS://E.Example:443/%61", "https://e.example/a", "https://e.example/a/", " https://e.example/b/../a"]
    rows = [{"url": url, "title": "A", "text": f"Part {number}."} for number, url in enumerate(urls)]
    one, other = readable(tmp_path, *(json.dumps(row).encode() for row in (*rows, rows[0] | {"title": "Notes"})))
    assert (one.identity, one.content) == ("https://e.example/a", "Part 0.\n\nPart 1.\n\nPart 3.\n\nNotes\n\nPart 0.")
    assert (other.identity, other.content) == ("https://e.example/a/", "Part 2.")


def test_lines_of_json_are_a_document_each(tmp_path: Path) -> None:
    first, second = readable(tmp_path, json.dumps(GOOD).encode(), b'{"text": "No URL."}', b"")
    assert (first.url, first.title, first.content) == (GOOD["url"], GOOD["title"], GOOD["text"])
    assert b"".join(first.chunks()) == GOOD["text"].encode()
    assert second.identity == "file:bulk-2.txt"
