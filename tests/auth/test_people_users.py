"""Users: what operators do with them, and what they see and change of their own."""

import asyncio

import grpc
import pytest
from auth_harness import NOW, Auth, refusal_of
from people_harness import ANOTHER, PASSWORD, Person, at, first_owner, joined, new_user, sign_in

from services.trust.principal import Principal, Role
from tests.waiting import PATIENCE

NOT_FOUND, WRONG_STATE = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION
INVALID, DENIED = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.PERMISSION_DENIED


@pytest.fixture
async def ada(auth: Auth) -> Person:
    return await new_user(auth, "ada@example.com")


async def test_an_address_has_one_user_whatever_its_case_and_forms(auth: Auth) -> None:
    made = (await auth.call("CreateUser", email=" Zo\u00eb@Example.com", name="Zoë")).user
    assert (made.email, made.name, made.is_operator, made.enabled) == ("Zo\u00eb@Example.com", "Zoë", False, True)
    assert made.id.startswith("usr_")
    assert not made.HasField("last_seen_at")
    for email in ("zo\u00eb@example.com", "ZOE\u0308@EXAMPLE.COM", "\uff3a\uff4f\u00eb@example.com"):
        error = await refusal_of(auth.call("CreateUser", email=email, name="x"))
        assert (error.code(), error.details()) == (WRONG_STATE, "This e-mail address has a user already.")
    for fields in ({"email": "x@example.com", "name": ""}, {"email": "x", "name": "x"}):
        assert (await refusal_of(auth.call("CreateUser", **fields))).code() == INVALID


async def test_an_address_that_is_given_twice_at_once_has_one_user(replicas: tuple[Auth, Auth]) -> None:
    calls = [auth.call("CreateUser", email="ada@example.com", name="Ada") for auth in replicas * 4]
    ends = await asyncio.gather(*calls, return_exceptions=True)
    refusals = [end.code() for end in ends if isinstance(end, grpc.aio.AioRpcError)]
    assert refusals == [WRONG_STATE] * 7


async def test_users_are_listed_in_pages_oldest_first(auth: Auth) -> None:
    for number in range(5):
        await auth.call("CreateUser", email=f"{9 - number}@example.com", name="x")
    found, token = [], ""
    for _ in range(3):
        page = await auth.call("ListUsers", page_size=2, page_token=token)
        found += [user.email[0] for user in page.users]
        token = page.next_page_token
    assert ("".join(found), token) == ("98765", "")


async def test_users_are_nothing_that_a_scoped_token_reaches(auth: Auth, ada: Person) -> None:
    for method, fields in (
        ("CreateUser", {"email": "x@example.com", "name": "x"}),
        ("ListUsers", {}),
        ("SetUserEnabled", {"user_id": await ada.user_id()}),
        ("CreateSignInLink", {"user_id": await ada.user_id()}),
        ("CreateSignInLink", {"first_owner_of": "acct_x"}),
    ):
        assert (await refusal_of(auth.call(method, at("acct_x"), **fields))).code() == DENIED


async def test_a_user_is_disabled_and_enabled_and_nothing_twice(auth: Auth, ada: Person) -> None:
    user_id = await ada.user_id()
    for enabled in (False, False, True, True):
        changed = await auth.call("SetUserEnabled", user_id=user_id, enabled=enabled)
        assert changed.user.enabled == enabled
    events = (await auth.call("ListAuditEvents")).events
    assert [event.action for event in events][:2] == ["user.enable", "user.disable"]
    assert (await refusal_of(auth.call("SetUserEnabled", user_id="usr_no"))).code() == NOT_FOUND


async def test_of_two_operators_who_disable_each_other_at_once_one_stays(replicas: tuple[Auth, Auth]) -> None:
    people = [await new_user(replicas[0], f"{name}@example.com", is_operator=True) for name in ("ada", "bob")]
    calls = [
        auth.call("SetUserEnabled", user_id=await person.user_id(), enabled=False)
        for auth, person in zip(replicas, people, strict=True)
    ]
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert [end.code() for end in ends if isinstance(end, grpc.aio.AioRpcError)] == [WRONG_STATE]
    assert sorted([await person.is_in() for person in people]) == [False, True]


async def test_a_user_sees_and_changes_themselves(auth: Auth, ada: Person) -> None:
    me = (await ada.call("UpdateMe", name=" Ada L. ")).user
    assert (me.name, me.email) == ("Ada L.", "ada@example.com")
    assert (await ada.call("UpdateMe")).user.name == "Ada L."
    assert (await ada.call("GetMe")).user.id == await ada.user_id()
    assert (await refusal_of(ada.call("UpdateMe", name=""))).code() == INVALID


async def test_a_new_password_ends_all_other_sessions(auth: Auth, ada: Person) -> None:
    other = await sign_in(auth, "ada@example.com")
    await ada.call("ChangePassword", password=PASSWORD, new_password=ANOTHER)
    assert [await ada.is_in(), await other.is_in()] == [True, False]
    await sign_in(auth, "ada@example.com", ANOTHER)
    assert (await refusal_of(sign_in(auth, "ada@example.com"))).code() == grpc.StatusCode.UNAUTHENTICATED


