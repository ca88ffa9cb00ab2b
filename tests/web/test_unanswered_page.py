"""`bot_x/unanswered`: which questions got the fallback text; answering one, or calling it not ours."""

import pytest
from chatmount.chat.v1 import chat_pb2

from services.web.dashboard.visit import PAGE_SIZE
from tests.web.asking import ask
from tests.web.browser import Reply
from tests.web.conversations_page import one as conversation
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.test_correct_page import asked_now, filled_in
from tests.web.test_sources_page import FEES, fill

pytestmark = pytest.mark.asyncio(loop_scope="session")

ICELAND, CUP = "Do you ship to Iceland?", "Who won the cup?"


def unanswered(dashboard: Dashboard, rest: str = "") -> str:
    return f"/dashboard/{dashboard.chatbot.id}/unanswered{rest}"


def told(reply: Reply) -> list[list[str]]:
    rows = [row for body in reply.page.all("tbody") for row in body.all("tr")]
    return [[cell.text for cell in row.children] for row in rows]


async def listed(dashboard: Dashboard, state: str = "") -> list[str]:
    reply = await dashboard.get(unanswered(dashboard, f"?state={state}"))
    return [row[0].partition(" also asked")[0] for row in told(reply)]


async def path_of(dashboard: Dashboard, question: str, state: str = "") -> str:
    page = (await dashboard.get(unanswered(dashboard, f"?state={state}"))).page
    (link,) = [link for link in page.one("tbody").all("a") if link.text == question]
    return link.get("href")


@pytest.mark.parametrize("who", [*MEMBERS, "operator"])
async def test_alike_wordings_stand_together_with_how_often(dashboard: Dashboard, who: str) -> None:
    await ask(dashboard, CUP)
    for wording in ("do you ship to iceland", "DO YOU SHIP TO ICELAND?!", ICELAND):
        await ask(dashboard, wording, later=60)
    reply = await dashboard.get(unanswered(dashboard), who)
    assert told(reply) == [
        [f"{ICELAND} also asked as DO YOU SHIP TO ICELAND?! and 1 more", "3", "2026-11-23 10:03 UTC"],
        [CUP, "1", "2026-11-23 10:00 UTC"],
    ]
    tabs = reply.page.one("nav", class_="filters").all("a")
    assert [tab.text for tab in tabs] == ["Open", "Answered", "Not ours"]
    assert [tab.text for tab in tabs if tab.get("aria-current")] == ["Open"]


async def test_without_questions_each_tab_says_so(dashboard: Dashboard) -> None:
    for state, said in (
        ("", "No question is open. Questions that get the fallback text come here."),
        ("made-up", "No question is open. Questions that get the fallback text come here."),
        ("answered", "No question was answered yet."),
        ("not-ours", "No question was called not ours."),
    ):
        reply = await dashboard.get(unanswered(dashboard, f"?state={state}"))
        assert reply.page.one(class_="empty").text == said


async def test_a_list_is_cut_in_pages_of_the_same_tab(dashboard: Dashboard) -> None:
    for number in range(PAGE_SIZE + 1):
        await ask(dashboard, f"Riddle {number}")
    first = await dashboard.get(unanswered(dashboard))
    assert len(told(first)) == PAGE_SIZE
    following = await dashboard.get(first.page.one("a", rel="next").get("href"))
    assert len(told(following)) == 1


@pytest.mark.parametrize("who", MEMBERS)
async def test_a_question_stands_with_the_best_passages_and_editors_write_the_answer(
    dashboard: Dashboard, who: str
) -> None:
    await fill(dashboard, FEES)
    await ask(dashboard, "Colourless fees sleep furiously", "s/1")
    await ask(dashboard, "colourless fees sleep furiously!", "s/2", later=60)
    path = await path_of(dashboard, "colourless fees sleep furiously!")
    reply = await dashboard.get(path, who)
    asked = reply.page.one("article").text
    assert "Also asked as Colourless fees sleep furiously" in asked
    assert "open asked 2 times, last 2026-11-23 10:01 UTC" in asked
    assert reply.page.one("article").one("a").get("href") == conversation(dashboard, "s/2")
    assert "These passages come closest: Fees fees.md" in asked_now(reply)
    main = reply.page.one("main")
    assert len(main.all("form")) == (0 if who == "viewer" else 2)
    if who != "viewer":
        assert filled_in(reply)["question"] == "colourless fees sleep furiously!"
        assert "Not ours" in [button.text for button in main.all("button")]


