"""Lines of JSON: each is a document; one that no exporter should write costs itself alone, and is told its fault."""

import json
import re
from pathlib import Path

import pytest

from services.cli.documents.document import Document, Unreadable
from services.cli.documents.files import list_files, read_files

GOOD = {"url": "https://e.example/good", "title": "Good", "text": "It opens at noon."}


def documents(tmp_path: Path, *lines: bytes, end: bytes = b"\n") -> list[Document | Unreadable]:
    file = tmp_path / "bulk.jsonl"
    file.write_bytes(end.join(lines))
    return list(read_files(list_files([str(file)]), "", ""))


@pytest.mark.parametrize(
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
    ids=lambda value: value[:40] if isinstance(value, str) else repr(value[:30]),
)
def test_a_line_that_can_not_be_read_costs_itself_alone(tmp_path: Path, line: bytes, reason: str) -> None:
    good = json.dumps(GOOD).encode()
    other = json.dumps(GOOD | {"url": "https://e.example/other"}).encode()
    first, wrong, last = documents(tmp_path, good, line, other)
    assert isinstance(first, Document)
    assert isinstance(last, Document)
    assert isinstance(wrong, Unreadable)
    assert wrong.label.endswith("bulk.jsonl:2")
    assert re.search(reason, wrong.reason)
    assert len(wrong.reason) < 200


@pytest.mark.parametrize(
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
    ids=lambda value: value[:20],
)
def test_what_stands_in_a_field_that_is_not_read_does_not_matter(tmp_path: Path, ignored: str) -> None:
    text = json.dumps(GOOD)[:-1]
    (found,) = documents(tmp_path, f'{text}, "{"id"}": {ignored}}}'.encode())
    assert isinstance(found, Document)
    assert found.content == GOOD["text"]


def test_of_two_fields_with_one_name_the_last_counts(tmp_path: Path) -> None:
    (found,) = documents(tmp_path, b'{"text": 5, "text": "old", "text": "new"}')
    assert isinstance(found, Document)
    assert found.content == "new"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n", b"\n \t\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_marks_of_other_systems_are_read(tmp_path: Path, end: bytes, mark: bytes) -> None:
    found = documents(tmp_path, mark + b'{"text": "a"}', b'{"text": "b\\r\\nc"}', b"", end=end)
    assert [one.content for one in found if isinstance(one, Document)] == ["a", "b\r\nc"]
    assert len(found) == 2


def test_lines_whose_urls_are_one_are_parts_of_one_page(tmp_path: Path) -> None:
    urls = ["HTTPS://E.Example:443/%61", "https://e.example/a", " https://e.example/b/../a", "https://e.example/a/"]
    lines = [json.dumps({"url": url, "text": f"Part {number}."}).encode() for number, url in enumerate(urls)]
    one, other = documents(tmp_path, *lines)
    assert isinstance(one, Document)
    assert isinstance(other, Document)
    assert (one.identity, one.content) == ("https://e.example/a", "Part 0.\n\nPart 1.\n\nPart 2.")
    assert other.identity == "https://e.example/a/"


def test_lines_of_json_are_a_document_each(tmp_path: Path) -> None:
    lines = [{"url": "https://example.com/a", "title": "A", "text": "Text of A."}, {"text": "No URL."}]
    file = tmp_path / "bulk.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    assert list_files([str(file)]).total() == 2
    first, second = list(read_files(list_files([str(file)]), "", ""))
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (first.url, first.title, first.content) == ("https://example.com/a", "A", "Text of A.")
    assert b"".join(first.chunks()) == b"Text of A."
    assert second.identity == "file:bulk-2.txt"


def test_a_wrong_line_of_json_does_not_stop_the_others(tmp_path: Path) -> None:
    file = tmp_path / "bulk.jsonl"
    file.write_text(
        '{"text": "good"}\nnot json\n[]\n{"url": 5, "text": "x"}\n{"url": "https://x.y"}\n{"text": "too"}\n'
    )
    found = list(read_files(list_files([str(file)]), "", ""))
    assert [isinstance(one, Document) for one in found] == [True, False, False, False, False, True]
    assert [one.label for one in found if isinstance(one, Unreadable)] == [
        f"{file}:{number}" for number in (2, 3, 4, 5)
    ]


def test_lines_with_one_url_are_parts_of_one_page_in_their_order(tmp_path: Path) -> None:
    rows = [
        {"url": "https://example.com/a", "title": "A", "text": "First part."},
        {"url": "https://example.com/b", "title": "B", "text": "Another page."},
        {"url": "https://example.com/a", "title": "A", "text": "Second part."},
        {"url": "https://example.com/a", "title": "Notes", "text": "Third part."},
    ]
    (tmp_path / "pages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "not JSON\n")
    first, second, wrong = list(read_files(list_files([str(tmp_path / "pages.jsonl")]), "", ""))
    assert isinstance(first, Document)
    assert first.content == "First part.\n\nSecond part.\n\nNotes\n\nThird part."
    assert isinstance(second, Document)
    assert second.content == "Another page."
    assert isinstance(wrong, Unreadable)
    assert wrong.label.endswith("pages.jsonl:5")
    assert list_files([str(tmp_path / "pages.jsonl")]).total() == 3
