"""Question-and-answer pairs in the relational store, on SQLite and on Postgres."""

import asyncio
from dataclasses import replace

from services.ids import new_id
from services.retrieval.records import LiveVersion, QaPair
from services.retrieval.store.stores import Stores


def pair(wording: str = "do you ship", **fields: str) -> QaPair:
    values = {"question": "Do you ship?", "answer": "Yes.", "url": "", "title": "", **fields}
    return QaPair(id=new_id("qa"), chatbot_id="bot_a", wording=wording, created_ms=7, **values)


async def test_two_who_add_one_wording_at_once_leave_one_pair(stores: Stores) -> None:
    stored = await asyncio.gather(*(stores.qa_pairs.put(pair()) for _ in range(8)))
    assert len({one.id for one in stored}) == 1


async def test_a_pair_is_one_per_wording(stores: Stores) -> None:
    first = await stores.qa_pairs.put(pair())
    second = await stores.qa_pairs.put(replace(pair(), answer="No.", url="https://example.com", title="T"))
    assert (second.id, second.answer, second.url, second.title) == (first.id, "No.", "https://example.com", "T")
    assert await stores.qa_pairs.by_wording("bot_a", "do you ship") == second
    assert await stores.qa_pairs.by_wording("bot_b", "do you ship") is None
    assert await stores.qa_pairs.find("bot_a", [first.id, "qa_none"]) == {first.id: second}
    assert await stores.qa_pairs.find("bot_b", [first.id]) == {}
    assert await stores.unsettled.live() == {first.id: LiveVersion(first.id, "bot_a", 1, True)}
    assert not await stores.qa_pairs.remove("bot_b", first.id, 1)
    assert await stores.qa_pairs.remove("bot_a", first.id, 1)
    assert await stores.qa_pairs.page("bot_a", 0, 10) == []
