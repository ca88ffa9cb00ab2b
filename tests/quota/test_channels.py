"""Channels on the wire: whose questions belong to which, and what is told of them by day."""

from dataclasses import replace
from typing import Any

from chatmount.quota.v1 import quota_pb2

from services.trust.principal import Principal
from tests.each import for_each
from tests.quota.conftest import CALLER, MEMBER, OPERATOR, Served
from tests.quota.quota_calls import entries, refused, release, reserve, settle
from tests.turned_clock import TurnedClock, at

DAYS = {"since_day": "2026-11-01", "until_day": "2026-11-30"}


async def daily(served: Served, principal: Principal = OPERATOR, **fields: Any) -> list[tuple[str, str, str, int, int]]:
    reply = await served.quota(principal).ListDailyCredits(quota_pb2.ListDailyCreditsRequest(**{**DAYS, **fields}))
    return [(one.day, one.chatbot_id, one.channel, one.credits_used, one.credits_reserved) for one in reply.days]


async def test_a_members_question_is_charged_to_the_playground(served: Served) -> None:
    reservation = await reserve(served, MEMBER)
    assert (await settle(served, MEMBER, reservation)).credits_remaining == 1499
    (entry,) = await entries(served)
    assert (entry.channel, entry.api_key_id, entry.chatbot_id) == ("playground", "", "bot_1")
    # Whatever channel the token says.
    await reserve(served, replace(MEMBER, channel="api"))
    assert {entry.channel for entry in await entries(served)} == {"playground"}
    # The playground needs no API access, which this plan has not.
    await reserve(served, replace(MEMBER, plan="free"))


async def test_what_one_channel_has_set_aside_another_neither_charges_nor_gives_back(served: Served) -> None:
    of_key, of_member = await reserve(served, CALLER), await reserve(served, MEMBER)
    for principal, reservation in ((CALLER, of_member), (MEMBER, of_key)):
        assert (await refused(settle(served, principal, reservation)))[0] == "NOT_FOUND"
        assert (await refused(release(served, principal, reservation)))[0] == "NOT_FOUND"
    assert {entry.state for entry in await entries(served)} == {quota_pb2.LEDGER_STATE_RESERVED}


async def test_days_are_told_by_chatbot_and_channel(served: Served, clock: TurnedClock) -> None:
    second = replace(CALLER, chatbot_id="bot_2")
    clock.now = at("2026-10-31 23:59:59")
    await reserve(served, CALLER, ttl_seconds=3600)
    clock.now = at("2026-11-01 00:00:00")
    for principal in (CALLER, CALLER, MEMBER, second):
        await settle(served, principal, await reserve(served, principal))
    await release(served, MEMBER, await reserve(served, MEMBER))
    clock.now = at("2026-11-30 23:59:59")
    await reserve(served, replace(CALLER, channel="widget"))
    await reserve(served, replace(CALLER, account_id="acct_2"))
    clock.now = at("2026-12-01 00:00:00")
    await reserve(served, MEMBER)
    first = [
        ("2026-11-01", "bot_1", "api", 2, 0),
        ("2026-11-01", "bot_1", "playground", 1, 0),
        ("2026-11-01", "bot_2", "api", 1, 0),
    ]
    last = ("2026-11-30", "bot_1", "widget", 0, 1)
    assert await daily(served) == await daily(served, replace(MEMBER, chatbot_id="")) == [*first, last]
    assert await daily(served, chatbot_ids=["bot_2"]) == await daily(served, replace(OPERATOR, chatbot_id="bot_2"))
    assert await daily(served, chatbot_ids=["bot_2"]) == first[2:]
    assert await daily(served, chatbot_ids=["bot_1", "bot_2"]) == await daily(served)
    assert (await refused(daily(served, chatbot_ids=["bot_1"] * 1001)))[0] == "INVALID_FIELD"
    # A token of one chatbot sees no other, whatever is asked for.
    assert await daily(served, replace(OPERATOR, chatbot_id="bot_2"), chatbot_ids=["bot_1"]) == []
    assert await daily(served, until_day="2026-11-01") == first
    assert await daily(served, replace(OPERATOR, account_id="acct_9")) == []


