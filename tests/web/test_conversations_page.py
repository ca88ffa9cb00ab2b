"""`bot_x/conversations`: which there are, and of which kind; one with its turns; deleting one or all."""

import pytest

from services.trust.principal import Channel
from services.web.dashboard.conversations import address_of
from services.web.dashboard.visit import PAGE_SIZE
from tests.web.asking import ask
from tests.web.conversations_page import A_DAY, FEE, ODD_ID, conversations, first_questions, one, rows, told
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.visiting import rate, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("who", [*MEMBERS, "operator"])
async def test_all_members_see_the_conversations_and_an_owner_may_delete_all(dashboard: Dashboard, who: str) -> None:
    await ask(dashboard, FEE)
    await ask(dashboard, "And then?")
    await ask(dashboard, "Do you ship?", "ply_1", Channel.PLAYGROUND, later=60)
    reply = await dashboard.get(conversations(dashboard), who)
    assert told(reply) == [
        ["Do you ship?", "Playground", "1", "2026-11-23 10:01 UTC"],
        [FEE, "API", "2", "2026-11-23 10:00 UTC"],
    ]
    links = [link.text for link in reply.page.one("main").all("a")]
    assert ("Delete all conversations" in links) == (who in ("owner", "operator"))
    assert {"Export CSV", "Export JSON Lines"} <= set(links)


async def test_without_conversations_it_says_so(dashboard: Dashboard) -> None:
    for who in ("editor", "viewer"):
        words = (await dashboard.get(conversations(dashboard), who)).page.one(class_="empty").text
        assert words.startswith("Nobody has asked this chatbot anything yet.")
        assert ("Ask in the playground" in words) == (who == "editor")


async def test_the_list_is_narrowed_by_channel_days_and_text(dashboard: Dashboard) -> None:
    # Sessions of people do not outlive two days.
    dashboard.clock.now -= 2 * A_DAY
    await ask(dashboard, "first", "a")
    await ask(dashboard, "second", "b", Channel.WIDGET, later=A_DAY)
    await ask(dashboard, "third", "c", later=A_DAY)
    for query, found in (
        ("?channel=widget", ["second"]),
        ("?since=2026-11-22", ["third", "second"]),
        ("?until=2026-11-22", ["second", "first"]),
        ("?since=2026-11-22&until=2026-11-22&channel=", ["second"]),
        ("?text=IRS", ["first"]),
        ("?text=could%20not%20find&channel=api", ["third", "first"]),
    ):
        reply = await dashboard.get(conversations(dashboard, query))
        assert first_questions(reply) == found, query
        (channel,) = reply.page.one("select", id="channel").all("option", selected="")
        assert channel.get("value") == query.partition("channel=")[2]
    none = await dashboard.get(conversations(dashboard, "?text=nothing%26like+this"))
    assert none.page.one(class_="empty").text == "No conversation is like that."
    assert none.page.one("input", id="text").get("value") == "nothing&like this"


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("since=2026-02-30", "since", "This must be a day such as 2026-11-23."),
        ("until=tomorrow", "until", "This must be a day such as 2026-11-23."),
    ],
)
async def test_what_can_not_be_is_said_at_its_field(dashboard: Dashboard, query: str, field: str, said: str) -> None:
    await ask(dashboard, FEE)
    for path in ("?", "/export?format=csv&"):
        reply = await dashboard.get(conversations(dashboard, path + query))
        assert (reply.status, reply.page.one(id=f"{field}-error").text) == (422, said)
        assert reply.page.one("input", id=field).get("value") == query.partition("=")[2]
        assert rows(reply) == []


async def test_what_no_field_can_hold_narrows_nothing(dashboard: Dashboard) -> None:
    await ask(dashboard, FEE)
    reply = await dashboard.get(conversations(dashboard, f"?channel=fax&text={'x' * 201}"))
    assert first_questions(reply) == [FEE]


