"""`bot_x/turns/…/replay`: a question asked again, and what is different now."""

import pytest
from chatmount.chat.v1 import replay_pb2

from services.cli.commands.replay_report import summary
from services.cli.output.shapes import shape
from services.web.dashboard.replays import WORDS
from tests.chat.scripted_neighbours import ScriptedAnswerer
from tests.waiting import until
from tests.web.asking import ask
from tests.web.browser import Part
from tests.web.conversations_page import FEE, one
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.html_check import Element
from tests.web.test_sources_page import FEES, fill

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEW_FEES = Part("file", b"# Fees\n\nThe yearly fee is 13 euros.", "fees.md")
PAGES = 12


def replay(dashboard: Dashboard, request_id: str) -> str:
    return f"/dashboard/{dashboard.chatbot.id}/turns/{request_id}/replay"


def way_on(page: Element) -> str:
    """The name of the link beside the button."""
    return page.one("main").one("div", class_="row").one("a").text


async def read_anew(dashboard: Dashboard, page: Part, text: str) -> None:
    """Replaces a source; returns when this is found in it."""
    await fill(dashboard, page)

    async def is_found() -> bool:
        found = await dashboard.call("retrieval", "Search", query=text, limit=50)
        return any(text in passage.text for passage in found.passages)

    await until(is_found)


async def test_an_editor_gets_there_from_the_turn_and_sees_what_is_different(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    request_id = await ask(dashboard, FEE)
    path, used = replay(dashboard, request_id), await dashboard.call("quota", "GetUsage")
    for who in MEMBERS:
        turn = (await dashboard.get(one(dashboard), who)).page.one("article")
        links = [link.get("href") for link in turn.all("a") if link.text == "Ask again"]
        assert links == ([] if who == "viewer" else [path])
    for reply in (await dashboard.get(path, "viewer"), await dashboard.post(path, who="viewer")):
        assert reply.status == 403
    before = await dashboard.get(path, "editor")
    assert "It costs no credit, and nothing of it is kept." in before.page.text
    conversations = f"/dashboard/{dashboard.chatbot.id}/conversations"
    assert before.page.one("nav", class_="crumbs").all("a")[-1].get("href") == conversations
    assert way_on(before.page) == "Cancel"
    assert before.page.one("article").text.startswith("Then The yearly fee is 12 euros.")
    assert "same answer" in (await dashboard.post(path, who="editor")).page.one("p", role="status").text

    await read_anew(dashboard, NEW_FEES, "The yearly fee is 13 euros.")
    after = (await dashboard.post(path, who="editor")).page
    assert way_on(after) == "Back"
    assert after.one("p", role="status").text == "changed Different: the answer, what is found."
    assert after.one("section", aria_labelledby="causes").text == "Changed by Fees"
    then, now = (article.one(class_="answer").text for article in after.all("article"))
    assert (then, now) == ("The yearly fee is 12 euros.", "The yearly fee is 13 euros.")
    assert "12 euros" in after.one("section", aria_labelledby="gone").text
    assert "13 euros" in after.one("section", aria_labelledby="new").text
    facts = {row.children[0].text: [cell.text for cell in row.children[1:]] for row in after.all("tr")[1:]}
    assert facts["Credits"] == ["1", "0"]
    assert await dashboard.call("quota", "GetUsage") == used
    (turn,) = (await dashboard.get(one(dashboard))).page.all("article")
    assert turn.one(class_="answer").text == "The yearly fee is 12 euros."


async def test_the_answers_that_rest_on_a_changed_page_are_changed_and_no_others(dashboard: Dashboard) -> None:
    """As `chatmount replay --last` sums it up."""

    def page(number: int, months: int) -> Part:
        text = f"# Lens {number}\n\nLens K{number} has a warranty of {months} months."
        return Part("file", text.encode(), f"lens-{number}.md")

    await fill(dashboard, *(page(number, number + 20) for number in range(PAGES)))
    for number in range(PAGES):
        for question in (f"What warranty has lens K{number}?", f"How many months of warranty has K{number}?"):
            await ask(dashboard, question, f"visitor {number}", later=1)
    await read_anew(dashboard, page(7, 99), "Lens K7 has a warranty of 99 months.")
    newest = await dashboard.call("chat", "ListReplayable", page_size=2 * PAGES)
    assert len(newest.request_ids) == 2 * PAGES
    replies = [await dashboard.call("chat", "Replay", request_id=each) for each in newest.request_ids]
    found = summary([{"error": None} | shape(reply) for reply in replies])

    changed = [each for each in found["replays"] if each["changed"]]
    rest_on_it = [each for each in found["replays"] if "file:lens-7.md" in each["then"]["source_urls"]]
    assert changed == rest_on_it
    assert all("K7" in each["then"]["question"] for each in changed)
    assert len(changed) == 2
    assert [(each["title"], each["answers"]) for each in found["sources"]] == [("Lens 7", len(changed))]
    assert (found["same"], found["failed"], found["without_source"]) == (2 * PAGES - len(changed), 0, 0)


async def test_what_goes_wrong_is_said_and_can_be_tried_again(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    path = replay(dashboard, await ask(dashboard, FEE))
    dashboard.answerer.scripted = ScriptedAnswerer("<b>No</b>")
    reply = await dashboard.post(path)
    assert reply.page.all("article")[1].one(class_="answer").text == "<b>No</b>"
    async with dashboard.without("retrieval"):
        reply = await dashboard.post(path)
        assert reply.status == 503
        assert "Try again" in reply.page.one(class_="failure").text
        assert reply.page.one("article").one(class_="answer").text == "The yearly fee is 12 euros."


async def test_a_question_of_another_chatbot_or_one_that_is_gone_is_not_there(dashboard: Dashboard) -> None:
    request_id = await ask(dashboard, FEE)
    other = await dashboard.new_chatbot("Other")
    nowhere = await dashboard.get("/dashboard/nowhere")
    paths = [f"/dashboard/{other.id}/turns/{request_id}/replay", replay(dashboard, "made-up")]
    await dashboard.call("chat", "DeleteSession", session_id="visitor")
    for path in (*paths, replay(dashboard, request_id)):
        for reply in (await dashboard.get(path), await dashboard.post(path)):
            assert (reply.status, reply.text) == (404, nowhere.text)


async def test_every_difference_has_its_words() -> None:
    assert set(WORDS) == set(replay_pb2.ReplayDifference.values()) - {0}
