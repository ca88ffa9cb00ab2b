"""`bot_x/conversations/export`: files of conversations, narrowed like the list, whole or cut off."""

import csv
import io
import json
from typing import Any

import aiohttp
import pytest
from chatmount.chat.v1.chat_pb2 import ExportedTurn

from services.exported_turns import json_line
from services.trust.principal import Channel
from services.web.dashboard.pages import export
from tests.web.asking import ask
from tests.web.browser import Reply
from tests.web.conversations_page import FEE, ODD_ID, conversations
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.test_sources_page import FEES, fill
from tests.web.visiting import rate, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORMULA = '=HYPERLINK("https://evil.example";"x")'


async def exported(dashboard: Dashboard, query: str, who: str = "owner") -> Reply:
    return await dashboard.get(conversations(dashboard, f"/export?{query}"), who)


def lines_of(reply: Reply) -> list[dict[str, Any]]:
    return [json.loads(line) for line in reply.text.splitlines()]


def table_of(reply: Reply) -> list[list[str]]:
    assert reply.text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(reply.text[1:], newline="")))


@pytest.mark.parametrize("who", MEMBERS)
async def test_every_member_exports_turns_as_json_lines(dashboard: Dashboard, who: str) -> None:
    await fill(dashboard, FEES)
    request_id = await ask(dashboard, FEE, ODD_ID)
    await ask(dashboard, "Line\u2028end?", "b")
    reply = await exported(dashboard, "format=jsonl", who)
    assert reply.headers["Content-Type"] == "application/jsonl"
    name = f"conversations-{dashboard.chatbot.id}-2026-11-23.jsonl"
    assert reply.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    by_session = {line["session_id"]: line for line in lines_of(reply)}
    assert by_session[ODD_ID] == {
        "session_id": ODD_ID,
        "number": 1,
        "question": FEE,
        "answer": "The yearly fee is 12 euros.",
        "source_urls": ["file:fees.md"],
        "created_at": "2026-11-23T10:00:00.000Z",
        "request_id": request_id,
        "broken_off": False,
        "rating": None,
        "rating_comment": "",
    }
    assert by_session["b"]["question"] == "Line\u2028end?"


async def test_a_table_holds_the_same_and_nothing_that_a_spreadsheet_would_run(dashboard: Dashboard) -> None:
    for question in (FORMULA, "+1", "-1", "@x", "harmless, really\nyes"):
        await ask(dashboard, question)
    reply = await exported(dashboard, "format=csv")
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    head, *rows = table_of(reply)
    assert head == list(lines_of(await exported(dashboard, "format=jsonl"))[0])
    questions = [row[head.index("question")] for row in rows]
    assert questions == [f"'{FORMULA}", "'+1", "'-1", "'@x", "harmless, really\nyes"]


async def test_ratings_and_comments_are_in_both_kinds_of_file(dashboard: Dashboard) -> None:
    for number, rated in enumerate(({"rating": "down", "comment": "=1+1"}, {"rating": "up"}, {})):
        request_id = await visit(dashboard, FEE, f"cnv_{number}")
        if rated:
            await rate(dashboard, request_id, f"cnv_{number}", **rated)
    lines = lines_of(await exported(dashboard, "format=jsonl"))
    assert [(line["rating"], line["rating_comment"]) for line in lines] == [("down", "=1+1"), ("up", ""), (None, "")]
    head, *rows = table_of(await exported(dashboard, "format=csv"))
    assert [row[head.index("rating") :] for row in rows] == [["down", "'=1+1"], ["up", ""], ["", ""]]
    (line,) = lines_of(await exported(dashboard, "format=jsonl&rated=up"))
    assert line["session_id"] == "cnv_1"


async def test_an_export_is_narrowed_like_the_list_it_is_on(dashboard: Dashboard) -> None:
    await ask(dashboard, "first", "a")
    await ask(dashboard, "second", "b", Channel.WIDGET)
    page = await dashboard.get(conversations(dashboard, "?channel=widget&since=2026-11-23"))
    for name, read in (("Export CSV", table_of), ("Export JSON Lines", lines_of)):
        (link,) = [link for link in page.page.all("a") if link.text == name]
        assert "second" in str(read(await dashboard.get(link.get("href"))))
        assert "first" not in str(read(await dashboard.get(link.get("href"))))


async def test_many_turns_come_page_by_page(dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "TURNS_AT_A_TIME", 2)
    for number in range(5):
        await ask(dashboard, f"Question {number}")
    reply = await exported(dashboard, "format=jsonl")
    assert [line["question"] for line in lines_of(reply)] == [f"Question {number}" for number in range(5)]


async def test_an_export_that_outlives_its_token_is_cut_off(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(turn: ExportedTurn) -> str:
        dashboard.clock.now += 61
        return json_line(turn)

    monkeypatch.setattr(export, "TURNS_AT_A_TIME", 1)
    monkeypatch.setattr(export, "json_line", slow)
    for number in range(3):
        await ask(dashboard, f"Question {number}")
    path = conversations(dashboard, "/export?format=jsonl")
    async with dashboard.browsers["owner"].opened("GET", path) as response:
        assert response.status == 200
        with pytest.raises(aiohttp.ClientError):
            await response.read()


async def test_while_nothing_can_be_read_the_list_says_so(dashboard: Dashboard) -> None:
    async with dashboard.without("chat"):
        reply = await exported(dashboard, "format=csv&text=fee")
        assert reply.location == conversations(dashboard, "?text=fee")
        assert "The Chat service does not answer." in (await dashboard.get(reply.location)).page.text


async def test_another_kind_of_file_is_refused_and_another_s_chatbot_is_not_there(dashboard: Dashboard) -> None:
    reply = await exported(dashboard, "format=xlsx")
    assert (reply.status, "format must be csv or jsonl." in reply.page.text) == (400, True)
    assert (await exported(dashboard, "format=csv", "stranger")).status == 404