async def test_a_list_is_cut_in_pages_which_stay_narrowed(dashboard: Dashboard) -> None:
    for number in range(PAGE_SIZE + 2):
        await ask(dashboard, f"Question {number}", f"s{number}", later=1)
    await ask(dashboard, "Other", "other", Channel.WIDGET)
    first = await dashboard.get(conversations(dashboard, "?channel=api&text=question"))
    assert len(rows(first)) == PAGE_SIZE
    following = await dashboard.get(first.page.one("a", rel="next").get("href"))
    assert first_questions(following) == ["Question 1", "Question 0"]
    assert following.page.one("nav", class_="pager").one("a").get("href").endswith("?channel=api&text=question")


async def test_the_list_is_narrowed_by_the_ratings_of_visitors(dashboard: Dashboard) -> None:
    for rating in ("up", "down", ""):
        conversation = f"cnv_{rating}"
        await rate(dashboard, await visit(dashboard, f"rated {rating}", conversation), conversation, rating=rating)
    for query, found in (
        ("?rated=down", ["rated down"]),
        ("?rated=up&channel=widget", ["rated up"]),
        ("?rated=up&channel=api", []),
        ("?rated=sideways", ["rated", "rated down", "rated up"]),
    ):
        reply = await dashboard.get(conversations(dashboard, query))
        assert sorted(first_questions(reply)) == found, query


async def test_an_editor_deletes_a_conversation_after_a_question(dashboard: Dashboard) -> None:
    await ask(dashboard, FEE, ODD_ID)
    await ask(dashboard, "Other", "other")
    path = one(dashboard, ODD_ID, "/delete")
    assert f"that began with “{FEE}” is gone for good, with its 1 turn" in (await dashboard.get(path)).page.text
    deleted = await dashboard.post(path, who="editor")
    assert deleted.location == conversations(dashboard, "?done=conversation-deleted")
    assert first_questions(await dashboard.get(deleted.location)) == ["Other"]
    assert (await dashboard.get(path)).status == (await dashboard.post(path)).status == 404


async def test_an_owner_deletes_all_and_the_chatbot_speaks_as_before(dashboard: Dashboard) -> None:
    await dashboard.call("chat", "UpdateProfile", fallback="No idea.")
    await ask(dashboard, FEE)
    await ask(dashboard, "Other", "ply_1", Channel.PLAYGROUND)
    path = conversations(dashboard, "/delete")
    assert (
        "All conversations of Help Desk, from all channels, are gone for good" in (await dashboard.get(path)).page.text
    )
    deleted = await dashboard.post(path)
    assert deleted.location == conversations(dashboard, "?done=conversations-deleted")
    assert first_questions(await dashboard.get(deleted.location)) == []
    assert (await dashboard.call("chat", "GetProfile")).profile.fallback == "No idea."


@pytest.mark.parametrize(
    ("who", "rest", "least"),
    [("viewer", "/delete", "owner"), ("editor", "/delete", "owner"), ("viewer", None, "editor")],
)
async def test_who_may_not_deletes_nothing(dashboard: Dashboard, who: str, rest: str | None, least: str) -> None:
    await ask(dashboard, FEE)
    path = one(dashboard, rest="/delete") if rest is None else conversations(dashboard, rest)
    for reply in (await dashboard.get(path, who), await dashboard.post(path, who=who)):
        assert reply.status == 403
        assert f"Your role ({who}) can't do this. It takes an {least} of the account." in reply.page.text
    assert first_questions(await dashboard.get(conversations(dashboard))) == [FEE]


async def test_the_conversations_of_another_chatbot_are_not_there(dashboard: Dashboard) -> None:
    await ask(dashboard, FEE)
    other = await dashboard.new_chatbot("Other")
    nowhere = await dashboard.get("/dashboard/nowhere")
    for address in (address_of("visitor"), address_of("never was"), "con_0", "con_gICA"):
        path = f"/dashboard/{other.id}/conversations/{address}"
        for reply in (await dashboard.get(path), await dashboard.post(f"{path}/delete")):
            assert (reply.status, reply.text) == (404, nowhere.text)
    assert first_questions(await dashboard.get(conversations(dashboard))) == [FEE]


async def test_without_the_service_the_rest_of_the_page_stands(dashboard: Dashboard) -> None:
    async with dashboard.without("chat"):
        for path in (conversations(dashboard, "?text=fee"), one(dashboard)):
            reply = await dashboard.get(path)
            assert reply.status == 200
            assert reply.page.one(class_="failure").text.startswith("The Chat service does not answer.")
