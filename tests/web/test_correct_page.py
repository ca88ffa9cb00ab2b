"""`bot_x/turns/…/correct`: from a wrong answer to the right one, which is given from then on."""

import pytest

from tests.waiting import until
from tests.web.asking import ask
from tests.web.browser import Part, Reply
from tests.web.conversations_page import FEE, one
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.test_sources_page import FEES, fill

pytestmark = pytest.mark.asyncio(loop_scope="session")

MADE_UP = "11111111-2222-4333-8444-999999999999"


def correct(dashboard: Dashboard, request_id: str) -> str:
    return f"/dashboard/{dashboard.chatbot.id}/turns/{request_id}/correct"


def filled_in(reply: Reply) -> dict[str, str]:
    """What the fields of the form hold."""
    form = reply.page.one("form", class_="stack")
    return {each.get("id"): each.get("value") or each.text for each in (*form.all("input"), *form.all("textarea"))}


def asked_now(reply: Reply) -> str:
    return reply.page.one("section", aria_labelledby="now").text


async def test_an_editor_gets_there_from_the_turn_and_a_viewer_does_not(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    request_id = await ask(dashboard, FEE)
    for who in MEMBERS:
        turn = (await dashboard.get(one(dashboard), who)).page.one("article")
        links = [link.get("href") for link in turn.all("a") if link.text == "Correct this answer"]
        assert links == ([] if who == "viewer" else [correct(dashboard, request_id)])
    for reply in (
        await dashboard.get(correct(dashboard, request_id), "viewer"),
        await dashboard.post(correct(dashboard, request_id), {"question": "q", "answer": "a"}, "viewer"),
    ):
        assert reply.status == 403
        assert "Your role (viewer) can't do this. It takes an editor of the account." in reply.page.text
    assert list((await dashboard.call("retrieval", "ListQaPairs")).qa_pairs) == []


async def test_the_right_answer_is_given_from_then_on_and_the_page_says_so(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    path = correct(dashboard, await ask(dashboard, FEE))
    reply = await dashboard.get(path, "editor")
    crumbs = reply.page.one("nav", class_="crumbs").all("a")
    assert crumbs[-1].get("href") == f"/dashboard/{dashboard.chatbot.id}/conversations"
    assert reply.page.one("article").text.startswith(f"{FEE} The yearly fee is 12 euros.")
    assert "No pair answers it. These passages come closest: Fees" in asked_now(reply)
    fields = filled_in(reply)
    assert fields == {"question": FEE, "answer": "The yearly fee is 12 euros.", "url": "", "title": ""}

    fields |= {"answer": "13 euros since May.", "url": "https://shop.example.com/fees", "title": "Fees"}
    saved = await dashboard.post(path, fields, "editor")
    assert saved.location == f"{path}?done=pair-saved"
    after = await dashboard.get(saved.location, "editor")
    assert after.page.one("p", class_="notice").text == "The pair was saved. It answers from now on."
    assert asked_now(after).startswith("Asked now answered by a pair similarity 1.00 13 euros since May.")
    assert filled_in(after) == fields
    again = await ask(dashboard, FEE.upper(), "another")
    turn = (await dashboard.get(one(dashboard, "another"))).page.one("article")
    assert turn.one(class_="answer").text == "13 euros since May."
    assert (
        "The question is that of a question-and-answer pair"
        in (await dashboard.get(correct(dashboard, again))).page.text
    )

    # The same once more changes that pair, and makes no other.
    await dashboard.post(path, fields | {"answer": "14 euros."}, "editor")
    (pair,) = (await dashboard.call("retrieval", "ListQaPairs")).qa_pairs
    assert (pair.answer, pair.url, pair.title) == ("14 euros.", "https://shop.example.com/fees", "Fees")


async def test_the_page_of_a_source_is_filled_in_with_its_title(dashboard: Dashboard) -> None:
    url = "https://shop.example.com/fees"
    text = {"title": "All fees", "text": "The yearly fee is 12 euros.", "url": url}
    parts = [Part(name, value.encode()) for name, value in text.items()]
    await dashboard.send(f"/dashboard/{dashboard.chatbot.id}/sources", parts)

    async def is_read() -> bool:
        return (await dashboard.call("retrieval", "GetSourceCounts")).passages == 1

    await until(is_read)
    fields = filled_in(await dashboard.get(correct(dashboard, await ask(dashboard, FEE))))
    assert fields == {"question": FEE, "answer": "The yearly fee is 12 euros.", "url": url, "title": "All fees"}


async def test_of_the_fallback_nothing_is_worth_keeping(dashboard: Dashboard) -> None:
    fields = filled_in(await dashboard.get(correct(dashboard, await ask(dashboard, "Do you ship?"))))
    assert fields == {"question": "Do you ship?", "answer": "", "url": "", "title": ""}


async def test_in_other_words_the_page_says_that_the_question_as_asked_finds_no_pair(dashboard: Dashboard) -> None:
    path = correct(dashboard, await ask(dashboard, "Do you ship?"))
    await dashboard.post(path, {"question": "What do elephants eat for breakfast", "answer": "Hay."})
    assert "No pair answers it" in asked_now(await dashboard.get(path))


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("question", "", "Question must be between 1 and 2000 characters."),
        ("answer", "x" * 8001, "Answer must be between 1 and 8000 characters."),
        ("url", "javascript:alert(1)", "Url can't be used: it must begin with https:// or http://."),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    dashboard: Dashboard, field: str, text: str, said: str
) -> None:
    path = correct(dashboard, await ask(dashboard, FEE))
    typed = {"question": "Q?", "answer": "A.", "url": "", "title": "T", field: text}
    reply = await dashboard.post(path, typed)
    assert reply.status == 422
    assert reply.page.one(id=f"{field}-error").text == said
    assert filled_in(reply) == typed


async def test_a_question_of_another_chatbot_is_not_there(dashboard: Dashboard) -> None:
    request_id = await ask(dashboard, FEE)
    other = await dashboard.new_chatbot("Other")
    nowhere = await dashboard.get("/dashboard/nowhere")
    for path in (f"/dashboard/{other.id}/turns/{request_id}/correct", correct(dashboard, MADE_UP)):
        reply = await dashboard.get(path)
        assert (reply.status, reply.text) == (404, nowhere.text)


async def test_without_the_search_the_answer_can_be_written_all_the_same(dashboard: Dashboard) -> None:
    path = correct(dashboard, await ask(dashboard, FEE))
    async with dashboard.without("retrieval"):
        reply = await dashboard.get(path)
        assert "The Retrieval service does not answer." in asked_now(reply)
        typed = {"question": "Q?", "answer": "A.", "url": "", "title": ""}
        refused = await dashboard.post(path, typed)
        assert (refused.status, filled_in(refused)) == (503, typed)
        assert refused.page.one("p", role="alert").text == "The Retrieval service does not answer. Try again."
