"""`bot_x/sources/progress`: what is being read, as it goes on."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from services.web.dashboard.long_requests import AT_ONCE
from tests.waiting import until
from tests.web.dashboard import Dashboard
from tests.web.events import events
from tests.web.html_check import Element, read
from tests.web.test_sources_page import FEES, RETURNS, fill, sources, told

pytestmark = pytest.mark.asyncio(loop_scope="session")


def list_in(html: str) -> list[Element]:
    return read(html).one("tbody").all("tr")


async def test_the_list_comes_again_until_all_is_read(dashboard: Dashboard) -> None:
    dashboard.embedder.hold = asyncio.Event()
    sent = await dashboard.send(sources(dashboard), [FEES, RETURNS])
    query = sent.location.partition("?")[2].removesuffix("&done=files-added")
    page = await dashboard.get(sent.location)
    assert page.page.one("meta", http_equiv="refresh").get("content") == "5"
    assert f"progress?{query}" in page.text
    seen = []
    async with dashboard.browsers["viewer"].opened("GET", sources(dashboard, f"/progress?{query}")) as response:
        assert response.content_type == "text/event-stream"
        async for name, data in events(response):
            seen.append(name)
            if name == "":
                listed = list_in(data)
                assert len(listed) == 2
                if dashboard.embedder.hold is not None:
                    assert "being read" in listed[0].text
                    dashboard.embedder.hold.set()
                    dashboard.embedder.hold = None
    assert [told(row)[1] for row in listed] == ["ready", "ready"]
    assert seen[-1] == "done"
    assert len(seen) >= 3


async def test_a_stream_with_nothing_to_tell_ends_at_once(dashboard: Dashboard) -> None:
    await fill(dashboard, FEES)
    async with dashboard.browsers["owner"].opened("GET", sources(dashboard, "/progress?state=ready")) as response:
        told_events = [(name, len(list_in(data)) if data else 0) async for name, data in events(response)]
    assert told_events[-2:] == [("", 1), ("done", 0)]


async def test_the_stream_of_a_list_ends_with_its_element(dashboard: Dashboard) -> None:
    """Else htmx opens it again, and it brings the earlier, shorter list back."""
    dashboard.embedder.hold = asyncio.Event()
    ids = []
    for files in ([FEES], [FEES, RETURNS]):
        page = (await dashboard.get((await dashboard.send(sources(dashboard), files)).location)).page
        ids += [element.get("id") for element in page.walk() if "hx-sse:connect" in element.attributes]
    dashboard.embedder.hold.set()
    dashboard.embedder.hold = None
    assert len(set(ids)) == 2
    assert all(ids)


async def test_a_stranger_watches_nothing(dashboard: Dashboard) -> None:
    assert (await dashboard.get(sources(dashboard, "/progress"), "stranger")).status == 404


async def test_a_stream_whose_service_goes_away_ends_without_saying_done(dashboard: Dashboard) -> None:
    dashboard.embedder.hold = asyncio.Event()
    await dashboard.send(sources(dashboard), [FEES])
    async with dashboard.browsers["owner"].opened("GET", sources(dashboard, "/progress")) as response:
        stream = events(response)
        await anext(stream)
        async with dashboard.without("retrieval"):
            assert "done" not in [name async for name, _ in stream]
    dashboard.embedder.hold.set()
    dashboard.embedder.hold = None


async def test_nobody_has_so_many_open_that_none_are_left_for_others(dashboard: Dashboard) -> None:
    dashboard.embedder.hold = asyncio.Event()
    await dashboard.send(sources(dashboard), [FEES])
    path = sources(dashboard, "/progress")
    async with AsyncExitStack() as stack:
        for _ in range(AT_ONCE):
            opened = await stack.enter_async_context(dashboard.browsers["viewer"].opened("GET", path))
            assert opened.status == 200
        refused = await dashboard.get(path, "viewer")
        assert refused.status == 503
        assert "You have 20 requests at work at once" in refused.page.text
        assert (await dashboard.get(sources(dashboard), "viewer")).status == 200
        other = await stack.enter_async_context(dashboard.browsers["owner"].opened("GET", path))
        assert other.status == 200

    async def is_free_again() -> bool:
        async with dashboard.browsers["viewer"].opened("GET", path) as response:
            return response.status == 200

    await until(is_free_again)
    dashboard.embedder.hold.set()
    dashboard.embedder.hold = None
