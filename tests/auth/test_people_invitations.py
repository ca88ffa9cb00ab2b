"""Invitations: how they are made, end, and are accepted."""

import asyncio
from typing import Any

import grpc
import pytest
from auth_harness import NOW, Auth, refusal_of
from people_harness import ANOTHER, CLIENT, PASSWORD, WEB, Person, at, joined, new_user, sign_in

from tests.each import for_each

WEEK = 7 * 24 * 3600
ENDED = (grpc.StatusCode.NOT_FOUND, "This link was used or is too old. Ask whoever gave it to you for another one.")
WRONG_STATE, INVALID = grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INVALID_ARGUMENT
WRONG = grpc.StatusCode.UNAUTHENTICATED
ID = "0123456789abcdef"


@pytest.fixture
async def account(auth: Auth) -> str:
    return (await auth.new_account(name="Räder")).id


async def invite(auth: Auth, account: str, email: str = "new@example.com", role: int = 2, **fields: Any) -> Any:
    return await auth.call("CreateInvitation", at(account), email=email, role=role, **fields)


async def accept(auth: Auth, secret: str, password: str = PASSWORD, name: str = "New") -> Any:
    fields = {"secret": secret, "name": name, "password": password, "client": CLIENT}
    return await auth.call("AcceptInvitation", WEB, **fields)


async def ended(auth: Auth, secret: str) -> bool:
    """Whether it is refused both where it is looked at and where it is used."""
    looked = await refusal_of(auth.call("GetInvitation", WEB, secret=secret))
    used = await refusal_of(accept(auth, secret))
    return {(error.code(), error.details()) for error in (looked, used)} == {ENDED}


async def test_a_new_address_becomes_a_user_and_a_member(auth: Auth, account: str) -> None:
    made = await invite(auth, account, "New@Example.com")
    invitation = made.invitation
    assert (invitation.email, invitation.role, invitation.created_by) == ("New@Example.com", 2, "ada@laptop")
    assert (invitation.created_at, invitation.expires_at) == (int(NOW), int(NOW) + WEEK)
    offer = await auth.call("GetInvitation", WEB, secret=made.secret)
    assert (offer.email, offer.account_name, offer.role, offer.has_user) == ("New@Example.com", "Räder", 2, False)
    reply = await accept(auth, made.secret)
    assert reply.account_id == account
    person = Person(auth, "new@example.com", reply.session.secret)
    me = (await person.call("GetMe")).user
    assert (me.email, me.name, me.is_operator) == ("New@Example.com", "New", False)
    assert (await person.member(account_id=account)).member_role == "MEMBER_ROLE_EDITOR"
    assert await (await sign_in(auth, "new@example.com")).is_in()
    assert await ended(auth, made.secret)
    assert not (await auth.call("ListMembers", at(account))).invitations


async def test_who_has_a_user_accepts_with_their_own_password(auth: Auth, account: str) -> None:
    bob = await new_user(auth, "bob@example.com")
    made = await invite(auth, account, "BOB@example.com")
    assert (await auth.call("GetInvitation", WEB, secret=made.secret)).has_user
    assert (await refusal_of(accept(auth, made.secret, ANOTHER))).code() == WRONG
    await accept(auth, made.secret)
    (mine,) = (await bob.call("ListMyAccounts")).accounts
    assert (mine.account.id, mine.role) == (account, 2)


async def test_an_invitation_is_no_way_in_for_who_has_no_password_or_is_disabled(auth: Auth, account: str) -> None:
    await auth.call("CreateUser", email="fresh@example.com", name="No password yet", is_operator=True)
    off = await new_user(auth, "off@example.com")
    await auth.call("SetUserEnabled", user_id=await off.user_id(), enabled=False)
    for email in ("fresh@example.com", "off@example.com"):
        made = await invite(auth, account, email)
        error = await refusal_of(accept(auth, made.secret))
        assert (error.code(), error.details()) == (WRONG, "E-mail address or password is wrong.")
    assert not (await auth.call("ListMembers", at(account))).members


async def test_trying_passwords_of_an_address_is_counted_as_signing_in_is(auth: Auth, account: str) -> None:
    await new_user(auth, "bob@example.com")
    made = await invite(auth, account, "bob@example.com")
    for number in range(5):
        assert (await refusal_of(accept(auth, made.secret, f"wrong number {number}"))).code() == WRONG
    for call in (accept(auth, made.secret), sign_in(auth, "bob@example.com")):
        assert (await refusal_of(call)).code() == grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_looking_and_mistakes_do_not_use_it_up(auth: Auth, account: str) -> None:
    made = await invite(auth, account)
    await auth.call("GetInvitation", WEB, secret=made.secret)
    for fields in ({"password": "short"}, {"name": "a\nb"}, {"name": ""}):
        assert (await refusal_of(accept(auth, made.secret, **fields))).code() == INVALID
    await accept(auth, made.secret)


