"""Texts of a construct that costs much, of up to 64 KiB: each is read or refused before its time is up."""

import asyncio
import time
from collections.abc import Callable

from services.errors import ChatmountError, ErrorReason
from services.retrieval.reader.reader import SMALL_BYTES, Reader

UNREADABLE = ErrorReason.ERROR_REASON_UNREADABLE_SOURCE
Construct = Callable[[int], str]

CONSTRUCTS: dict[str, tuple[str, Construct]] = {
    "field of quotes": ("csv", lambda n: ',"a",\n' + '"' * n + "x"),
    "commas": ("csv", lambda n: "," * n + "\n" + "," * n),
    "columns": ("csv", lambda n: ",".join("abc" for _ in range(n // 8)) + "\nx" * (n // 4)),
    "headings": ("html", lambda n: "<h1>" * (n // 8) + "x" + "</h1>" * (n // 8)),
    "definitions": ("html", lambda n: "<dl><dt>x<dd>" * (n // 13)),
    "navigation": ("html", lambda n: "<div class=nav>x" * (n // 16)),
    "tables": ("html", lambda n: "<table><tr><td>x" * (n // 16)),
    "spans": ("html", lambda n: "<table><tr><td colspan=1000 rowspan=1000>x" * (n // 42)),
    "open tags": ("html", lambda n: "<" * n),
    "comments": ("html", lambda n: "<!--" * (n // 4)),
    "attributes": ("html", lambda n: "<a " + "x='" * (n // 3)),
    "table of a hundred columns": ("markdown", lambda n: "|a" * 100 + "|\n" + "|-" * 100 + "|\n" + "x\n" * (n // 2)),
    "quotes": ("markdown", lambda n: '"' * n),
    "quotations": ("markdown", lambda n: "> " * (n // 2)),
    "lists": ("markdown", lambda n: "- " * (n // 2) + "x"),
    "brackets": ("markdown", lambda n: "[" * n),
    "links": ("markdown", lambda n: "[a](" * (n // 4)),
    "stars": ("markdown", lambda n: "*a **b " * (n // 7)),
    "backticks": ("markdown", lambda n: "".join("`" * length + " " for length in range(1, int((2 * n) ** 0.5)))),
    "front matter": ("markdown", lambda n: "---\n" + "a: &a [*a, *a]\n" * (n // 15) + "---\n"),
    "blanks": ("plain", lambda n: " " * (n - 1) + "x"),
    "lines of blanks": ("plain", lambda n: " \t\n" * (n // 3) + "x"),
    "marks": ("plain", lambda n: "." * n),
}


async def test_each_ends_within_fifteen_seconds(reader: Reader) -> None:
    took: dict[str, float] = {}

    async def read(name: str, size: int) -> None:
        kind, make = CONSTRUCTS[name]
        begun = time.monotonic()
        try:
            await reader.read(make(size)[:SMALL_BYTES].encode(), kind, "", f"acct_{size}")
        except ChatmountError as refusal:
            assert refusal.reason == UNREADABLE  # noqa: PT017 - it may as well be read
        took[f"{name}, {size} bytes"] = time.monotonic() - begun

    await reader.read(b"text", "plain", "", "acct_1")
    for name in CONSTRUCTS:
        await asyncio.gather(read(name, 8 * 1024), read(name, SMALL_BYTES))
    assert {name: seconds for name, seconds in took.items() if seconds >= 15} == {}
