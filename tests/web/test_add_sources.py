"""POST `bot_x/sources`: files and texts; each file is told about, and none stops another."""

import json
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

import pytest

from services.file_kinds import READABLE
from services.web.dashboard.multipart import MAXIMUM_PARTS, MULTIPART_TYPE
from services.web.dashboard.uploads import MAXIMUM_FILES
from tests.each import for_each
from tests.waiting import until
from tests.web.browser import BOUNDARY, FORM_TYPE, Part, multipart
from tests.web.dashboard import Dashboard
from tests.web.test_sources_page import FEES, RETURNS, fill, rows, sources, told

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOO_LARGE = Part("file", b"x" * (10 * 2**20 + 1), "large.txt")
UNKNOWN = Part("file", b"MZ", "setup.exe")
NONE_CHOSEN = Part("file", b"", "")


async def sent(dashboard: Dashboard, *files: Part, cut: int = 0) -> list[tuple[str, str]]:
    """What a page without script says of files: their names, and what became of them."""
    reply = await dashboard.send(sources(dashboard), files, cut=cut)
    assert reply.status == 422
    return [(row.children[0].text, row.children[1].text) for row in rows(reply)]


async def by_script(dashboard: Dashboard, *files: Part, **headers: str) -> list[dict[str, Any]]:
    reply = await dashboard.send(sources(dashboard), files, hx_request="true", **headers)
    assert reply.status == 200
    outcomes: list[dict[str, Any]] = json.loads(reply.text)
    return outcomes


async def test_each_file_that_can_not_be_taken_says_why_and_the_others_go_through(dashboard: Dashboard) -> None:
    outcomes = await sent(dashboard, FEES, UNKNOWN, TOO_LARGE, RETURNS)
    assert outcomes == [
        ("fees.md", "added"),
        (
            "setup.exe",
            f"Sources of this kind can't be read (.exe files). Readable are {', '.join(READABLE)}.",
        ),
        ("large.txt", "The file is too large: at most 10 MiB can be read. Split it into smaller ones."),
        ("returns.md", "added"),
    ]
    listed = {told(row)[0].split()[-1] for row in rows(await dashboard.get(sources(dashboard)))}
    assert listed == {"fees.md", "returns.md"}


async def test_what_the_service_says_of_a_name_is_heard_however_large_the_file_is(dashboard: Dashboard) -> None:
    files = [Part("file", b"x" * 5 * 2**20, f"{'x' * 600}-{number}.txt") for number in range(5)]
    said = {said for _, said in await sent(dashboard, *files)}
    assert said == {"name must be at most 512 characters, without control characters."}


async def test_a_file_of_the_greatest_size_goes_through(dashboard: Dashboard) -> None:
    (outcome,) = await by_script(dashboard, Part("file", b"%PDF-1.4".ljust(10 * 2**20), "long.pdf"))
    assert outcome["error"] == ""


async def test_what_turns_out_later_stands_in_the_row_of_the_file(dashboard: Dashboard) -> None:
    empty, broken = await fill(dashboard, Part("file", b"", "empty.md"), Part("file", b"PK\3\4 no more", "broken.docx"))
    assert told(empty)[0] == "empty.md"
    assert told(empty)[1] == "failed The file is empty."
    assert told(broken)[0] == "broken.docx"
    assert told(broken)[1].startswith("failed The file is broken")


async def test_a_form_has_a_hundred_files_and_those_after_them_are_told_so(dashboard: Dashboard) -> None:
    files = [Part("file", f"Number {number}.".encode(), f"{number}.txt") for number in range(MAXIMUM_FILES + 2)]
    outcomes = await sent(dashboard, *files)
    assert outcomes[MAXIMUM_FILES - 1][1] == "added"
    late = "At most 100 files can be sent at a time. Send this one again."
    assert outcomes[MAXIMUM_FILES:] == [("100.txt", late), ("101.txt", late)]


@pytest.mark.parametrize("cut", [30, 70, 75])
async def test_a_file_that_is_cut_off_becomes_no_source(dashboard: Dashboard, cut: int) -> None:
    outcomes = await sent(dashboard, FEES, RETURNS, cut=cut)
    assert outcomes == [("fees.md", "added"), ("returns.md", "It was cut off on its way. Send it again.")]
    await fill(dashboard, FEES)
    assert [told(row)[0] for row in rows(await dashboard.get(sources(dashboard)))] == ["Fees fees.md"]


async def test_files_of_folders_keep_their_last_name(dashboard: Dashboard) -> None:
    (row,) = await fill(dashboard, Part("file", b"Twelve.", "C:\\\\Users\\\\ada\\\\fees.txt"))
    assert told(row)[0] == "fees.txt"


