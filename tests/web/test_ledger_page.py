"""`acct_x/usage/ledger`: each credit, and which of them are asked for."""

import pytest

from services.trust.principal import Principal, Role
from tests.each import for_each
from tests.web.browser import Reply
from tests.web.dashboard import MEMBERS, Dashboard
from tests.web.html_check import Element
from tests.web.spending import spend

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHARGED = ["charged", "1", "Help Desk", "API", "Question and answer"]


def ledger(dashboard: Dashboard, query: str = "") -> str:
    return f"/dashboard/{dashboard.account.id}/usage/ledger{query}"


def rows(reply: Reply) -> list[Element]:
    return [row for body in reply.page.all("tbody") for row in body.all("tr")]


def told(reply: Reply) -> list[list[str]]:
    """The rows without their times."""
    return [[cell.text for cell in row.children[1:]] for row in rows(reply)]


async def fill(dashboard: Dashboard) -> str:
    """An entry of each kind; the id of a second chatbot."""
    fees = await dashboard.new_chatbot("<i>Fees</i>")
    await spend(dashboard, "2026-10-31")
    await spend(dashboard, "2026-11-20", 1, "widget", fees)
    asks = Principal(Role.ROLE_API_KEY, dashboard.account.id, dashboard.chatbot.id, "key_1", "plus", "api")
    for request_id in ("reserved", "released"):
        reserved = await dashboard.call("quota", "Reserve", asks, request_id=request_id)
    await dashboard.call("quota", "Release", asks, reservation_id=reserved.reservation_id)
    await dashboard.call("quota", "GrantCredits", amount=1200, note="<b>Sorry</b>")
    return str(fees.id)


@pytest.mark.parametrize("who", [*MEMBERS, "operator"])
async def test_all_members_see_each_credit(dashboard: Dashboard, who: str) -> None:
    await fill(dashboard)
    reply = await dashboard.get(ledger(dashboard), who)
    assert sorted(told(reply)) == [
        ["charged", "1", "<i>Fees</i>", "Widget", "Question and answer"],
        CHARGED,
        ["given back", "1", "Help Desk", "API", "–"],
        ["granted", "1,200", "–", "–", "<b>Sorry</b>"],
        ["reserved", "1", "Help Desk", "API", "–"],
    ]
    *_, oldest = rows(reply)
    assert oldest.one("time").get("datetime") == "2026-10-31T08:00:00Z"
    assert oldest.one("a").get("href") == f"/dashboard/{dashboard.chatbot.id}/turns/2026-10-31-api-0"


async def test_of_a_question_that_is_not_kept_the_page_says_so(dashboard: Dashboard) -> None:
    await spend(dashboard, "2026-10-31")
    (entry,) = rows(await dashboard.get(ledger(dashboard)))
    reply = await dashboard.get(str(entry.one("a").get("href")), "viewer")
    assert reply.status == 404
    assert reply.page.one(class_="empty").all("p")[0].text == "Nothing is kept of this question."
    conversations = f"/dashboard/{dashboard.chatbot.id}/conversations"
    assert reply.page.one(class_="empty").one("a").get("href") == conversations


async def test_the_list_is_narrowed_by_chatbot_channel_state_and_days(dashboard: Dashboard) -> None:
    fees = await fill(dashboard)
    for query, number in {
        f"chatbot={fees}": 1,
        f"chatbot={dashboard.chatbot.id}": 3,
        "channel=widget": 1,
        "channel=playground": 0,
        "state=charged": 2,
        "state=granted": 1,
        "state=expired": 0,
        "since=2026-11-20": 4,
        "until=2026-11-20": 2,
        "since=2026-10-31&until=2026-10-31": 1,
        "since=2026-11-01&until=2026-11-19": 0,
        "state=charged&channel=api": 1,
        # What no field can say narrows nothing.
        "chatbot=%00&channel=x&state=y": 5,
        "until=9999-12-31": 5,
    }.items():
        reply = await dashboard.get(ledger(dashboard, f"?{query}"))
        assert (reply.status, len(rows(reply))) == (200, number), query
        if not number:
            assert reply.page.one(class_="empty").text == "No entry is like that. All entries"
    shown = await dashboard.get(ledger(dashboard, f"?chatbot={fees}&state=charged&since=2026-11-01"))
    chosen = [option.text for option in shown.page.all("option", selected="")]
    assert chosen == ["<i>Fees</i>", "All channels", "Charged"]
    assert shown.page.one("input", id="since").get("value") == "2026-11-01"


@for_each(
    ("query", "field", "said"),
    [
        ("since=2026-11-31", "since", "This must be a day such as 2026-11-23."),
        ("until=20261123", "until", "This must be a day such as 2026-11-23."),
        ("since=1969-12-31", "since", "This must be a day such as 2026-11-23."),
        ("since=2026-11-23&until=2026-11-22", "until", "The last day can't be before the first."),
    ],
)
async def test_days_that_are_none_are_said_at_their_field(
    dashboard: Dashboard, query: str, field: str, said: str
) -> None:
    reply = await dashboard.get(ledger(dashboard, f"?{query}"))
    assert (reply.status, rows(reply)) == (422, [])
    assert reply.page.one(id=f"{field}-error").text == said
    assert reply.page.one("input", id=field).get("value") == query.rpartition("=")[2]


async def test_the_list_is_cut_in_pages_of_what_was_asked_for(dashboard: Dashboard) -> None:
    await spend(dashboard, "2026-11-22", 52)
    await spend(dashboard, "2026-11-22", 1, "playground")
    first = await dashboard.get(ledger(dashboard, "?channel=api&since=2026-11-01"))
    assert len(rows(first)) == 50
    following = await dashboard.get(first.page.one("a", rel="next").get("href"))
    assert told(following) == [CHARGED, CHARGED]
    back = following.page.one("nav", class_="pager").one("a").get("href")
    assert (await dashboard.get(back)).page.text == first.page.text


async def test_an_account_without_entries_says_where_they_come_from(dashboard: Dashboard) -> None:
    reply = await dashboard.get(ledger(dashboard))
    assert reply.page.one(class_="empty").text == "There are no entries yet. Each question leaves one."


async def test_of_a_chatbot_that_is_gone_there_is_nothing_more_to_see(dashboard: Dashboard) -> None:
    gone = await dashboard.new_chatbot("Gone")
    await spend(dashboard, "2026-11-22", 1, chatbot=gone)
    await dashboard.auth("DeleteChatbot", chatbot_id=gone.id)
    reply = await dashboard.get(ledger(dashboard))
    assert told(reply) == [["charged", "1", f"{gone.id} (deleted)", "API", "–"]]
