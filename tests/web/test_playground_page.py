"""`bot_x/`: what is there to answer from, the conversation, and why each answer is as it is."""

import pytest

from services.chat.answerers.answerer import Citations
from services.web.dashboard import pages
from tests.chat.scripted_neighbours import ScriptedAnswerer
from tests.each import for_each
from tests.web.browser import Part, Reply
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.html_check import Element
from tests.web.test_sources_page import BROKEN, FEES, fill

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = "What is the yearly fee?"


def playground(dashboard: Dashboard, rest: str = "") -> str:
    return f"/dashboard/{dashboard.chatbot.id}/{rest}"


def turns(reply: Reply) -> list[Element]:
    return reply.page.all("article", class_="turn")


def form_of(reply: Reply) -> dict[str, str]:
    """The hidden fields of the form of a question."""
    form = reply.page.one("form", id="ask")
    return {field.get("name"): field.get("value") for field in form.all("input", type="hidden")}


def facts_of(turn: Element) -> dict[str, str]:
    """Times, cost, and what else is known of an answer."""
    reason = turn.one(class_="reason")
    return {name.text: value.text for name, value in zip(reason.all("dt"), reason.all("dd"), strict=True)}


async def ask(dashboard: Dashboard, question: str = QUESTION, path: str = "", who: str = "owner") -> Reply:
    """The reply to a question, asked without a script on the page at `path`."""
    fields = form_of(await dashboard.get(playground(dashboard, path)))
    return await dashboard.post(playground(dashboard, "ask"), {**fields, "message": question}, who)


@pytest.mark.parametrize("who", [*MEMBERS, "operator"])
async def test_all_members_see_what_there_is_and_editors_ask(dashboard: Dashboard, who: str) -> None:
    await fill(dashboard, FEES, BROKEN)
    reply = await dashboard.get(playground(dashboard), who)
    assert reply.status == 200
    assert [link.text for link in reply.page.one("p", class_="filters").all("a")] == ["1 source ready", "1 failed"]
    assert len(reply.page.all("form", id="ask")) == (who != "viewer")
    assert ("An editor of the account can ask questions here." in reply.page.text) == (who == "viewer")
    if who != "viewer":
        assert reply.page.one(id="message-hint").text.startswith("Costs 1 credit of the account")


async def test_without_sources_it_says_so(dashboard: Dashboard) -> None:
    reply = await dashboard.get(playground(dashboard))
    assert "Without sources there is nothing to answer from. Add some" in reply.page.text


async def test_a_chatbot_that_is_off_answers_here(dashboard: Dashboard) -> None:
    await dashboard.auth("SetChatbotEnabled", chatbot_id=dashboard.chatbot.id, enabled=False)
    reply = await dashboard.get(playground(dashboard))
    assert "The chatbot is off: it answers nowhere but here." in reply.page.text
    assert (await ask(dashboard)).status == 303


async def test_an_answer_stands_with_its_reason(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES, Part("file", b"# Opening\n\nWe open at nine.", "opening.md"))
    answered = await ask(dashboard)
    assert answered.status == 303
    reply = await dashboard.get(answered.location)
    (turn,) = turns(reply)
    assert turn.one("h2").text == QUESTION
    assert turn.one(class_="answer").text == "The yearly fee is 12 euros."
    assert turn.one("ul", class_="cited").text == "Fees"
    reason = turn.one(class_="reason")
    assert "The answer is made of the sources' own sentences." in reason.text
    meter = reason.one("meter")
    assert float(meter.get("value")) >= float(meter.get("low")) == 0.4
    first = reason.all("li")[0]
    assert first.text.startswith("Fees cited fees.md")
    assert "The yearly fee is 12 euros. fused " in first.text
    assert all(name in first.text for name in ("keywords", "meaning", "best sentence"))
    facts = facts_of(turn)
    assert facts["Credits"] == "1"
    assert facts["Whole after"].endswith(" ms")


