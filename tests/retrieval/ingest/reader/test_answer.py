"""What a process says of a file is not believed: the file may have taken it over."""

import json
import logging

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.reader.answer import FAILED, MalformedAnswer, decode, encode, encode_refusal
from services.retrieval.text.passages import Reading
from tests.retrieval.ingest.reader.conftest import Refusal


async def test_nothing_that_a_process_says_is_believed(refusal: Refusal) -> None:
    for answer in (
        "",
        "x",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({"title": 1}),
        json.dumps({"title": "\ud800"}),
        json.dumps({"refusal": ["x"]}),
        json.dumps({"title": "x" * 501}),
        json.dumps({"title": "x\x1b[2J"}),
        json.dumps({"refusal": "x" * 301}),
        json.dumps({"refusal": "x\nforged"}),
        json.dumps({"refusal": "x"}) + '\n[[], "text", []]',
        json.dumps({"refusal": "x"}) + "\n[]",
        json.dumps({"title": ""}) + '\n["x", "text", []]',
        json.dumps({"title": ""}) + '\n[[], "text", [[0, 5]]]',
        json.dumps({"title": ""}) + '\n[[], "text", [[-1, 2]]]',
        json.dumps({"title": ""}) + '\n[[1], "text", []]',
        json.dumps({"title": ""}) + '\n[[], "text"]',
    ):
        assert await refusal("lie", answer.encode()) == FAILED, answer[:80]


async def test_a_cause_is_one_line_of_the_log(refusal: Refusal, caplog: pytest.LogCaptureFixture) -> None:
    lie = json.dumps({"fault": "x\n2026-01-01 ERROR forged " + "y" * 1000})
    assert await refusal("lie", lie.encode()) == FAILED
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert "\n" not in record.getMessage()
    assert len(record.getMessage()) < 400


async def test_an_answer_of_one_long_line_is_not_read(refusal: Refusal) -> None:
    assert "too intricate" in await refusal("lie", json.dumps({"title": "x" * 2 * 1024 * 1024}).encode())


def test_an_answer_of_too_many_passages_is_not_read() -> None:
    answer = b'{"title": ""}' + b'\n[[], "text", [[0, 4]]]' * 2
    assert len(decode(answer, 2).passages) == 2
    with pytest.raises(MalformedAnswer):
        decode(answer, 1)


def test_titles_and_refusals_are_made_fit() -> None:
    assert decode(b"".join(encode(Reading("a\x1b" + "b" * 1000, ()))), 0).title == "a" + "b" * 498
    with pytest.raises(ChatmountError, match=r"^a b{298}$"):
        decode(encode_refusal("a\n" + "b" * 1000), 0)
