"""Texts that have once held the service, of 64 KiB: each is read or refused before its time is up."""

import asyncio
import time

from services.errors import ChatmountError, Reason
from services.retrieval.ingest.reader.reader import Reader
from tests.retrieval.ingest.extraction.hostile_texts import KNOWN, hostile_texts

UNREADABLE = Reason.UNREADABLE_SOURCE


async def test_each_ends_within_fifteen_seconds(reader: Reader) -> None:
    texts, took = hostile_texts(), dict[str, float]()

    async def read(name: str, account: str) -> None:
        kind, content = texts[name]
        begun = time.monotonic()
        try:
            await reader.read(content, kind, "", account)
        except ChatmountError as refusal:
            assert refusal.reason == UNREADABLE  # noqa: PT017 - it may as well be read
        took[name] = time.monotonic() - begun

    await reader.read(b"text", "plain", "", "acct_1")
    for first, second in zip(KNOWN[::2], KNOWN[1::2], strict=True):
        await asyncio.gather(read(first, "acct_1"), read(second, "acct_2"))
    assert {name: seconds for name, seconds in took.items() if seconds >= 15} == {}
