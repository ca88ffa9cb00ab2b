"""The tables of widgets, once on each kind of database."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from services.auth.records import Account, Chatbot
from services.auth.store import AuthStore, WidgetStore
from services.auth.store.widget_store import SIGHTINGS_KEPT
from services.auth.widget.records import Widget, WidgetGrant, WidgetSighting
from services.database import Database
from tests.ready_tables import SQLITE, lay_tables

ACCOUNTS = [Account("acct_1", "Acme", "plus", 1_000), Account("acct_2", "Other", "free", 1_000)]
CHATBOTS = [
    Chatbot("bot_1", "acct_1", "Helper", True, 1_001),
    Chatbot("bot_2", "acct_2", "Helper", False, 1_002),
]
SITES = ("https://www.example.com", "https://*.xn--bcher-kva.example:8443")
WIDGETS = [
    Widget("wgt_1", "bot_1", True, SITES, False, 1_001, 2_001),
    Widget("wgt_2", "bot_2", False, (), True, 1_002, 2_002),
]


@pytest.fixture
async def filled(store: AuthStore) -> AuthStore:
    async with store.write() as transaction:
        await transaction.add(*ACCOUNTS)
        await transaction.add(*CHATBOTS)
        await transaction.add(*WIDGETS)
    return store


@pytest.fixture
def widgets(database: Database, filled: AuthStore) -> WidgetStore:
    return WidgetStore(database)


async def seen(widgets: WidgetStore, chatbot_id: str = "bot_1") -> list[tuple[str, int]]:
    return [(one.origin, one.last_seen_ms) for one in await widgets.sightings(chatbot_id)]


async def test_a_widget_is_found_as_it_was_put(filled: AuthStore) -> None:
    async with filled.read() as transaction:
        assert [await transaction.widget_of(chatbot.id) for chatbot in CHATBOTS] == WIDGETS
        assert await transaction.widget_of("bot_3") is None


async def test_a_look_up_finds_all_that_decides(filled: AuthStore, widgets: WidgetStore) -> None:
    assert await widgets.grant("wgt_1") == WidgetGrant("wgt_1", "bot_1", "acct_1", "plus", True, True, SITES, False)
    assert await widgets.grant("wgt_2") == WidgetGrant("wgt_2", "bot_2", "acct_2", "free", False, False, (), True)
    assert await widgets.grant("wgt_3") is None
    async with filled.write() as transaction:
        chatbot, account = await transaction.chatbot("bot_1"), await transaction.account("acct_1")
        assert chatbot is not None
        assert account is not None
        await transaction.save(replace(chatbot, enabled=False))
        await transaction.save(replace(account, plan="go"))
        await transaction.save(replace(WIDGETS[0], origins=SITES[:1]))
    changed = await widgets.grant("wgt_1")
    assert changed is not None
    assert changed == WidgetGrant("wgt_1", "bot_1", "acct_1", "go", True, False, SITES[:1], False)
    assert not changed.is_open


async def test_a_chatbot_has_one_widget(filled: AuthStore) -> None:
    with pytest.raises(IntegrityError):
        async with filled.write() as transaction:
            await transaction.add(replace(WIDGETS[0], id="wgt_3"))


async def test_where_a_widget_was_seen_never_goes_back_in_time(widgets: WidgetStore) -> None:
    await widgets.mark_seen({("wgt_1", "https://b.example"): 3_000, ("wgt_1", "https://a.example"): 3_000})
    await widgets.mark_seen({("wgt_2", "https://a.example"): 9_000, ("wgt_gone", "https://a.example"): 9_000})
    await widgets.mark_seen({("wgt_1", "https://a.example"): 2_000, ("wgt_1", "https://b.example"): 4_000})
    assert await seen(widgets) == [("https://b.example", 4_000), ("https://a.example", 3_000)]
    assert await seen(widgets, "bot_2") == [("https://a.example", 9_000)]
    await widgets.mark_seen({})


async def test_the_latest_sightings_are_kept(widgets: WidgetStore) -> None:
    longest = "https://" + ".".join(["a" * 49] * 5) + ":65535"
    await widgets.mark_seen({("wgt_2", longest): 1, ("wgt_1", longest): 1})
    many = {("wgt_1", f"https://shop-{number}.example"): 5_000 + number for number in range(SIGHTINGS_KEPT + 30)}
    await widgets.mark_seen(many)
    kept = await seen(widgets)
    assert [at_ms for _, at_ms in kept] == [5_000 + number for number in range(SIGHTINGS_KEPT + 29, 29, -1)]
    assert await seen(widgets, "bot_2") == [(longest, 1)]
    await widgets.mark_seen({("wgt_1", "https://new.example"): 9_000})
    assert await seen(widgets) == [("https://new.example", 9_000), *kept[:-1]]


async def test_a_new_id_forgets_where_the_old_one_was_seen(filled: AuthStore, widgets: WidgetStore) -> None:
    await widgets.mark_seen({("wgt_1", SITES[0]): 1_000, ("wgt_2", SITES[0]): 1_000})
    async with filled.write() as transaction:
        await transaction.renew_widget(replace(WIDGETS[0], id="wgt_9", updated_ms=9_000))
    async with filled.read() as transaction:
        renewed = await transaction.widget_of("bot_1")
    assert renewed == replace(WIDGETS[0], id="wgt_9", updated_ms=9_000)
    assert await widgets.grant("wgt_1") is None
    assert (await seen(widgets), await widgets.sightings("bot_2")) == ([], [WidgetSighting(SITES[0], 1_000)])
    await widgets.mark_seen({("wgt_1", SITES[0]): 2_000})
    assert await seen(widgets) == [], "what was seen under the old id comes too late"


async def test_a_widget_goes_with_its_chatbot(filled: AuthStore, widgets: WidgetStore) -> None:
    await widgets.mark_seen({("wgt_1", SITES[0]): 1_000, ("wgt_2", SITES[0]): 1_000})
    async with filled.write() as transaction:
        await transaction.delete_chatbot("bot_1")
    assert (await widgets.grant("wgt_1"), await seen(widgets)) == (None, [])
    assert await widgets.grant("wgt_2") is not None
    assert await seen(widgets, "bot_2") == [(SITES[0], 1_000)]


async def test_marking_changing_and_deleting_at_once_never_wait_for_each_other(
    filled: AuthStore, widgets: WidgetStore
) -> None:
    async def mark(number: int) -> None:
        origins = [f"https://shop-{number + place}.example" for place in range(SIGHTINGS_KEPT)]
        await widgets.mark_seen({(widget, origin): number for widget in ("wgt_2", "wgt_1") for origin in origins})

    async def delete(chatbot_id: str) -> None:
        async with filled.write() as transaction:
            await transaction.chatbot(chatbot_id, lock=True)
            await transaction.delete_chatbot(chatbot_id)

    async def renew() -> None:
        async with filled.write() as transaction:
            await transaction.chatbot("bot_2", lock=True)
            await transaction.renew_widget(replace(WIDGETS[1], id="wgt_9"))

    marks = [mark(number) for number in range(12)]
    await asyncio.gather(*marks[:4], delete("bot_1"), *marks[4:8], renew(), *marks[8:])
    assert await seen(widgets) == []
    assert await widgets.grant("wgt_9") is not None


async def test_the_statement_of_sightings_is_compiled_once(tmp_path: Path) -> None:
    url = f"{SQLITE}{tmp_path / 'auth.db'}"
    lay_tables(url, "auth")
    database = Database(url, "auth")
    for _ in range(2):
        await WidgetStore(database).sightings("bot_1")
    backend: Any = database._backend
    await database.close()
    assert len(backend._look_ups._compiled) == 1
