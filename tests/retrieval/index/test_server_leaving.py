"""Callers that leave in the middle of a request to Qdrant over REST."""

import asyncio
from collections.abc import Coroutine, Generator
from itertools import count
from types import coroutine
from typing import Any

import pytest
from qdrant_client import AsyncQdrantClient

from services.retrieval.index.server.client import open_client
from tests.retrieval.qdrant_stand_in import stand_in
from tests.waiting import until


@coroutine
def leaving_at(wait: int, work: Coroutine[Any, Any, Any]) -> Generator[Any, Any, None]:
    """Does the work, and cancels its task at one of the times that it waits."""
    task = asyncio.current_task()
    assert task is not None
    error: BaseException | None = None
    for number in count():
        try:
            waiting = work.send(None) if error is None else work.throw(error)
        except StopIteration:
            return
        if number == wait:
            asyncio.get_running_loop().call_soon(task.cancel)
        error = None
        try:
            yield waiting
        except BaseException as raised:
            error = raised


async def ask(client: AsyncQdrantClient, wait: int) -> None:
    await leaving_at(wait, client.get_collections())


@pytest.mark.parametrize("is_open", [False, True], ids=["new", "open"])
async def test_no_connection_is_lost(is_open: bool) -> None:
    async with stand_in() as qdrant:
        client = open_client(qdrant.url, "", 0, 60)
        http: Any = client.http.client._async_client
        pool = http._transport._pool

        def is_idle() -> bool:
            return all(one.is_idle() or one.is_closed() for one in pool.connections)

        for wait in count():
            if is_open:
                await client.get_collections()
            else:
                await pool.aclose()
            asking = asyncio.create_task(ask(client, wait))
            await asyncio.wait([asking])
            await until(is_idle)
            if not asking.cancelled():
                break
        await client.close()