async def test_it_ends_when_it_is_withdrawn_replaced_or_old(auth: Auth, account: str) -> None:
    withdrawn = await invite(auth, account, "one@example.com")
    for _ in range(2):
        await auth.call("WithdrawInvitation", at(account), invitation_id=withdrawn.invitation.id)
    replaced = await invite(auth, account, "two@example.com", 3)
    newest = await invite(auth, account, "Two@example.com", 1)
    for secret in (withdrawn.secret, replaced.secret, "", "x" * 43):
        assert await ended(auth, secret)
    (left,) = (await auth.call("ListMembers", at(account))).invitations
    assert (left.id, left.role) == (newest.invitation.id, 1)
    auth.clock.now = NOW + WEEK - 0.001
    assert (await auth.call("GetInvitation", WEB, secret=newest.secret)).role == 1
    auth.clock.now = NOW + WEEK
    assert await ended(auth, newest.secret)
    assert not (await auth.call("ListMembers", at(account))).invitations


async def test_a_member_is_not_invited(auth: Auth, account: str) -> None:
    await joined(auth, "bob@example.com", account, "VIEWER")
    error = await refusal_of(invite(auth, account, "Bob@example.com"))
    assert (error.code(), error.details()) == (
        WRONG_STATE,
        "This e-mail address is a member of the account already.",
    )


async def test_it_ends_when_its_address_becomes_a_member_otherwise(auth: Auth, account: str) -> None:
    made = await invite(auth, account, "bob@example.com", 3)
    bob = await joined(auth, "bob@example.com", account, "VIEWER")
    assert not (await auth.call("ListMembers", at(account))).invitations
    await auth.call("RemoveMember", at(account), user_id=await bob.user_id())
    assert await ended(auth, made.secret)
    assert not (await bob.call("ListMyAccounts")).accounts


async def test_it_is_none_while_whoever_made_it_may_not_invite(auth: Auth, account: str) -> None:
    await joined(auth, "ada@example.com", account, "OWNER")
    zoe = await joined(auth, "zoe@example.com", account, "OWNER")
    made = await auth.call("CreateInvitation", await zoe.member(account_id=account), email="z2@example.com", role=3)
    zoes = {"user_id": await zoe.user_id()}

    async def role(name: str) -> None:
        await auth.call("AddMember", at(account), email=zoe.email, role=f"MEMBER_ROLE_{name}")

    async def is_listed() -> bool:
        return bool((await auth.call("ListMembers", at(account))).invitations)

    assert await is_listed()
    await role("EDITOR")
    assert await ended(auth, made.secret)
    assert not await is_listed()
    await role("OWNER")
    await auth.call("SetUserEnabled", **zoes, enabled=False)
    assert await ended(auth, made.secret)
    assert not await is_listed()
    await auth.call("SetUserEnabled", **zoes, enabled=True)
    assert await is_listed()
    await auth.call("RemoveMember", at(account), **zoes)
    assert await ended(auth, made.secret)
    assert not await is_listed()
    await role("OWNER")
    await accept(auth, made.secret)


async def test_an_operator_invites_to_every_account(auth: Auth, account: str) -> None:
    ada = await new_user(auth, "ada@example.com", is_operator=True)
    made = await auth.call("CreateInvitation", await ada.member(account_id=account), email="new@example.com", role=1)
    assert [each.id for each in (await auth.call("ListMembers", at(account))).invitations] == [made.invitation.id]
    await accept(auth, made.secret)


@for_each("email", ["", "ada", "@example.com", "ada@", "a@b@c", "a b@c.de", "a\u202e@b.de", "x" * 251 + "@a.b"])
async def test_an_address_must_be_one(auth: Auth, account: str, email: str) -> None:
    assert (await refusal_of(invite(auth, account, email))).code() == INVALID


async def test_a_request_that_is_sent_twice_makes_one(auth: Auth, account: str) -> None:
    first = await invite(auth, account, creation_id=ID)
    again = await invite(auth, account, creation_id=ID)
    assert (again.invitation, again.secret) == (first.invitation, "")
    assert (await auth.call("GetInvitation", WEB, secret=first.secret)).role == 2
    for fields in ({"role": 3}, {"email": "other@example.com"}):
        assert (await refusal_of(invite(auth, account, **fields, creation_id=ID))).code() == WRONG_STATE
    other = (await auth.new_account()).id
    assert (await refusal_of(invite(auth, other, creation_id=ID))).code() == WRONG_STATE
    for wrong in ("x" * 15, "x" * 65, "x" * 15 + "ä", "x" * 16 + "\n"):
        assert (await refusal_of(invite(auth, account, creation_id=wrong))).code() == INVALID


async def test_of_many_at_once_one_is_made_and_one_is_accepted(replicas: tuple[Auth, Auth]) -> None:
    here, there = replicas
    account = (await here.new_account()).id
    made = await asyncio.gather(*(invite(auth, account, creation_id=ID) for auth in (here, there) * 3))
    assert len({reply.invitation.id for reply in made}) == 1
    (secret,) = (reply.secret for reply in made if reply.secret)
    ends = await asyncio.gather(*(accept(auth, secret) for auth in (here, there) * 3), return_exceptions=True)
    refusals = [end for end in ends if isinstance(end, grpc.aio.AioRpcError)]
    assert len(ends) - len(refusals) == 1
    assert len((await there.call("ListUsers")).users) == 1
    assert len((await there.call("ListMembers", at(account))).members) == 1
