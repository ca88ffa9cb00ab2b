"""Filters behind other filters, which no call from outside shows: the stores are asked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Executable

from services.auth.records import Account, ApiKey, Chatbot
from services.auth.store import AuthStore
from services.database import LONG_SECONDS, Database
from services.database.migrations import migrate
from services.ids import new_id
from services.quota.ledger.entry import Owner
from services.quota.ledger.operations import Reserve
from services.quota.store.ledger import LedgerStore
from services.quota.store.ledger_statements import READ_DAYS, READ_MONTHS, TAKE_ENTRIES, TAKE_STALE_OF_MONTHS
from services.retrieval.records import Passage, QaPair, Source
from services.retrieval.store.qa_pairs import QaPairStore
from services.retrieval.store.source_lists import SourceLists
from services.retrieval.store.sources import SourceStore
from services.retrieval.store.unsettled import UnsettledStore

BOTS = ("bot_a", "bot_b")
NOW = 1_795_000_000.0


@pytest.fixture
async def opened(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Database]:
    """The database of the service that the test names."""
    database = Database(database_url, request.param, seconds=LONG_SECONDS)
    await migrate(database)
    yield database
    await database.close()


of = pytest.mark.parametrize


def source(bot: str, number: int) -> Source:
    return Source(new_id("src"), bot, f"https://example.com/{number}", "T", new_id("ver"), "d", True, 2, 9, 1, 1)


def passages() -> list[Passage]:
    return [Passage(new_id("psg"), place, (), "One.", ((0, 4),)) for place in range(2)]


@of("opened", ["retrieval"], indirect=True)
async def test_sources_and_passages_are_found_by_their_own_chatbot_alone(opened: Database) -> None:
    store, unsettled, lists = SourceStore(opened), UnsettledStore(opened), SourceLists(opened)
    own: dict[str, list[tuple[Source, list[Passage]]]] = {bot: [] for bot in BOTS}
    for bot in BOTS:
        for number in range(2):
            parts = passages()
            own[bot].append(((await store.put(source(bot, number), parts, 1))[0], parts))
    everything = dict.fromkeys((part.id for bot in BOTS for _, parts in own[bot] for part in parts), 1.0)
    positions = [kept.position for bot in BOTS for kept, _ in own[bot]]
    for bot, other in (BOTS, BOTS[::-1]):
        for kept, parts in own[bot]:
            assert await store.get(bot, kept.id) == kept
            assert await store.by_url(bot, kept.url) == kept
            assert [one.passage for one in await store.first(bot, {parts[0].id: 1.0}, 9, per_source=9)] == parts[:1]
            assert {found.passage.id for found in await store.of_version(kept.version, -1, 9)} == {p.id for p in parts}
            assert {found.source_id for found in await store.of_version(kept.version, -1, 9)} == {kept.id}
            assert list(await unsettled.live([kept.version])) == [kept.version]
            for refused in (store.get(other, kept.id), store.remove(other, kept.id, 2)):
                assert await refused is None
            assert await store.set_enabled(other, kept.id, False, 2) is None
            assert await store.get(bot, kept.id) == kept
        assert await store.page(bot, 0, 9) == [kept for kept, _ in own[bot]]
        assert [one.position for one in await lists.at(bot, positions)] == [kept.position for kept, _ in own[bot]]
        assert [one.position for one in await lists.listed(bot, 0, 9, by_version=True)] == [
            kept.position for kept, _ in own[bot]
        ]
        assert sum(one.sources for one in await lists.sums(bot, by_version=True)) == 2
        seen = await store.first(bot, everything, 9, per_source=9)
        assert [one.passage for one in seen] == [part for _, parts in own[bot] for part in parts]
    first, second = own["bot_a"][0][0], own["bot_a"][1][0]
    assert await store.set_enabled("bot_a", first.id, False, 2) == replace(first, enabled=False, updated_ms=2)
    assert await store.get("bot_a", second.id) == second
    assert await unsettled.unsettled() == [first.version]
    await store.set_enabled("bot_a", second.id, False, 2)
    await unsettled.settle(await unsettled.live([first.version]))
    assert await unsettled.unsettled() == [second.version]
    assert (await store.remove("bot_a", first.id, 3)) is not None
    assert {part.place for part in (one.passage for one in await store.of_version(second.version, -1, 9))} == {0, 1}
    assert await store.page("bot_a", 0, 9) == [replace(second, enabled=False, updated_ms=2)]
    assert len(await store.page("bot_b", 0, 9)) == 2


@of("opened", ["retrieval"], indirect=True)
async def test_pairs_are_found_by_their_own_chatbot_alone(opened: Database) -> None:
    store, unsettled = QaPairStore(opened), UnsettledStore(opened)
    own = {
        bot: [await store.put(QaPair(new_id("qa"), bot, f"w{n}", f"w{n}", "a", "", "", 1)) for n in range(2)]
        for bot in BOTS
    }
    everything = [pair.id for pairs in own.values() for pair in pairs]
    for bot, other in (BOTS, BOTS[::-1]):
        assert set(await store.find(bot, everything)) == {pair.id for pair in own[bot]}
        assert await store.page(bot, 0, 9) == own[bot]
        for pair in own[bot]:
            assert list(await store.find(bot, [pair.id])) == [pair.id]
            assert await store.count(bot) == 2
            assert await store.by_wording(bot, pair.wording) == pair
            assert list(await unsettled.live([pair.id])) == [pair.id]
            assert not await store.remove(other, pair.id, 2)
    first, second = own["bot_a"]
    changed = await store.put(replace(first, answer="new", position=0))
    assert changed == replace(first, answer="new")
    assert await store.remove("bot_a", first.id, 2)
    assert (await store.page("bot_a", 0, 9), await store.page("bot_b", 0, 9)) == ([second], own["bot_b"])


@of(
    ("statement", "parameters", "expected"),
    [
        (READ_MONTHS, {"accounts": ["acct_a"], "months": ["2026-11"]}, {("acct_a", "")}),
        (
            READ_DAYS,
            {"accounts": ["acct_a"], "chatbots": ["bot_a", "bot_b"], "days": ["2026-11-18"]},
            {("acct_a", "bot_a"), ("acct_a", "bot_b")},
        ),
        (
            READ_DAYS,
            {"accounts": ["acct_a", "acct_b"], "chatbots": ["bot_a"], "days": ["2026-11-18"]},
            {("acct_a", "bot_a"), ("acct_b", "bot_a")},
        ),
        (TAKE_ENTRIES, {"ids": ["rsv_acct_abot_b0000000000"]}, {("acct_a", "bot_b")}),
        (
            TAKE_STALE_OF_MONTHS,
            {"now_ms": 2**42, "months": [("acct_b", "2026-11")], "but_ids": ["rsv_x"], "size": 99},
            {("acct_b", "bot_a"), ("acct_b", "bot_b")},
        ),
    ],
    ids=["months", "days", "days of a chatbot", "entries", "stale"],
)
@of("opened", ["quota"], indirect=True)
async def test_the_ledger_reads_rows_of_those_alone_whom_it_works_for(
    opened: Database, statement: Executable, parameters: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    ledger = LedgerStore(opened, lambda: NOW).open()
    for account in ("acct_a", "acct_b"):
        for bot in BOTS:
            owner = Owner(account, bot, "key_1", "api")
            operation = Reserve(owner, "req", 1, None, 100, f"rsv_{account}{bot}0000000000")
            await ledger.run(operation)
    rows = await opened.transact(lambda connection: connection.execute(statement, parameters).all())
    assert {(row.account_id, getattr(row, "chatbot_id", "")) for row in rows} == expected


@of("opened", ["auth"], indirect=True)
async def test_keys_are_counted_forgotten_and_marked_for_their_own_chatbot_alone(opened: Database) -> None:
    store = AuthStore(opened)
    async with store.write() as transaction:
        for number, bot in enumerate(BOTS):
            await transaction.add(Account(f"acct_{number}", "n", f"plan {number}", 1))
            await transaction.add(Chatbot(bot, f"acct_{number}", "n", True, 1))
            for other in range(3):
                key = ApiKey(f"key_{number}{other}", bot, "", "wxyz", (), 1, expires_ms=100 if other else None)
                await transaction.add(key, digest=bytes([number, other]) * 16)
        assert await transaction.count_active_keys("bot_a", 200) == 1
        await transaction.forget_dead_keys("bot_a", 200, kept=0)
        assert await transaction.api_key("key_11") is not None
    await store.mark_used({"key_00": 5})
    assert [(key.id, key.last_used_ms) for key in await store.api_keys("bot_a")] == [("key_00", 5)]
    assert [key.last_used_ms for key in await store.api_keys("bot_b")] == [None, None, None]
    for number, bot in enumerate(BOTS):
        grant = await store.grant(bytes([number, 0]) * 16)
        assert grant is not None
        named = (grant.key_id, grant.chatbot_id, grant.account_id, grant.plan)
        assert named == (f"key_{number}0", bot, f"acct_{number}", f"plan {number}")