async def test_the_same_file_twice_is_one_source(dashboard: Dashboard) -> None:
    assert len(await fill(dashboard, FEES)) == len(await fill(dashboard, FEES)) == 1
    assert len(rows(await dashboard.get(sources(dashboard)))) == 1


async def test_a_script_gets_each_outcome_as_data(dashboard: Dashboard) -> None:
    added, unknown = await by_script(dashboard, FEES, UNKNOWN)
    assert (added["name"], added["error"]) == ("fees.md", "")
    assert added["source_id"].startswith("src_")
    assert unknown["source_id"] == ""


async def test_a_form_without_a_file_is_shown_again(dashboard: Dashboard) -> None:
    reply = await dashboard.send(sources(dashboard), [NONE_CHOSEN])
    assert reply.status == 422
    assert reply.page.one(id="file-error").text == "Choose at least one file."
    assert "file-error" in reply.page.one("input", id="file").get("aria-describedby")


async def test_a_viewer_sends_nothing(dashboard: Dashboard) -> None:
    reply = await dashboard.send(sources(dashboard), [FEES], "viewer")
    assert reply.status == 403
    assert "Your role (viewer) can't do this. It takes an editor of the account." in reply.page.text


@for_each(
    ("headers", "status"),
    [({"content_type": FORM_TYPE}, 415), ({"content_type": "multipart/form-data"}, 400)],
)
async def test_what_is_no_form_of_ours_is_no_fault_of_ours(
    dashboard: Dashboard, headers: dict[str, str], status: int
) -> None:
    reply = await dashboard.send(sources(dashboard), [FEES], **headers)
    assert reply.status == status


@for_each(
    "part",
    [Part("file", b"x", "a\0b.txt"), Part("file", b"x", "a\r\nno header"), Part("_charset_", b"x" * 100)],
)
async def test_a_part_that_can_not_be_read_is_no_fault_of_ours(dashboard: Dashboard, part: Part) -> None:
    reply = await dashboard.send(sources(dashboard), [part, FEES])
    assert reply.status == 400
    assert "can't be read" in reply.page.text


async def test_a_form_has_a_thousand_parts_at_most(dashboard: Dashboard) -> None:
    parts = [Part("file", b"", "x.exe")] * MAXIMUM_PARTS
    assert len(await sent(dashboard, *parts)) == MAXIMUM_PARTS
    reply = await dashboard.send(sources(dashboard), [*parts, FEES])
    assert reply.status == 413
    assert "A form has at most 1000 parts." in reply.page.text


async def test_without_the_service_each_file_says_so(dashboard: Dashboard) -> None:
    async with dashboard.without("retrieval"):
        outcomes = await sent(dashboard, FEES, RETURNS)
    assert outcomes == [
        (name, "The Retrieval service does not answer. Try again.") for name in ("fees.md", "returns.md")
    ]


async def slowly(dashboard: Dashboard, parts: Sequence[Part], seconds: float) -> AsyncIterator[bytes]:
    """A form with files of which each comes so much later than the one before, when that is a source."""
    body = multipart(parts)
    for number in range(len(parts)):
        # With some of the next part, by which it is seen that this one has ended.
        cut = body.find(f"--{BOUNDARY}".encode(), 1) + len(BOUNDARY) + 60
        piece, body = (body[:cut], body[cut:]) if number < len(parts) - 1 else (body, b"")
        yield piece
        if body:
            # Not with a browser, which would sign in again with a clock that is turned.
            await until(partial(has_sources, dashboard, number + 1))
            dashboard.clock.now += seconds


async def has_sources(dashboard: Dashboard, number: int) -> bool:
    return len((await dashboard.call("retrieval", "ListSources")).sources) >= number


async def sent_slowly(dashboard: Dashboard, number: int, seconds: float) -> list[str]:
    # Of more than one piece each: the end of a piece is looked for when the next has come.
    files = [Part("file", b"We open at nine.".ljust(200_000), f"{place}.txt") for place in range(number)]
    headers = {"content_type": f"{MULTIPART_TYPE}; boundary={BOUNDARY}", "hx_request": "true"}
    sending = dashboard.browsers["owner"].opened(
        "POST", sources(dashboard), slowly(dashboard, files, seconds), **headers
    )
    async with sending as response:
        return [outcome["error"] for outcome in json.loads(await response.text())]


async def test_files_that_come_later_than_a_token_lives_have_a_newer_one(dashboard: Dashboard) -> None:
    assert await sent_slowly(dashboard, 3, 40.0) == ["", "", ""]


async def test_files_that_come_later_than_any_token_lives_say_so(dashboard: Dashboard) -> None:
    assert await sent_slowly(dashboard, 2, 70.0) == ["", "It came too late. Send fewer files at a time."]
