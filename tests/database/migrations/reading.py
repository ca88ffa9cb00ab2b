"""What each service's own store reads of the seeds: enough to know that it understands them."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping

from services.auth.records import AuditFilter
from services.auth.store import AuthStore, PeopleStore, WidgetStore
from services.chat.sessions import Rating
from services.chat.store.appearances import AppearanceStore
from services.chat.store.profiles import ProfileStore
from services.chat.store.sessions import SessionStore
from services.database import Database
from services.quota.ledger.entry import State
from services.quota.periods import Period
from services.quota.store.reconciliation import reconcile
from services.quota.store.usage import UsageStore
from services.retrieval.store.qa_pairs import QaPairStore
from services.retrieval.store.sources import SourceStore
from services.retrieval.store.syncs import SyncStore
from services.retrieval.store.unsettled import UnsettledStore
from services.retrieval.syncs import SyncFailure


async def read_auth(database: Database) -> None:
    store = AuthStore(database)
    grant = await store.grant(hashlib.sha256(b"key one").digest())
    assert grant is not None
    assert (grant.account_id, grant.chatbot_id, grant.plan) == ("acct_1", "bot_1", "plus")
    assert grant.allowlist == ("10.0.0.0/8", "2001:db8::/32")
    keys = {key.id: key for key in await store.api_keys("bot_1")}
    assert keys["key_1"].last_used_ms == 1_780_000_000_009
    assert keys["key_2"].revoked_ms == 1_780_000_000_006
    assert [account.name for account in await store.accounts(0, 10)] == ["Räder & Söhne", "Other"]
    events = await store.audit_events(AuditFilter(), AuditFilter(), 2**63 - 1, 10)
    assert [event.actor for event in events][-2:] == ["", "ada@laptop"]
    assert all(event.details["allowlist"] == ["10.0.0.0/8"] for event in events if event.key_id)
    people = PeopleStore(database)
    # Of a revision that knew them.
    if users := await people.users(0, 10):
        assert [(user.email, user.enabled) for user in users] == [("Ada@Example.com", True), ("bob@example.com", False)]
        assert (await people.session_grant(hashlib.sha256(b"session one").digest())) is not None
        assert [(one.user.id, one.role) for one in await people.members("acct_1", "", 10)] == [
            ("usr_1", "owner"),
            ("usr_2", "viewer"),
        ]
        (offer,) = await people.open_invitations("acct_1", 1_780_000_000_017, 0, 10)
        assert (offer.invitation.email, offer.invitation.role) == ("Eve@example.com", "editor")
        assert events[0].actor_email == "Ada@Example.com"
    async with store.read() as transaction:
        widgets = [await transaction.widget_of(chatbot) for chatbot in ("bot_1", "bot_2")]
    # Every chatbot has one, also those that are older than widgets.
    assert all(widget is not None for widget in widgets)
    for widget in filter(None, widgets):
        opened = await WidgetStore(database).grant(widget.id)
        assert opened is not None
        assert (opened.chatbot_id, opened.origins) == (widget.chatbot_id, widget.origins)
        for sighting in await WidgetStore(database).sightings(widget.chatbot_id):
            assert (sighting.origin, sighting.last_seen_ms) == (widget.origins[0], 1_780_000_000_022)


async def read_quota(database: Database) -> None:
    store = UsageStore(database)
    usage = await store.usage("acct_1", "", Period("2026-05", "2026-05-28"))
    assert (usage.totals.settled, usage.totals.reserved) == (1, 1)
    states = {entry.id: entry.state for entry in await store.entries("acct_1", "", None, 10)}
    assert states == {
        "res_1": State.SETTLED,
        "res_2": State.RELEASED,
        "res_3": State.EXPIRED,
        "res_4": State.RESERVED,
        "grt_1": State.GRANTED,
    }
    assert (await reconcile(database, "", "", 10)).drifts == ()


async def read_retrieval(database: Database) -> None:
    sources = SourceStore(database)
    first = await sources.first("bot_1", {"psg_1": 0.9, "psg_2": 0.8}, 9, per_source=9)
    found = {one.passage.id: one for one in first}
    assert found["psg_2"].passage.text == "日本語 🚲"
    assert found["psg_1"].passage.sentences == ((0, 28), (29, 44))
    assert [source.id for source in await sources.page("bot_1", 0, 10)] == ["src_1", "src_2"]
    pair = await QaPairStore(database).by_wording("bot_1", "is it free")
    assert pair is not None
    assert pair.answer == "Yes."
    assert await UnsettledStore(database).unsettled() == ["ver_2"]
    if (sync := await SyncStore(database).of("bot_1")) is not None:
        # Of a revision that knew them.
        assert sync.failures == [SyncFailure("https://help.example.com/ä", "answered with status 500")]


async def read_chat(database: Database) -> None:
    store = SessionStore(database)
    assert (await ProfileStore(database).profile("bot_1")).abstention_threshold == 0.1 + 0.2
    found = await store.session("bot_1", 'a session "of" ünits', 0, 0, 10)
    assert found is not None
    session, turns = found
    assert session.first_question == "How long?"
    assert (session.turns, [turn.broken_off for turn in turns]) == (2, [False, True])
    assert turns[0].source_urls == ("https://help.example.com/returns?a=ä",)
    assert turns[1].question == "And then?\r\n\ttab"
    if rated := [turn for turn in turns if turn.rating is not Rating.UNSPECIFIED]:
        # Of a revision that knew visitors.
        assert (rated[0].source_titles, rated[0].rating_comment) == (("Returns",), 'Thanks, "all" 🚲')
        assert (await AppearanceStore(database).appearance("bot_1")).suggestions == ("How long?",)
    traced = await store.traced("request 1", "bot_1", 0)
    assert traced is not None
    assert traced.trace is not None
    assert traced.trace.passages[0].title == "ä\0"


READERS: Mapping[str, Callable[[Database], Awaitable[None]]] = {
    "auth": read_auth,
    "quota": read_quota,
    "retrieval": read_retrieval,
    "chat": read_chat,
}
