"""`bot_x/conversations/x`: one conversation with its turns, its ratings and its reasons."""

import pytest

from services.trust.principal import Channel, Principal, Role
from services.web.dashboard.conversations import address_of, session_id_at
from services.web.dashboard.visit import PAGE_SIZE
from tests.each import for_each
from tests.web.asking import ask
from tests.web.conversations_page import FEE, ODD_ID, conversations, one, rows
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.test_sources_page import FEES, fill
from tests.web.visiting import CONVERSATION, rate, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("who", [*MEMBERS, "operator"])
async def test_a_rating_stands_below_its_answer_with_the_way_to_correct_it(dashboard: Dashboard, who: str) -> None:
    first, second = await visit(dashboard, FEE), await visit(dashboard, "And then?")
    await rate(dashboard, first, rating="down", comment="<b>Not</b> true")
    await rate(dashboard, second, rating="up")
    down, up = (await dashboard.get(one(dashboard, CONVERSATION), who)).page.all("article", class_="turn")
    assert down.one(class_="rated").text == "rated down “<b>Not</b> true”"
    assert up.one(class_="rated").text == "rated up"
    ways = [link for turn in (down, up) for link in turn.all("a") if link.text == "Correct this answer"]
    assert ["main" in way.get("class") for way in ways] == ([] if who == "viewer" else [True, False])


@pytest.mark.parametrize("who", [*MEMBERS, "operator"])
async def test_a_conversation_is_read_with_answers_and_sources(dashboard: Dashboard, who: str) -> None:
    await fill(dashboard, FEES)
    first = await ask(dashboard, FEE, ODD_ID)
    second = await ask(dashboard, "What else?\n\nSay <b>all</b>", ODD_ID, later=60)
    (row,) = rows(await dashboard.get(conversations(dashboard), who))
    reply = await dashboard.get(row.one("a").get("href"), who)
    facts = reply.page.all("dd")
    assert [fact.text for fact in facts[:4]] == ["API", "2", "2026-11-23 10:00 UTC", "2026-11-23 10:01 UTC"]
    assert facts[4].text == ODD_ID
    old, new = reply.page.all("article", class_="turn")
    assert old.one("h2").text == FEE
    assert old.one(class_="answer").text == "The yearly fee is 12 euros."
    assert old.one("ul", class_="cited").text == "fees.md"
    assert new.one("h2").text == "What else? Say <b>all</b>"
    assert new.one("time").text == "2026-11-23 10:01 UTC"
    why = dashboard.chatbot.id + "/turns/"
    assert [turn.one(class_="reason").all("a")[0].get("href").partition(why)[2] for turn in (old, new)] == [
        first,
        second,
    ]
    assert ("Delete" in [link.text for link in reply.page.one("main").all("a")]) == (who != "viewer")


async def test_the_reason_of_a_turn_is_where_the_conversation_says(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    await ask(dashboard, FEE)
    turn = (await dashboard.get(one(dashboard))).page.one("article")
    reason = await dashboard.get(turn.one(class_="reason").all("a")[0].get("href"), "viewer")
    assert "The answer is made of the sources' own sentences." in reason.page.text


async def test_a_turn_that_came_without_an_id_has_no_reason(dashboard: Dashboard) -> None:
    chatbot = dashboard.chatbot
    key = Principal(Role.ROLE_API_KEY, chatbot.account_id, chatbot.id, "key_1", "plus", Channel.API)
    for question in ("one", "two"):
        await dashboard.call("chat", "Chat", key, message=question, session_id="visitor")
    turns = (await dashboard.get(one(dashboard))).page.all("article", class_="turn")
    assert [turn.one(class_="reason").all("a") for turn in turns] == [[], []]


async def test_a_long_conversation_is_cut_in_pages(dashboard: Dashboard) -> None:
    for number in range(PAGE_SIZE + 1):
        await ask(dashboard, f"Question {number}")
    first = await dashboard.get(one(dashboard))
    assert len(first.page.all("article")) == PAGE_SIZE
    following = await dashboard.get(first.page.one("a", rel="next").get("href"))
    assert [turn.one("h2").text for turn in following.page.all("article")] == [f"Question {PAGE_SIZE}"]


@for_each("session_id", ["", "a", "ab", "abc", "ünïcode", ODD_ID, "a-_b"])
async def test_an_address_leads_back_to_its_session(session_id: str) -> None:
    assert session_id_at(address_of(session_id)) == session_id
