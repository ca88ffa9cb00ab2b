"""Sign-in links: the first owner's, and that of who has lost their password."""

import asyncio

import grpc
import pytest
from auth_harness import NOW, Auth, refusal_of
from people_harness import ANOTHER, CLIENT, PASSWORD, WEB, Person, first_owner, new_user, sign_in, use_link

from services.trust.principal import Principal, Role

ENDED = (grpc.StatusCode.NOT_FOUND, "This link was used or is too old. Ask whoever gave it to you for another one.")
FIRST = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}
WRONG_STATE, INVALID = grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INVALID_ARGUMENT


async def link_for(auth: Auth, person: Person) -> str:
    return (await auth.call("CreateSignInLink", user_id=await person.user_id())).secret


async def refused(auth: Auth, secret: str, **fields: str) -> tuple[grpc.StatusCode, str | None]:
    error = await refusal_of(auth.call("UseSignInLink", WEB, secret=secret, **(FIRST | fields)))
    return error.code(), error.details()


async def test_the_first_link_makes_an_operator_who_owns_the_account(auth: Auth) -> None:
    account = await auth.new_account()
    reply = await auth.call("CreateSignInLink", first_owner_of=account.id)
    assert (len(reply.secret), reply.expires_at) == (43, int(NOW) + 15 * 60)
    assert (await auth.call("GetSignInLink", WEB, secret=reply.secret)).email == ""
    used = await auth.call("UseSignInLink", WEB, secret=reply.secret, **FIRST, client=CLIENT)
    ada = Person(auth, "ada@example.com", used.session.secret)
    me = (await ada.call("GetMe")).user
    assert (me.email, me.name, me.is_operator, me.enabled) == ("ada@example.com", "Ada", True, True)
    operator = Principal(Role.ROLE_OPERATOR, account.id)
    (member,) = (await auth.call("ListMembers", operator)).members
    assert (member.user.id, member.role) == (me.id, 3)
    assert await (await sign_in(auth, "ada@example.com")).is_in()


async def test_there_is_no_first_link_once_there_is_a_user(auth: Auth) -> None:
    account = await auth.new_account()
    early = (await auth.call("CreateSignInLink", first_owner_of=account.id)).secret
    await auth.call("CreateUser", email="bob@example.com", name="Bob")
    error = await refusal_of(auth.call("CreateSignInLink", first_owner_of=account.id))
    assert error.code() == WRONG_STATE
    assert await refused(auth, early) == ENDED
    assert (await refusal_of(auth.call("GetSignInLink", WEB, secret=early))).code() == grpc.StatusCode.NOT_FOUND


async def test_a_users_link_gives_another_password_and_ends_what_was_open(auth: Auth) -> None:
    old = await new_user(auth, "ada@example.com")
    link = await link_for(auth, old)
    assert (await auth.call("GetSignInLink", WEB, secret=link)).email == "ada@example.com"
    assert await old.is_in()
    new = await use_link(auth, link, "ada@example.com", ANOTHER)
    assert [await old.is_in(), await new.is_in()] == [False, True]
    assert (await refusal_of(sign_in(auth, "ada@example.com"))).code() == grpc.StatusCode.UNAUTHENTICATED
    await sign_in(auth, "ada@example.com", ANOTHER)


async def test_a_password_that_is_changed_by_hand_ends_a_link_too(auth: Auth) -> None:
    person = await new_user(auth, "bob@example.com")
    secret = await link_for(auth, person)
    await person.call("ChangePassword", password=PASSWORD, new_password=ANOTHER)
    assert await refused(auth, secret) == ENDED
    assert await person.is_in()


async def test_looking_does_not_use_a_link_up_and_neither_does_a_mistake(auth: Auth) -> None:
    account = await auth.new_account()
    link = (await auth.call("CreateSignInLink", first_owner_of=account.id)).secret
    for _ in range(3):
        await auth.call("GetSignInLink", WEB, secret=link)
    for wrong in ({"password": "too short"}, {"email": "ada"}, {"name": ""}, {"password": "x" * 1001}):
        assert (await refused(auth, link, **wrong))[0] == INVALID
    await auth.call("UseSignInLink", WEB, secret=link, **FIRST)
    assert await refused(auth, link) == ENDED


async def test_a_link_that_is_none_or_is_too_old_reads_the_same(auth: Auth) -> None:
    ada = await new_user(auth, "ada@example.com")
    bob = await new_user(auth, "bob@example.com")
    replaced, newest = await link_for(auth, ada), await link_for(auth, ada)
    disabled = await link_for(auth, bob)
    await auth.call("SetUserEnabled", user_id=await bob.user_id(), enabled=False)
    for secret in (replaced, disabled, "x" * 43, "", "ä", newest + "x"):
        assert await refused(auth, secret) == ENDED
        error = await refusal_of(auth.call("GetSignInLink", WEB, secret=secret))
        assert (error.code(), error.details()) == ENDED
    auth.clock.now = NOW + 15 * 60 - 0.001
    assert (await auth.call("GetSignInLink", WEB, secret=newest)).email == "ada@example.com"
    auth.clock.now = NOW + 15 * 60
    assert await refused(auth, newest) == ENDED


async def test_no_link_is_made_for_nobody_or_who_may_not_sign_in(auth: Auth) -> None:
    user = (await auth.call("CreateUser", email="ada@example.com", name="Ada")).user
    for scope in ({"user_id": "usr_no"}, {"first_owner_of": "acct_no"}):
        assert (await refusal_of(auth.call("CreateSignInLink", **scope))).code() == grpc.StatusCode.NOT_FOUND
    assert (await refusal_of(auth.call("CreateSignInLink"))).code() == INVALID
    await auth.call("SetUserEnabled", user_id=user.id, enabled=False)
    assert (await refusal_of(auth.call("CreateSignInLink", user_id=user.id))).code() == WRONG_STATE


@pytest.mark.parametrize("is_first", [True, False])
async def test_of_many_uses_at_once_one_succeeds(replicas: tuple[Auth, Auth], is_first: bool) -> None:
    here, there = replicas
    account = await here.new_account()
    if is_first:
        link = (await here.call("CreateSignInLink", first_owner_of=account.id)).secret
    else:
        link = await link_for(here, await first_owner(here, account.id))
    uses = [auth.call("UseSignInLink", WEB, secret=link, **FIRST) for auth in (here, there) * 4]
    ends = await asyncio.gather(*uses, return_exceptions=True)
    refusals = [end for end in ends if isinstance(end, grpc.aio.AioRpcError)]
    assert len(ends) - len(refusals) == 1
    assert {(error.code(), error.details()) for error in refusals} == {ENDED}
    assert len((await here.call("ListUsers")).users) == 1
