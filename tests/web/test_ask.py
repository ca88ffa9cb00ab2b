"""POST `bot_x/ask`: what is refused, what streams, what breaks off, and what is asked once."""

import asyncio
from typing import Any

import pytest

from services.errors import Text, refusal
from services.web.dashboard.forms import FORM_TYPE
from tests.chat.scripted_neighbours import ScriptedAnswerer
from tests.each import for_each
from tests.waiting import until
from tests.web.dashboard import Dashboard
from tests.web.events import events
from tests.web.html_check import Element, read
from tests.web.test_playground_page import QUESTION, ask, facts_of, form_of, playground, turns
from tests.web.test_sources_page import FEES, fill

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def by_script(dashboard: Dashboard, question: str = QUESTION) -> dict[str, Any]:
    """What a script sends."""
    fields = form_of(await dashboard.get(playground(dashboard)))
    return {"data": {**fields, "message": question}, "hx_request": "true", "content_type": FORM_TYPE}


def pieces(data: str) -> list[Element]:
    """Where the pieces of an event go, and what they are."""
    return read(data).all("hx-partial")


def text_of(data: str) -> str:
    return data.partition(">")[2].removesuffix("</hx-partial>")


async def credits_used(dashboard: Dashboard) -> int:
    return int((await dashboard.call("quota", "GetUsage")).credits_used)


async def test_an_answer_streams_and_ends_with_its_reason(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    async with dashboard.browsers["editor"].opened(
        "POST", playground(dashboard, "ask"), **await by_script(dashboard)
    ) as response:
        assert response.content_type == "text/event-stream"
        said = [data async for _, data in events(response)]
    begun, fields = pieces(said[0])
    (ended,) = pieces(said[-1])
    assert (begun.get("hx-target"), fields.get("hx-target")) == ("#turns", "#ask-fields")
    assert begun.one("article").get("aria-busy") == "true"
    assert fields.one("textarea").text == ""
    assert "".join(map(text_of, said[1:-1])) == "The yearly fee is 12 euros."
    turn = ended.one("article")
    assert ended.get("hx-target") == f"#{turn.get('id')}"
    assert "aria-busy" not in turn.attributes
    assert turn.one(class_="answer").text == "The yearly fee is 12 euros."
    assert "The answer is made of the sources' own sentences." in turn.one(class_="reason").text


async def test_spaces_and_lines_of_an_answer_come_as_they_are(dashboard: Dashboard) -> None:
    dashboard.answerer.scripted = ScriptedAnswerer(" two\n\n", "  lines", "\n", " &amp; <b>")
    await fill(dashboard, FEES)
    async with dashboard.browsers["editor"].opened(
        "POST", playground(dashboard, "ask"), **await by_script(dashboard)
    ) as response:
        said = [data async for _, data in events(response)]
    assert "".join(map(text_of, said[1:-1])) == " two\n\n  lines\n &amp;amp; &lt;b&gt;"


@for_each("question", ["  ", "x" * 2001])
async def test_a_question_that_can_not_be_asked_stays_in_the_field(dashboard: Dashboard, question: str) -> None:
    reply = await ask(dashboard, question)
    assert reply.status == 422
    assert reply.page.one(id="message-error").text == "Message must be between 1 and 2000 characters"
    assert reply.page.one("textarea").text == question.strip()
    script = await by_script(dashboard, question)
    async with dashboard.browsers["editor"].opened("POST", playground(dashboard, "ask"), **script) as response:
        assert response.status == 422
        part = read(await response.text())
    assert part.one("textarea").text == question.strip()
    assert part.all("html") == []


async def test_used_up_credits_are_told_with_what_was_typed(dashboard: Dashboard) -> None:
    await dashboard.auth("SetAccountPlan", account_id=dashboard.account.id, plan="free")
    for _ in range(50):
        await dashboard.answer_once(dashboard.chatbot)
    reply = await ask(dashboard)
    assert reply.status == 429
    form = reply.page.one("form", id="ask")
    assert form.one(role="alert").text.startswith("The monthly credits of this account are used up (50 per month).")
    assert form.one("textarea").text == QUESTION


async def test_a_viewer_asks_nothing(dashboard: Dashboard) -> None:
    reply = await ask(dashboard, who="viewer")
    assert reply.status == 403
    assert await credits_used(dashboard) == 0


async def test_a_question_sent_twice_is_answered_and_charged_once(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    fields = {**form_of(await dashboard.get(playground(dashboard))), "message": QUESTION}
    first, second = [await dashboard.post(playground(dashboard, "ask"), fields) for _ in range(2)]
    assert first.location == second.location
    assert len(turns(await dashboard.get(first.location))) == 1
    assert await credits_used(dashboard) == 1
    other = await dashboard.post(playground(dashboard, "ask"), {**fields, "message": "And then?"})
    assert len(turns(await dashboard.get(other.location))) == 2


async def test_an_answer_that_breaks_off_shows_how_far_it_came(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    dashboard.answerer.scripted = ScriptedAnswerer("The yearly", refusal(Text.ANSWER_BROKE_OFF))
    async with dashboard.browsers["editor"].opened(
        "POST", playground(dashboard, "ask"), **await by_script(dashboard)
    ) as response:
        said = [data async for _, data in events(response)]
    turn = pieces(said[-1])[0].one("article")
    assert turn.one(class_="answer").text == "The yearly"
    assert turn.one(class_="wrong").text == "The answer broke off. Please try again."
    assert facts_of(turn)["Ended early"] == "unavailable"
    whole = await ask(dashboard)
    assert whole.status == 503
    assert whole.page.one("form", id="ask").one(role="alert").text == "The answer broke off. Please try again."


async def test_a_browser_that_leaves_ends_the_answer(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    dashboard.answerer.scripted = scripted = ScriptedAnswerer("The yearly", asyncio.Event())
    async with dashboard.browsers["editor"].opened(
        "POST", playground(dashboard, "ask"), **await by_script(dashboard)
    ) as response:
        stream = events(response)
        begun = pieces((await anext(stream))[1])[0]
        await anext(stream)
        assert scripted.running == 1
    await until(lambda: scripted.running == 0, what="the end of the answer")
    path = begun.one("article").get("data-path")
    stopped = await dashboard.get(path, "editor", hx_request="true")
    turn = stopped.page.one("article")
    assert turn.one(class_="answer").text == "The yearly"
    assert turn.one(class_="wrong").text == "The answer ends here: it broke off, or was stopped."
    assert facts_of(turn)["Ended early"] == "left"


async def test_a_browser_that_waits_for_a_whole_answer_and_leaves_ends_it_too(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    dashboard.answerer.scripted = scripted = ScriptedAnswerer(asyncio.Event())
    asking = asyncio.create_task(ask(dashboard))
    await until(lambda: scripted.running == 1)
    asking.cancel()
    await until(lambda: scripted.running == 0, what="the end of the answer")
    assert await credits_used(dashboard) == 0


async def test_without_the_service_the_question_is_kept(dashboard: Dashboard) -> None:
    async with dashboard.without("chat"):
        reply = await ask(dashboard)
    assert reply.status == 503
    assert reply.page.one("form", id="ask").one(role="alert").text == "The Chat service does not answer. Try again."
    assert reply.page.one("form", id="ask").one("textarea").text == QUESTION


async def test_whoever_comes_back_to_the_path_of_the_form_sees_the_playground(dashboard: Dashboard) -> None:
    assert (await dashboard.get(playground(dashboard, "ask"))).location == playground(dashboard)
