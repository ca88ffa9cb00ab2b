"""What the store keeps of people, on both kinds of databases."""

import asyncio
from dataclasses import replace

import pytest
from stored_people import ACCOUNTS, ADA, BOB, INVITATION, SESSIONS, change, digest

from services.auth.people.records import (
    AccountRole,
    Member,
    Membership,
    MyAccount,
    OpenInvitation,
    SessionGrant,
    SignInLink,
)
from services.auth.records import Action, AuditEvent, AuditFilter
from services.auth.store import AuthStore, PeopleStore
from services.database import Database
from services.errors import ChatmountError


@pytest.fixture
async def filled(store: AuthStore) -> AuthStore:
    """Two users, the second a member of one of two accounts; sessions, an invitation, links."""
    async with store.write() as transaction:
        await transaction.add(*ACCOUNTS)
        await transaction.add(ADA, BOB)
        await transaction.add(Membership("mbr_1", "acct_1", "usr_2", AccountRole.OWNER, 3_000))
        for session in SESSIONS:
            await transaction.add(session, digest=digest(session.id))
        await transaction.add(INVITATION, digest=digest("inv_1"))
        await transaction.add(SignInLink("lnk_1", "usr_2", None, 1_000, 2_000), digest=digest("lnk_1"))
        await transaction.add(SignInLink("lnk_2", None, "acct_1", 1_000, 2_000), digest=digest("lnk_2"))
    return store


@pytest.fixture
def people(database: Database) -> PeopleStore:
    return PeopleStore(database)


async def test_what_is_written_is_read_again(filled: AuthStore, people: PeopleStore) -> None:
    assert await people.users(0, 10) == [ADA, BOB]
    assert await people.members("acct_1", "", 10) == [Member(BOB, AccountRole.OWNER, 3_000)]
    assert await people.members("acct_2", "", 10) == []
    assert await people.open_invitations("acct_1", 4_999, 0, 10) == [OpenInvitation(INVITATION, "")]
    assert await people.open_invitations("acct_2", 4_999, 0, 10) == []
    async with filled.read() as transaction:
        assert await transaction.user("usr_1") == ADA
        assert await transaction.user_by_email("bob@example.com") == BOB
        assert await transaction.user_by_email("Bob@example.com") is None
        assert await transaction.session("uss_2") == SESSIONS[1]
        assert await transaction.invitation_of(digest("inv_1")) == INVITATION
        assert await transaction.invitation("acct_2", "inv_1") is None
        assert await transaction.invitation("acct_1", "inv_2") is None
        assert await transaction.link_of(digest("lnk_1")) == SignInLink("lnk_1", "usr_2", None, 1_000, 2_000)


async def test_an_address_has_one_user(filled: AuthStore) -> None:
    with pytest.raises(ChatmountError, match="has a user already"):
        async with filled.write() as transaction:
            await transaction.add_user(replace(ADA, id="usr_3"))


async def test_one_look_finds_all_that_decides_on_a_session(filled: AuthStore, people: PeopleStore) -> None:
    assert await people.session_grant(digest("uss_1")) == SessionGrant("uss_1", "usr_1", 1_001, 9_000, True)
    assert await people.session_grant(bytes(32)) is None
    async with filled.write() as transaction:
        await change(transaction, "usr_1", disabled_ms=5)
    assert await people.session_grant(digest("uss_1")) == SessionGrant("uss_1", "usr_1", 1_001, 9_000, False)


async def test_who_was_seen_is_marked_and_never_back_in_time(people: PeopleStore, filled: AuthStore) -> None:
    await people.mark_seen({("usr_1", "uss_1"): 5_000, ("usr_1", "uss_2"): 4_000, ("usr_no", "uss_no"): 9_000})
    await people.mark_seen({("usr_1", "uss_1"): 3_000})
    latest_first = [(one.id, one.last_seen_ms) for one in await people.sessions("usr_1", 6_000, 0, 10)]
    assert latest_first == [("uss_1", 5_000), ("uss_2", 4_000), ("uss_4", 1_004), ("uss_3", 1_003)]
    assert [user.last_seen_ms for user in await people.users(0, 10)] == [5_000, None]


async def test_sessions_are_listed_while_they_are_open(people: PeopleStore, filled: AuthStore) -> None:
    assert await people.sessions("usr_1", 9_000, 0, 10) == []
    assert await people.sessions("usr_1", 8_999, 1_002, 10) == [SESSIONS[3], SESSIONS[2]]
    assert await people.sessions("usr_1", 8_999, 0, 1) == [SESSIONS[3]]
    assert await people.sessions("usr_2", 0, 0, 10) == []


@pytest.mark.parametrize(
    ("at_ms", "seen_ms", "kept", "left"),
    [(0, 0, 10, "1234"), (0, 1_002, 10, "34"), (0, 0, 3, "234"), (9_000, 0, 10, ""), (0, 0, 0, "")],
)
async def test_sessions_that_are_over_or_too_many_are_forgotten(
    filled: AuthStore, people: PeopleStore, at_ms: int, seen_ms: int, kept: int, left: str
) -> None:
    other = replace(SESSIONS[0], id="uss_9", user_id="usr_2", last_seen_ms=8_000)
    async with filled.write() as transaction:
        await transaction.add(other, digest=digest("other"))
        await transaction.forget_sessions("usr_1", at_ms, seen_ms, kept)
    assert sorted(one.id[-1] for one in await people.sessions("usr_1", 0, 0, 10)) == list(left)
    assert await people.sessions("usr_2", 0, 0, 10) == [other]