async def test_a_question_without_an_answer_shows_what_was_near(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    (turn,) = turns(await dashboard.get((await ask(dashboard, "Colourless green ideas sleep furiously")).location))
    reason = turn.one(class_="reason")
    assert "Nothing that was found is close enough, so the fallback text was given." in reason.text
    assert "< threshold 0.40" in reason.text


async def test_the_answer_of_a_pair_says_so(dashboard: Dashboard) -> None:
    await dashboard.call("retrieval", "AddQaPair", question=QUESTION, answer="Twelve.")
    (turn,) = turns(await dashboard.get((await ask(dashboard)).location))
    assert turn.one(class_="answer").text == "Twelve."
    assert "The question is that of a question-and-answer pair" in turn.one(class_="reason").text


async def test_a_conversation_goes_on_newest_first_until_a_new_one_is_begun(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    first = (await ask(dashboard)).location
    query = first.partition("/?")[2]
    assert query.startswith("session=ply_")
    second = await ask(dashboard, "And what of it?", f"?{query}")
    assert second.location == first
    reply = await dashboard.get(first)
    newest, oldest = turns(reply)
    assert (newest.one("h2").text, oldest.one("h2").text) == ("And what of it?", QUESTION)
    why = oldest.one("a", href=oldest.one(class_="reason").one("a").get("href")).get("href")
    assert "The answer is made of the sources' own sentences." in (await dashboard.get(why, "viewer")).page.text
    assert "New conversation" in [link.text for link in reply.page.all("a", href=playground(dashboard))]
    assert f"session={form_of(await dashboard.get(playground(dashboard)))['session']}" != query


async def test_what_pages_and_people_wrote_is_no_markup_and_no_odd_link(dashboard: Dashboard) -> None:
    dashboard.answerer.scripted = ScriptedAnswerer("<b>Yes</b> <hx-partial hx-target='#x'>", Citations((1,)))
    url = "https://example.com/?a=1&b=%22"
    parts = [Part("title", b"<i>Fees</i>"), Part("text", b"The yearly fee is 12 euros."), Part("url", url.encode())]
    sent = await dashboard.send(playground(dashboard, "sources"), parts)
    await fill(dashboard, FEES)
    assert sent.status == 303
    (turn,) = turns(await dashboard.get((await ask(dashboard, "<u>fee</u> yearly 12 euros")).location))
    assert turn.one("h2").text == "<u>fee</u> yearly 12 euros"
    assert turn.one(class_="answer").text == "<b>Yes</b> <hx-partial hx-target='#x'>"
    links = {link.get("href") for link in turn.all("a") if link.text not in ("Correct this answer", "Ask again")}
    assert links <= {url}
    assert [element for element in turn.walk() if element.tag in {"b", "i", "u", "template"}] == []


async def test_the_oldest_of_a_long_conversation_are_elsewhere(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages.playground, "SHOWN_TURNS", 2)
    path = ""
    for number in range(4):
        answered = await ask(dashboard, f"Number {number}?", path)
        path = answered.location.partition("/?")[2].join(["?", ""])
    reply = await dashboard.get(answered.location)
    assert [turn.one("h2").text for turn in turns(reply)] == ["Number 3?", "Number 2?"]
    assert "2 earlier questions" in reply.page.text


@for_each("session", ["ply_00000000000000000000", "ses_1", "ply_<b>", "ply_" + "x" * 300])
async def test_a_made_up_conversation_is_not_there(dashboard: Dashboard, session: str) -> None:
    assert (await dashboard.get(playground(dashboard, f"?session={session}"))).status == 404


async def test_what_is_another_chatbots_is_not_there(dashboard: Dashboard) -> None:
    answered = await ask(dashboard)
    (turn,) = turns(await dashboard.get(answered.location))
    other = await dashboard.new_chatbot("Other")
    query, request_id = answered.location.partition("?")[2], turn.get("id").removeprefix("turn-")
    for path in (f"?{query}", f"turns/{request_id}", "turns/made-up"):
        assert (await dashboard.get(f"/dashboard/{other.id}/{path}")).status == 404
    assert (await dashboard.get(playground(dashboard), "stranger")).status == 404


async def test_each_service_that_is_away_takes_its_own_part_with_it(dashboard: Dashboard) -> None:
    answered = await ask(dashboard)
    async with dashboard.without("retrieval"):
        reply = await dashboard.get(answered.location)
    assert reply.page.one(class_="failure").text.startswith("The Retrieval service does not answer.")
    assert len(turns(reply)) == 1
    async with dashboard.without("chat"):
        reply = await dashboard.get(answered.location)
    assert reply.page.one(class_="failure").text.startswith("The Chat service does not answer.")
    assert reply.page.all("form", id="ask")
