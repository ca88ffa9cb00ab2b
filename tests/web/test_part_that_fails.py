"""A service that does not answer: its part of a page says so, and the rest stands."""

import pytest

from tests.web.dashboard import Dashboard

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_without_quota_the_chatbots_are_shown_all_the_same(dashboard: Dashboard) -> None:
    path = f"/dashboard/{dashboard.account.id}/"
    async with dashboard.without("quota"):
        reply = await dashboard.get(path)
        assert reply.status == 200
        (row,) = reply.page.one("tbody").all("tr")
        assert [cell.text for cell in row.children] == ["Help Desk", "on", "–", "–"]
        failure = reply.page.one("div", class_="failure")
        assert failure.one("p").text == "The Quota service does not answer. Try again."
        assert failure.one("a").get("href") == path
    assert not (await dashboard.get(path)).page.all("div", class_="failure")


async def test_without_auth_the_whole_page_says_so(dashboard: Dashboard) -> None:
    async with dashboard.without("auth"):
        reply = await dashboard.get(f"/dashboard/{dashboard.account.id}/")
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    assert "The Auth service does not answer. Try again." in reply.page.text
    assert dashboard.request_id in reply.page.text
