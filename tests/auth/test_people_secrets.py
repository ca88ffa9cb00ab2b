"""Passwords, and secrets of sessions, links and invitations, are nowhere but where they belong."""

import logging
from pathlib import Path
from typing import Any

import pytest
from auth_harness import Auth, refusal_of
from people_harness import ANOTHER, PASSWORD, WEB, Person, at, first_owner, sign_in, use_link


def pieces(secret: str) -> list[bytes]:
    """What would be worth having."""
    return [secret.encode(), secret[:20].encode(), secret[-20:].encode(), secret.encode("utf-16-le")]


async def test_nothing_that_is_kept_or_told_holds_a_secret(
    auth: Auth, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "aiosqlite")  # as every process has it
    account = (await auth.new_account()).id
    ada = await first_owner(auth, account)
    link = (await auth.call("CreateSignInLink", user_id=await ada.user_id())).secret
    invited = await auth.call("CreateInvitation", at(account), email="bob@example.com", role=1)
    fields: dict[str, Any] = {"name": "Bob", "password": PASSWORD}
    accepted = await auth.call("AcceptInvitation", WEB, secret=invited.secret, **fields)
    bob = Person(auth, "bob@example.com", accepted.session.secret)
    again = await use_link(auth, link, "ada@example.com", ANOTHER)
    other = await sign_in(auth, "ada@example.com", ANOTHER)
    secrets = [PASSWORD, ANOTHER, link, invited.secret, ada.secret, bob.secret, again.secret, other.secret]
    told = [
        str(await refusal_of(sign_in(auth, "ada@example.com", PASSWORD))),
        str(await refusal_of(sign_in(auth, PASSWORD, ANOTHER))),
        str(await refusal_of(again.call("ChangePassword", password=PASSWORD, new_password=ANOTHER))),
        str(await refusal_of(use_link(auth, link, "x"))),
        str(await refusal_of(auth.call("GetInvitation", WEB, secret=invited.secret))),
        str(await refusal_of(again.call("EndMySessions", session_id=other.secret))),
        str(await ada.knock()),
        str(await bob.knock()),
        str(await bob.call("ListMySessions")),
        str(await auth.call("ListUsers")),
        str(await auth.call("ListMembers", at(account))),
        str(await auth.call("ListAuditEvents", page_size=1000)),
        caplog.text,
    ]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    # The search finds what is there.
    assert any(b"bob@example.com" in path.read_bytes() for path in files)
    for secret in secrets:
        assert [path for path in files if any(piece in path.read_bytes() for piece in pieces(secret))] == []
        assert [text for text in told if secret[:20] in text] == []
    assert not any("$argon2id$" in text for text in told)
