"""`bot_x/questions`: pairs of a question and its answer; adding, changing, removing."""

import pytest

from tests.each import for_each
from tests.web.browser import Reply
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.html_check import Element

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAIR = {"question": "Do you ship?", "answer": "Yes,\neverywhere.", "url": "https://example.com/ship", "title": ""}


def questions(dashboard: Dashboard, rest: str = "") -> str:
    return f"/dashboard/{dashboard.chatbot.id}/questions{rest}"


async def add(dashboard: Dashboard, **fields: str) -> Reply:
    return await dashboard.post(questions(dashboard, "/new"), {**PAIR, **fields})


async def filled_in(dashboard: Dashboard, path: str, **fields: str) -> dict[str, str]:
    """The form of a pair that is there, as it is sent."""
    seen = (await dashboard.get(path)).page.one("input", name="seen").get("value")
    return {**PAIR, "seen": seen, **fields}


async def rows(dashboard: Dashboard, who: str = "owner") -> list[Element]:
    reply = await dashboard.get(questions(dashboard), who)
    return [row for body in reply.page.all("tbody") for row in body.all("tr")]


@for_each("who", [*MEMBERS, "operator"])
async def test_all_members_see_the_pairs_and_editors_the_buttons(dashboard: Dashboard, who: str) -> None:
    assert (await add(dashboard)).location == questions(dashboard, "?done=pair-saved")
    (row,) = await rows(dashboard, who)
    assert [cell.text for cell in row.children[:2]] == ["Do you ship?", "Yes, everywhere. https://example.com/ship"]
    assert row.children[1].one("a").get("href") == "https://example.com/ship"
    assert [link.text for link in row.children[-1].all("a")] == ([] if who == "viewer" else ["Edit", "Remove"])
    assert ("New pair" in (await dashboard.get(questions(dashboard), who)).text) == (who != "viewer")


@for_each("who", ["editor", "viewer"])
async def test_without_pairs_it_says_who_can_add_some(dashboard: Dashboard, who: str) -> None:
    words = (await dashboard.get(questions(dashboard), who)).page.one(class_="empty").text
    assert words.endswith("New pair" if who == "editor" else "An editor of the account can add some.")


async def test_a_pair_posted_twice_is_one(dashboard: Dashboard) -> None:
    await add(dashboard)
    await add(dashboard, question="do you SHIP", answer="No.")
    (row,) = await rows(dashboard)
    assert [cell.text for cell in row.children[:2]] == ["do you SHIP", "No. https://example.com/ship"]


async def test_a_pair_is_changed_and_stays_one_in_other_words_too(dashboard: Dashboard) -> None:
    await add(dashboard)
    (row,) = await rows(dashboard)
    path = questions(dashboard, f"/{row.get('id')}")
    form = (await dashboard.get(path)).page.one("main").one("form")
    assert form.one("textarea", id="question").text == "Do you ship?"
    assert form.one("input", id="url").get("value") == "https://example.com/ship"
    assert (await dashboard.post(path, await filled_in(dashboard, path, answer="No."))).status == 303
    (row,) = await rows(dashboard)
    assert row.children[1].one("bdi", class_="clamped").text == "No."
    other = await filled_in(dashboard, path, question="Do you deliver?")
    assert (await dashboard.post(path, other)).status == 303
    (row,) = await rows(dashboard)
    assert row.children[0].text == "Do you deliver?"
    assert (await dashboard.get(path)).status == 404


async def test_of_two_people_at_once_the_second_sees_what_the_first_has_saved(dashboard: Dashboard) -> None:
    await add(dashboard)
    (row,) = await rows(dashboard)
    path = questions(dashboard, f"/{row.get('id')}")
    first = await filled_in(dashboard, path, answer="Within Europe.")
    second = await filled_in(dashboard, path, answer="No.")
    assert (await dashboard.post(path, first)).status == 303
    reply = await dashboard.post(path, second, "editor")
    assert (reply.status, reply.page.one(id="answer").text) == (409, "No.")
    assert [each.text for each in reply.page.all("p", class_="theirs")] == ["Saved meanwhile Within Europe."]
    second["seen"] = reply.page.one("input", name="seen").get("value")
    assert (await dashboard.post(path, second, "editor")).status == 303
    (row,) = await rows(dashboard)
    assert row.children[1].one("bdi", class_="clamped").text == "No."