async def test_what_is_not_told_apart_is_added_up(served: Served, clock: TurnedClock) -> None:
    clock.now = at("2026-11-01 00:00:00")
    for principal in (CALLER, CALLER, MEMBER, replace(CALLER, chatbot_id="bot_2")):
        await settle(served, principal, await reserve(served, principal))
    clock.now = at("2026-11-30 23:59:59")
    await reserve(served, replace(CALLER, channel="widget"))
    day, chatbot, channel = (getattr(quota_pb2, f"CREDITS_PART_{name}") for name in ("DAY", "CHATBOT", "CHANNEL"))
    by_day = [("2026-11-01", "", "", 4, 0), ("2026-11-30", "", "", 0, 1)]
    assert await daily(served, told_apart=[day]) == by_day
    assert await daily(served, replace(OPERATOR, chatbot_id="bot_2"), told_apart=[day]) == [(*by_day[0][:3], 1, 0)]
    by_chatbot = [("2026-11-30", "bot_1", "", 3, 1), ("2026-11-01", "bot_2", "", 1, 0)]
    assert await daily(served, told_apart=[chatbot]) == by_chatbot
    by_channel = [("api", 3, 0), ("playground", 1, 0), ("widget", 0, 1)]
    assert await daily(served, told_apart=[channel]) == [("2026-11-30", "", *one) for one in by_channel]
    first = [("2026-11-01", "", "api", 3, 0), ("2026-11-01", "", "playground", 1, 0)]
    assert await daily(served, told_apart=[channel, day]) == [*first, ("2026-11-30", "", "widget", 0, 1)]
    assert await daily(served, told_apart=[day, chatbot, channel]) == await daily(served)


async def test_the_most_used_chatbots_are_told_apart_from_all_others(served: Served, clock: TurnedClock) -> None:
    day, chatbot = quota_pb2.CREDITS_PART_DAY, quota_pb2.CREDITS_PART_CHATBOT
    credits = {"bot_1": (1, 0), "bot_2": (3, 1), "bot_3": (1, 1), "bot_4": (0, 9)}
    for place, now in enumerate(("2026-11-01 00:00:00", "2026-11-30 23:59:59")):
        clock.now = at(now)
        for chatbot_id, of_days in credits.items():
            principal = replace(CALLER, chatbot_id=chatbot_id)
            for _ in range(of_days[place]):
                await settle(served, principal, await reserve(served, principal))
    assert await daily(served, told_apart=[day, chatbot], most_used=2) == [
        ("2026-11-01", "", "", 2, 0),
        ("2026-11-01", "bot_2", "", 3, 0),
        ("2026-11-30", "", "", 1, 0),
        ("2026-11-30", "bot_2", "", 1, 0),
        ("2026-11-30", "bot_4", "", 9, 0),
    ]
    assert await daily(served, told_apart=[chatbot], most_used=1) == [
        ("2026-11-30", "", "", 7, 0),
        ("2026-11-30", "bot_4", "", 9, 0),
    ]
    # Nothing is gained by leaving a single one out; of equals the first is told apart.
    assert await daily(served, told_apart=[chatbot], most_used=3) == await daily(served, told_apart=[chatbot])
    of_three = {"chatbot_ids": ["bot_1", "bot_2", "bot_3"], "told_apart": [chatbot], "most_used": 1}
    assert await daily(served, **of_three) == [("2026-11-30", "", "", 3, 0), ("2026-11-30", "bot_2", "", 4, 0)]
    assert await daily(served, replace(OPERATOR, chatbot_id="bot_1"), told_apart=[chatbot], most_used=1) == [
        ("2026-11-01", "bot_1", "", 1, 0)
    ]


@for_each(
    "fields",
    [
        {"told_apart": [0]},
        {"told_apart": [1, 99]},
        {"told_apart": [1], "most_used": 1},
        {"told_apart": [1, 2, 3], "most_used": 1},
        {"most_used": 1},
        {"told_apart": [2], "most_used": -1},
        {"told_apart": [2], "most_used": 1001},
        {"since_day": ""},
        {"until_day": "2026-11-31"},
        {"since_day": "20261101"},
        {"since_day": "2026-W45-1"},
        {"until_day": "2026-10-31"},
        {"since_day": "2025-10-26"},
    ],
)
async def test_days_that_can_not_be_are_refused(served: Served, fields: dict[str, Any]) -> None:
    assert (await refused(daily(served, **fields)))[0] == "INVALID_FIELD"


async def test_four_hundred_days_can_be_asked_for(served: Served) -> None:
    assert await daily(served, since_day="2025-10-27") == []


async def test_entries_are_filtered_by_their_channel(served: Served) -> None:
    for principal in (CALLER, MEMBER):
        await reserve(served, principal)

    async def of_channel(channel: str) -> Any:
        request = quota_pb2.ListLedgerEntriesRequest(channel=channel)
        return [entry.channel for entry in (await served.quota(OPERATOR).ListLedgerEntries(request)).entries]

    assert [await of_channel(channel) for channel in ("api", "playground", "widget")] == [["api"], ["playground"], []]
    assert (await refused(of_channel("telephone")))[0] == "INVALID_FIELD"