async def test_a_password_is_changed_by_who_knows_it(auth: Auth, ada: Person) -> None:
    error = await refusal_of(ada.call("ChangePassword", password=ANOTHER, new_password=ANOTHER))
    assert (error.code(), error.details()) == (grpc.StatusCode.UNAUTHENTICATED, "The present password is wrong.")
    for wrong in ("123456789", "x" * 1001):
        error = await refusal_of(ada.call("ChangePassword", password=PASSWORD, new_password=wrong))
        assert (error.code(), error.details()) == (INVALID, "new_password must be 10 to 1000 characters.")
    for number in range(4):
        await refusal_of(ada.call("ChangePassword", password=f"wrong number {number}", new_password=ANOTHER))
    error = await refusal_of(ada.call("ChangePassword", password=PASSWORD, new_password=ANOTHER))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_user_sees_their_sessions_and_ends_them(auth: Auth, ada: Person) -> None:
    auth.clock.now = NOW + 10
    second = await sign_in(auth, "ada@example.com")
    auth.clock.now = NOW + 20
    third = await sign_in(auth, "ada@example.com")
    auth.clock.now = NOW + 30
    listed = (await second.call("ListMySessions")).sessions
    assert [(one.created_at - int(NOW), one.last_seen_at - int(NOW), one.is_current) for one in listed] == [
        (10, 30, True),
        (20, 20, False),
        (0, 0, False),
    ]
    assert {(one.address, one.agent) for one in listed} == {("203.0.113.7", "Browser/1.0")}
    assert {one.expires_at - one.created_at for one in listed} == {30 * 24 * 3600}
    assert (await second.call("EndMySessions", session_id=listed[1].id)).sessions == 1
    assert [await ada.is_in(), await second.is_in(), await third.is_in()] == [True, True, False]
    assert (await second.call("EndMySessions", others=True)).sessions == 1
    assert not await ada.is_in()
    assert (await second.call("EndMySessions", current=True)).sessions == 1
    assert not await second.is_in()


async def test_who_looks_at_their_sessions_waits_for_no_commit(
    auth: Auth, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth.clock.now += 60
    is_free = asyncio.Event()
    monkeypatch.setattr(auth.seen[0], "_write", lambda _: is_free.wait())
    async with asyncio.timeout(PATIENCE):
        (session,) = (await ada.call("ListMySessions")).sessions
    is_free.set()
    assert session.last_seen_at == int(auth.clock.now)


async def test_anothers_session_is_as_unknown_as_one_that_never_was(auth: Auth, ada: Person) -> None:
    bob = await new_user(auth, "bob@example.com")
    bobs = (await bob.principal()).user_session_id
    errors = [await refusal_of(ada.call("EndMySessions", session_id=one)) for one in (bobs, "uss_no", "' OR 1=1")]
    assert {(error.code(), error.details()) for error in errors} == {(NOT_FOUND, "There is no such session.")}
    assert await bob.is_in()
    for fields in ({}, {"current": False}, {"others": False}):
        assert (await refusal_of(ada.call("EndMySessions", **fields))).code() == INVALID


async def test_a_user_sees_their_accounts_by_name_in_pages(auth: Auth, ada: Person) -> None:
    names = ["beta", "Alpha", "Äpfel", "gamma", "alpha"]
    ids = [(await auth.new_account(name=name)).id for name in names]
    await auth.new_account(name="not theirs")
    for number, account_id in enumerate(ids):
        await auth.call("AddMember", at(account_id), email="ada@example.com", role=number % 3 + 1)
    found, token = [], ""
    for _ in range(3):
        page = await ada.call("ListMyAccounts", page_size=2, page_token=token)
        found += [(mine.account.name, mine.role) for mine in page.accounts]
        token = page.next_page_token
    assert token == ""
    assert sorted(found) == sorted((name, number % 3 + 1) for number, name in enumerate(names))
    assert [name.lower() for name, _ in found][:4] == ["alpha", "alpha", "beta", "gamma"]
    for token in ("made-up", "WyJ4eiIsICJhIl0", "WyIwMCIsICJhIl0"):
        assert (await refusal_of(ada.call("ListMyAccounts", page_token=token))).code() == INVALID


async def test_an_operator_is_an_owner_of_every_account(auth: Auth) -> None:
    accounts = [(await auth.new_account(name=name)).id for name in ("one", "two")]
    ada = await first_owner(auth, accounts[1])
    await joined(auth, "bob@example.com", accounts[0], "VIEWER")
    mine = (await ada.call("ListMyAccounts")).accounts
    assert [(one.account.id, one.role) for one in mine] == [(accounts[0], 3), (accounts[1], 3)]


async def test_a_user_without_a_session_is_nobody(auth: Auth, ada: Person) -> None:
    principal = Principal(Role.ROLE_USER, subject=await ada.user_id())
    assert (await refusal_of(auth.call("GetMe", principal))).code() == grpc.StatusCode.UNAUTHENTICATED
