"""`bot_x/widget`: its sites, where it was seen, and who was refused."""

import grpc
import pytest

from tests.each import for_each
from tests.web.browser import REQUEST_ID
from tests.web.dashboard import Dashboard
from tests.web.visiting import visitor
from tests.web.widget_page import NOWHERE, OTHER, SITE, admit, listed, section, sites, widget

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_without_a_site_it_says_in_red_that_nobody_sees_the_chat(dashboard: Dashboard) -> None:
    for who, rest in (("editor", " Add the one that it is for."), ("viewer", " An editor of the account can add one.")):
        reply = await dashboard.get(widget(dashboard), who)
        assert section(reply, "sites").one("p", class_="wrong").text == NOWHERE + rest
        assert section(reply, "running").one("p").text == "nowhere The widget is on, but no site is listed."


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (SITE, SITE),
        (" shop.example.com ", "https://shop.example.com"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        (OTHER, OTHER),
    ],
)
async def test_an_editor_lists_a_site(dashboard: Dashboard, typed: str, kept: str) -> None:
    added = await dashboard.post(widget(dashboard, "/sites"), {"site": typed}, "editor")
    assert added.location == widget(dashboard, "?done=site-added")
    reply = await dashboard.get(added.location)
    assert sites(reply) == [f"{kept} not seen yet Remove"]
    assert NOWHERE not in reply.page.text


@for_each(
    "typed", ["", "https://example.com/shop", "*", "https://a.*.example.com", "https://me@example.com", SITE, "ftp://x"]
)
async def test_what_is_no_site_is_refused_at_its_field_and_stays_there(dashboard: Dashboard, typed: str) -> None:
    await listed(dashboard, SITE)
    reply = await dashboard.post(widget(dashboard, "/sites"), {"site": typed})
    assert (reply.status, len(reply.page.one(id="site-error").text) > 10) == (422, True)
    field = reply.page.one("input", id="site")
    assert (field.get("value"), "autofocus" in field.attributes) == (typed, True)
    assert len(sites(reply)) == 1


async def test_it_says_when_it_was_seen_on_each_site(dashboard: Dashboard) -> None:
    await listed(dashboard, SITE, OTHER, "https://never.example")
    for origin in (SITE, "https://a.example.org"):
        await admit(dashboard, origin)
    assert sites(await dashboard.get(widget(dashboard), "viewer"))[0] == f"{SITE} seen there just now"
    dashboard.clock.now += 121
    assert sites(await dashboard.get(widget(dashboard), "viewer")) == [
        f"{SITE} seen there 2 minutes ago",
        f"{OTHER} seen at https://a.example.org 2 minutes ago",
        "https://never.example not seen yet",
    ]


async def test_it_says_how_many_were_refused_and_why(dashboard: Dashboard) -> None:
    await listed(dashboard, SITE)
    reply = await dashboard.get(widget(dashboard), "viewer")
    assert "Nobody was refused in the last 7 days." in section(reply, "refused-heading").text
    with pytest.raises(grpc.aio.AioRpcError):
        await admit(dashboard, "https://elsewhere.example")
    await dashboard.call("quota", "SetChannelBudget", channel="widget", per_day=0)
    for _ in range(2):
        with pytest.raises(grpc.aio.AioRpcError):
            await dashboard.call("quota", "Reserve", visitor(dashboard), request_id=REQUEST_ID)
    (table,) = section(await dashboard.get(widget(dashboard), "viewer"), "refused-heading").all("tbody")
    assert [row.text for row in table.all("tr")] == [
        "The page is on no site of the list 1 1",
        "The budget of the day, or the chatbot's daily cap, was used up 2 2",
    ]


async def test_it_warns_of_sites_without_https_but_for_those_of_this_machine(dashboard: Dashboard) -> None:
    await listed(dashboard, "http://shop.example", "http://localhost:3000", "http://127.0.0.1")
    told = sites(await dashboard.get(widget(dashboard)))
    assert ["others on the way can read and change the chat" in each for each in told] == [True, False, False]


async def test_a_site_is_removed_after_a_question(dashboard: Dashboard) -> None:
    await listed(dashboard, SITE, OTHER)
    link = next(each for each in (await dashboard.get(widget(dashboard))).page.all("a") if each.text == "Remove")
    asked = await dashboard.get(link.get("href"), "editor")
    assert f"The chat does not appear on {SITE} any more." in asked.page.text
    for _ in range(2):
        removed = await dashboard.post(widget(dashboard, "/sites/remove"), {"site": SITE}, "editor")
        assert removed.location == widget(dashboard, "?done=site-removed")
    assert sites(await dashboard.get(removed.location)) == [f"{OTHER} not seen yet Remove"]
    assert (await dashboard.get(link.get("href"))).location == widget(dashboard)