async def test_sessions_are_ended_one_or_all_but_one(filled: AuthStore, people: PeopleStore) -> None:
    async with filled.write() as transaction:
        assert await transaction.end_session("uss_1") == 1
        assert await transaction.end_session("uss_1") == 0
        assert await transaction.end_sessions("usr_1", but="uss_3") == 2
        assert await transaction.end_sessions("usr_2") == 0
    assert await people.sessions("usr_1", 0, 0, 10) == [SESSIONS[2]]


async def test_accounts_are_those_of_a_membership_and_all_of_an_operator(
    people: PeopleStore, filled: AuthStore
) -> None:
    beta, alpha = ACCOUNTS
    assert await people.accounts_of(BOB, None, 10) == [MyAccount(beta, AccountRole.OWNER)]
    assert await people.accounts_of(replace(BOB, id="usr_3"), None, 10) == []
    assert await people.accounts_of(ADA, None, 1) == [
        MyAccount(alpha, AccountRole.OWNER),
        MyAccount(beta, AccountRole.OWNER),
    ]
    assert await people.accounts_of(ADA, ("ALPHA", "acct_2"), 10) == [MyAccount(beta, AccountRole.OWNER)]
    assert await people.accounts_of(ADA, ("beta", "acct_1"), 10) == []


async def test_owners_are_counted_who_can_sign_in(filled: AuthStore) -> None:
    async with filled.write() as transaction:
        assert await transaction.count_owners("acct_1") == 0
        await change(transaction, "usr_2", disabled_ms=None)
        assert await transaction.count_owners("acct_1") == 1
        assert await transaction.count_owners("acct_2") == 0
        await transaction.save(Membership("mbr_1", "acct_1", "usr_2", AccountRole.EDITOR, 3_000))
        assert await transaction.count_owners("acct_1") == 0


async def test_operators_are_found_who_can_sign_in_and_the_one_asked_for(filled: AuthStore) -> None:
    async with filled.write() as transaction:
        assert list(await transaction.user_and_operators("usr_2")) == ["usr_1", "usr_2"]
        await change(transaction, "usr_1", disabled_ms=5)
        assert list(await transaction.user_and_operators("usr_2")) == ["usr_2"]


async def test_invitations_are_found_until_they_end_and_forgotten_later(filled: AuthStore, people: PeopleStore) -> None:
    async with filled.write() as transaction:
        assert await transaction.unended_invitations("acct_1", "e@x.de") == [INVITATION]
        assert await transaction.unended_invitations("acct_2", "e@x.de") == []
        assert await transaction.invitation_created_by("i" * 16) == INVITATION
        (stored,) = await transaction.unended_invitations("acct_1", "e@x.de")
        await transaction.save(replace(stored, ended_ms=4_000))
        assert await transaction.unended_invitations("acct_1", "e@x.de") == []
        await transaction.forget_invitations("acct_1", 5_000)
        await transaction.forget_invitations("acct_2", 9_000)
        assert await transaction.invitation("acct_1", "inv_1") is not None
        await transaction.forget_invitations("acct_1", 5_001)
        assert await transaction.invitation("acct_1", "inv_1") is None
    assert await people.open_invitations("acct_1", 0, 0, 10) == []


async def test_links_end_with_those_of_their_user_or_of_nobody(filled: AuthStore) -> None:
    async with filled.write() as transaction:
        for whose, left in (("usr_1", ["lnk_1", "lnk_2"]), ("usr_2", ["lnk_2"]), (None, [])):
            await transaction.end_links(whose)
            links = [await transaction.link_of(digest(name)) for name in ("lnk_1", "lnk_2")]
            assert [link.id for link in links if link] == left


async def test_an_event_of_a_users_doing_has_their_address_and_keeps_it(filled: AuthStore) -> None:
    def event(number: int, actor: str) -> AuditEvent:
        return AuditEvent(f"evt_{number}", number, actor, Action.USER_RENAME, "", "", "", "", {}, user_id="usr_2")

    async with filled.write() as transaction:
        await transaction.add(event(1, "usr_1"), event(2, "ada@laptop"), event(3, "usr_gone"))
        await change(transaction, "usr_1", email="new@example.com", email_key="new@example.com")
    found = await filled.audit_events(AuditFilter(), AuditFilter(), 2**62, 10)
    assert [one.actor_email for one in found] == ["", "", "Ada@Example.com"]
    assert {one.user_id for one in found} == {"usr_2"}


async def test_marking_and_ending_at_once_never_wait_for_each_other(filled: AuthStore, people: PeopleStore) -> None:
    async def mark(offset: int) -> None:
        await people.mark_seen({("usr_1", session.id): 6_000 + offset for session in reversed(SESSIONS)})

    async def end() -> None:
        async with filled.write() as transaction:
            await transaction.user("usr_1", lock=True)
            await transaction.end_sessions("usr_1")

    await asyncio.gather(*(mark(offset) for offset in range(8)), end(), *(mark(offset) for offset in range(8)))
    assert await people.sessions("usr_1", 0, 0, 10) == []
