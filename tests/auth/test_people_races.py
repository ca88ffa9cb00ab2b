"""What was right when it was looked at, and is not any more when it is done.

Each test holds the change that comes first open, begins the second, which has to wait for it, and then lets it end.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from auth_harness import Auth, refusal_of
from people_harness import ANOTHER, PASSWORD, WEB, at, joined, new_user, sign_in, use_link

from services.auth.random_secret import digest
from services.auth.store import AuthStore, Transaction
from services.database import Database

ENDED = "This link was used or is too old. Ask whoever gave it to you for another one."


@pytest.fixture
async def store(replicas: tuple[Auth, Auth], database_url: str, tmp_path: Path) -> AsyncIterator[AuthStore]:
    """The database of the servers."""
    url = database_url if database_url.startswith("postgresql") else f"sqlite+aiosqlite:///{tmp_path / 'auth.db'}"
    database = Database(url, "auth", seconds=30)
    yield AuthStore(database)
    await database.close()


@asynccontextmanager
async def before(begin: Callable[[], Any], store: AuthStore, refused: list[str]) -> AsyncIterator[Transaction]:
    """A transaction that is committed while what `begin` begins waits; its refusal goes into `refused`."""
    async with store.write() as transaction:
        yield transaction
        second = asyncio.create_task(refusal_of(begin()))
        # Long enough to have done it, had it not to wait.
        await asyncio.wait([second], timeout=0.7)
        assert not second.done()
    refused.append((await second).details() or "")


async def test_of_two_owners_who_go_one_stays(replicas: tuple[Auth, Auth], store: AuthStore) -> None:
    auth, refused = replicas[0], []
    account = (await auth.new_account()).id
    ada, bob = [await joined(auth, f"{name}@example.com", account, "OWNER") for name in ("ada", "bob")]
    bobs = await bob.user_id()
    async with before(lambda: auth.call("RemoveMember", at(account), user_id=bobs), store, refused) as transaction:
        assert await transaction.account(account, lock=True)
        first = await transaction.membership(account, await ada.user_id())
        assert first is not None
        await transaction.remove_membership(first.id)
    assert refused == ["This is the only owner of the account. Make somebody else an owner first."]


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_link_is_used_once(replicas: tuple[Auth, Auth], store: AuthStore, is_first: bool) -> None:
    auth, refused = replicas[0], []
    account, user_id = (await auth.new_account()).id, None
    if is_first:
        link = (await auth.call("CreateSignInLink", first_owner_of=account)).secret
    else:
        user_id = await (await new_user(auth, "ada@example.com")).user_id()
        link = (await auth.call("CreateSignInLink", user_id=user_id)).secret
    fields = {"secret": link, "email": "bob@example.com", "name": "Bob", "password": PASSWORD}
    async with before(lambda: auth.call("UseSignInLink", WEB, **fields), store, refused) as transaction:
        assert await (
            transaction.account(account, lock=True) if is_first else transaction.user(user_id or "", lock=True)
        )
        await transaction.end_links(user_id)
    assert refused == [ENDED]


async def test_an_invitation_that_is_withdrawn_is_not_accepted(replicas: tuple[Auth, Auth], store: AuthStore) -> None:
    auth, refused = replicas[0], []
    account = (await auth.new_account()).id
    secret = (await auth.call("CreateInvitation", at(account), email="new@example.com", role=1)).secret
    fields = {"secret": secret, "name": "New", "password": PASSWORD}
    async with before(lambda: auth.call("AcceptInvitation", WEB, **fields), store, refused) as transaction:
        assert await transaction.account(account, lock=True)
        invitation = await transaction.invitation_of(digest(secret))
        assert invitation is not None
        await transaction.save(replace(invitation, ended_ms=1))
    assert refused == [ENDED]


@pytest.mark.parametrize(
    ("way", "change"),
    # A link asks for no password.
    [(way, change) for way in ("sign in", "change the password", "accept") for change in ("password", "disabled")]
    + [("link", "disabled")],
)
async def test_a_password_that_is_right_no_more_opens_nothing(
    replicas: tuple[Auth, Auth], store: AuthStore, way: str, change: str
) -> None:
    auth, refused = replicas[0], []
    ada = await new_user(auth, "ada@example.com")
    user_id = await ada.user_id()
    account = (await auth.new_account()).id
    invited = (await auth.call("CreateInvitation", at(account), email="ada@example.com", role=1)).secret
    link = (await auth.call("CreateSignInLink", user_id=user_id)).secret
    call = {
        "sign in": lambda: sign_in(auth, "ada@example.com"),
        "change the password": lambda: ada.call("ChangePassword", password=PASSWORD, new_password=ANOTHER),
        "accept": lambda: auth.call("AcceptInvitation", WEB, secret=invited, password=PASSWORD),
        "link": lambda: use_link(auth, link, "ada@example.com"),
    }[way]
    async with before(call, store, refused) as transaction:
        user = await transaction.user(user_id, lock=True)
        assert user is not None
        await transaction.save(
            replace(user, **({"password_hash": "x"} if change == "password" else {"disabled_ms": 1}))
        )
    assert refused in (
        ["E-mail address or password is wrong."],
        ["The present password is wrong."],
        ["Your session has ended. Please sign in again."],
        [ENDED],
    )
    (user,) = (await auth.call("ListUsers")).users
    assert not (await auth.call("ListMembers", at(account))).members
    assert user.enabled == (change == "password")


async def test_who_was_removed_meanwhile_is_removed(replicas: tuple[Auth, Auth]) -> None:
    here, there = replicas
    account = (await here.new_account()).id
    bob = await joined(here, "bob@example.com", account, "EDITOR")
    await here.call("RemoveMember", at(account), user_id=await bob.user_id())
    error = await refusal_of(there.call("IssueMemberToken", await bob.principal(), account_id=account))
    assert error.code() == grpc.StatusCode.NOT_FOUND
