"""Many requests at once, each on a connection of its own, and all of their replies."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx

from tests.contract.client import QUESTION, Reply, parse_events
from tests.waiting import PATIENCE


def client_of(base_url: str, **options: Any) -> httpx.AsyncClient:
    """A client that trusts nothing but what it is told, and so starts quickly."""
    return httpx.AsyncClient(base_url=base_url, timeout=PATIENCE, trust_env=False, verify=False, **options)


async def ask_at_once(base_url: str, keys: Sequence[str], **fields: Any) -> list[Reply]:
    """Asks once with each of the keys, all at the same time; replies in the order of the keys."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with client_of(base_url, limits=limits) as client:
        return list(await asyncio.gather(*(ask(client, key, **fields) for key in keys)))


async def ask(client: httpx.AsyncClient, key: str, *, headers: dict[str, str] | None = None, **fields: Any) -> Reply:
    """One question. httpx.HTTPError when the connection breaks off."""
    body = {"message": QUESTION, **fields}
    response = await client.post("/v1/chat", json=body, headers={"authorization": f"Bearer {key}", **(headers or {})})
    reply = Reply(response.status_code, response.headers, response.text)
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        reply.events = parse_events(response.text)
    return reply