async def test_an_answer_is_given_from_then_on_and_the_question_is_done(dashboard: Dashboard) -> None:
    await ask(dashboard, ICELAND)
    path = await path_of(dashboard, ICELAND)
    written = {
        "question": ICELAND,
        "answer": "Yes, within a week.",
        "url": "https://shop.example.com/ship",
        "title": "",
    }
    for _ in range(2):
        saved = await dashboard.post(path, written, "editor")
        assert saved.location == f"{path}?done=question-answered"
    reply = await dashboard.get(saved.location)
    assert "answered by a pair similarity 1.00 Yes, within a week." in asked_now(reply)
    assert reply.page.one("article").one(class_="badge").text == "answered"
    assert (await listed(dashboard), await listed(dashboard, "answered")) == ([], [ICELAND])
    assert len((await dashboard.call("retrieval", "ListQaPairs")).qa_pairs) == 1
    await ask(dashboard, "do you ship to iceland", "later")
    turn = (await dashboard.get(conversation(dashboard, "later"))).page.one("article")
    assert turn.one(class_="answer").text == "Yes, within a week."
    assert await listed(dashboard) == []


async def test_what_is_not_ours_stays_out_until_it_is_opened_again(dashboard: Dashboard) -> None:
    await ask(dashboard, CUP)
    path = await path_of(dashboard, CUP)
    decided = await dashboard.post(f"{path}/state", {"state": "not-ours"}, "editor")
    assert decided.location == unanswered(dashboard, "?done=question-not-ours")
    await ask(dashboard, CUP, "again")
    assert (await listed(dashboard), await listed(dashboard, "not-ours")) == ([], [CUP])
    reply = await dashboard.get(path)
    assert [button.text for button in reply.page.one("main").all("button")] == ["Open it again"]
    await dashboard.post(f"{path}/state", {"state": "open"})
    assert await listed(dashboard) == [CUP]
    assert (await dashboard.get(f"{path}/state")).location == path
    assert (await dashboard.post(f"{path}/state", {"state": "answered"})).status == 400


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_decided(dashboard: Dashboard) -> None:
    await ask(dashboard, CUP)
    path = await path_of(dashboard, CUP)
    typed = {"question": CUP, "answer": " ", "url": "https://", "title": "T"}
    reply = await dashboard.post(path, typed)
    assert (reply.status, reply.page.one(id="answer-error").text) == (
        422,
        "Answer must be between 1 and 8000 characters.",
    )
    assert filled_in(reply) == typed | {"answer": ""}
    assert await listed(dashboard) == [CUP]


async def test_a_viewer_can_change_nothing(dashboard: Dashboard) -> None:
    await ask(dashboard, CUP)
    path = await path_of(dashboard, CUP)
    for reply in (
        await dashboard.post(path, {"question": CUP, "answer": "Nobody."}, "viewer"),
        await dashboard.post(f"{path}/state", {"state": "not-ours"}, "viewer"),
    ):
        assert reply.status == 403
        assert "Your role (viewer) can't do this. It takes an editor of the account." in reply.page.text
    assert await listed(dashboard) == [CUP]
    assert list((await dashboard.call("retrieval", "ListQaPairs")).qa_pairs) == []


async def test_the_questions_of_another_chatbot_are_not_there(dashboard: Dashboard) -> None:
    await ask(dashboard, CUP)
    (question,) = (await dashboard.call("chat", "ListUnanswered")).questions
    other = await dashboard.new_chatbot("Other")
    nowhere = await dashboard.get("/dashboard/nowhere")
    for question_id in (question.id, "unq_000000000000000000000000"):
        path = f"/dashboard/{other.id}/unanswered/{question_id}"
        for reply in (
            await dashboard.get(path),
            await dashboard.post(path, {"question": CUP, "answer": "a"}),
            await dashboard.post(f"{path}/state", {"state": "not-ours"}),
        ):
            assert (reply.status, reply.text) == (404, nowhere.text)
    assert (await dashboard.call("chat", "GetUnanswered", question_id=question.id)).question.state == (
        chat_pb2.REVIEW_STATE_OPEN
    )


async def test_without_a_service_its_part_says_so(dashboard: Dashboard) -> None:
    await ask(dashboard, CUP)
    path = await path_of(dashboard, CUP)
    async with dashboard.without("chat"):
        for each in (path, unanswered(dashboard)):
            reply = await dashboard.get(each)
            assert reply.page.one(class_="failure").text.startswith("The Chat service does not answer.")
    async with dashboard.without("retrieval"):
        reply = await dashboard.get(path)
        assert "The Retrieval service does not answer." in asked_now(reply)
        assert filled_in(reply)["question"] == CUP