async def test_a_pair_is_removed_after_a_question(dashboard: Dashboard) -> None:
    await add(dashboard)
    (row,) = await rows(dashboard)
    path = questions(dashboard, f"/{row.get('id')}/remove")
    assert "Do you ship?" in (await dashboard.get(path)).page.one("main").text
    assert (await dashboard.post(path)).location == questions(dashboard, "?done=pair-removed")
    assert await rows(dashboard) == []
    assert (await dashboard.post(path)).status == 404


@for_each(
    ("field", "value", "says"),
    [
        ("question", " ", "Question must be between 1 and 2000 characters."),
        ("answer", "x" * 8001, "Answer must be between 1 and 8000 characters."),
        ("url", "ftp://example.com", "Url can't be used: it must begin with https:// or http://."),
        ("title", "x" * 501, "Title must be at most 500 characters, without control characters."),
    ],
)
async def test_a_wrong_field_is_told_there_and_what_was_typed_stays(
    dashboard: Dashboard, field: str, value: str, says: str
) -> None:
    await add(dashboard)
    (row,) = await rows(dashboard)
    there = questions(dashboard, f"/{row.get('id')}")
    for path, form in ((questions(dashboard, "/new"), PAIR), (there, await filled_in(dashboard, there))):
        reply = await dashboard.post(path, {**form, field: value})
        assert reply.status == 422
        assert reply.page.one(id=f"{field}-error").text == says
        shown = reply.page.one(id=field)
        assert (shown.get("value") or shown.text) == value.strip()
        assert "autofocus" in shown.attributes
        assert (
            reply.page.one(id="title" if field != "title" else "url").get("value")
            == PAIR["title" if field != "title" else "url"]
        )


async def test_a_viewer_can_change_nothing(dashboard: Dashboard) -> None:
    await add(dashboard)
    (row,) = await rows(dashboard)
    for path in ("/new", f"/{row.get('id')}", f"/{row.get('id')}/remove"):
        reply = await dashboard.post(questions(dashboard, path), PAIR, "viewer")
        assert reply.status == 403
        assert "Your role (viewer) can't do this. It takes an editor of the account." in reply.page.text


async def test_what_is_another_chatbots_is_not_there(dashboard: Dashboard) -> None:
    await add(dashboard)
    (row,) = await rows(dashboard)
    other = await dashboard.new_chatbot("Other")
    for path in ("", "/remove"):
        foreign = f"/dashboard/{other.id}/questions/{row.get('id')}{path}"
        assert (await dashboard.get(foreign)).status == 404
        assert (await dashboard.post(foreign, PAIR)).status == 404
    assert (await dashboard.get(questions(dashboard), "stranger")).status == 404
    assert len(await rows(dashboard)) == 1


async def test_a_list_is_cut_in_pages(dashboard: Dashboard) -> None:
    for number in range(51):
        await dashboard.call("retrieval", "AddQaPair", question=f"Number {number}?", answer="Yes.")
    assert len(await rows(dashboard)) == 50
    first = await dashboard.get(questions(dashboard))
    following = await dashboard.get(first.page.one("a", rel="next").get("href"))
    assert following.page.one("tbody").one("th").text == "Number 50?"


async def test_without_the_service_the_rest_of_the_page_stands_and_what_was_typed_stays(dashboard: Dashboard) -> None:
    async with dashboard.without("retrieval"):
        listed = await dashboard.get(questions(dashboard))
        added = await add(dashboard)
    assert listed.page.one(class_="failure").text.startswith("The Retrieval service does not answer.")
    assert added.status == 503
    assert added.page.one(role="alert").text == "The Retrieval service does not answer. Try again."
    assert added.page.one("textarea", id="question").text == "Do you ship?"
