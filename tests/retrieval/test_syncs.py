"""How sources were last read again: kept, told, and gone with the chatbot."""

from dataclasses import replace
from typing import Any

from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import Reason
from services.retrieval.store.stores import Stores
from services.retrieval.syncs import Sync, SyncFailure
from services.trust.principal import MemberRole, Principal, Role
from tests.each import for_each
from tests.retrieval.retrieval_harness import Retrieval, api_key, refused

SYNC = Sync(1_000, 9_000, 21_600, 3, 40, 1, 2, [SyncFailure("https://help.example.com/ä", "status 500")])
MESSAGE = pb.Sync(
    began_at=1,
    ended_at=9,
    every_seconds=21_600,
    changed=3,
    unchanged=40,
    failed=1,
    gone=2,
    failures=[pb.SyncFailure(url="https://help.example.com/ä", error="status 500")],
)


async def test_the_newest_is_kept_and_goes_with_its_chatbot(stores: Stores) -> None:
    for bot in ("bot_a", "bot_b"):
        await stores.syncs.put(bot, replace(SYNC, changed=9))
    await stores.syncs.put("bot_a", SYNC)
    assert await stores.syncs.of("bot_a") == SYNC
    await stores.unsettled.remove_all("bot_a", 1)
    assert await stores.syncs.of("bot_a") is None
    assert await stores.syncs.of("bot_b") == replace(SYNC, changed=9)


async def record(retrieval: Retrieval, who: str | Principal, **changes: Any) -> None:
    sync = pb.Sync()
    sync.CopyFrom(MESSAGE)
    if "failures" in changes:
        del sync.failures[:]
    sync.MergeFrom(pb.Sync(**changes))
    await retrieval.sources(who).RecordSync(pb.RecordSyncRequest(sync=sync))


async def told(retrieval: Retrieval, who: str | Principal, *, asked: bool = True) -> pb.Sync | None:
    request = pb.GetSourceCountsRequest(include_last_sync=asked)
    counts = await retrieval.sources(who).GetSourceCounts(request)
    return counts.last_sync if counts.HasField("last_sync") else None


async def test_operators_record_it_and_members_of_the_account_are_told(retrieval: Retrieval) -> None:
    viewer, owner = (
        Principal(Role.ROLE_MEMBER, "acct_1", "bot_a", member_role=MemberRole.Name(number))
        for number in (MemberRole.MEMBER_ROLE_VIEWER, MemberRole.MEMBER_ROLE_OWNER)
    )
    assert await told(retrieval, viewer) is None
    await record(retrieval, "bot_a")
    assert await told(retrieval, viewer) == await told(retrieval, "bot_a") == MESSAGE
    assert await told(retrieval, viewer, asked=False) is None
    assert await told(retrieval, "bot_b") is None
    for other in (owner, api_key("bot_a"), Principal(Role.ROLE_OPERATOR)):
        await refused(record(retrieval, other, changed=9), Reason.ROLE_NOT_ALLOWED)
    assert await told(retrieval, "bot_a") == MESSAGE


@for_each(
    "changes",
    [
        {"began_at": -1},
        {"ended_at": 2**62},
        {"began_at": 10},
        {"every_seconds": 59},
        {"every_seconds": 2_592_001},
        {"gone": -1},
        {"failures": [pb.SyncFailure(url="u", error="e")] * 21},
        {"failures": [pb.SyncFailure(url="", error="e")]},
        {"failures": [pb.SyncFailure(url="u", error="e" * 501)]},
        {"failures": [pb.SyncFailure(url="u", error="one\ntwo")]},
    ],
)
async def test_what_can_not_be_is_refused(retrieval: Retrieval, changes: dict[str, Any]) -> None:
    await refused(record(retrieval, "bot_a", **changes), Reason.INVALID_FIELD)
    assert await told(retrieval, "bot_a") is None
