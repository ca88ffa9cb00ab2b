"""A whole stack with an account that has been used for long."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.dashboard.browser import Browser, come_by_link
from services.config.settings import load_settings
from tests.contract.plans import with_plans
from tests.contract.stack import USUAL, Stack
from tests.promises.own_postgres import own_postgres
from tests.web.filled.filled import fill
from tests.web.filled.size import Size


@dataclass(frozen=True)
class Installed:
    """A full stack, its people, and all processes that work for it."""

    stack: Stack
    owner: Browser
    operator: Browser
    known: Mapping[str, str]
    pids: Callable[[], list[int]]


@contextmanager
def installed(folder: Path, database: str) -> Iterator[Installed]:
    """On SQLite or on a Postgres of its own."""
    if database == "sqlite":
        with _running(folder, {}, list) as ready:
            yield ready
    else:
        with (
            own_postgres() as postgres,
            _running(folder, {"CHATMOUNT_DATABASE_URL": postgres.url}, postgres.pids) as it,
        ):
            yield it


@contextmanager
def _running(folder: Path, settings: dict[str, str], others: Callable[[], list[int]]) -> Iterator[Installed]:
    stack = Stack(folder / "home", {**USUAL, **with_plans(folder), **settings})
    stack.start("--no-demo")
    try:
        account = stack.json("account", "create", "Acme", "--plan", "roomy")["id"]
        chatbot = stack.json("bot", "create", "Help", "--account", account)["id"]
        first = stack.json("user", "link", "--first", "--account", account)["link"]
        operator = come_by_link(stack, first, "operator@example.com")
        invited = stack.json("member", "invite", "ada@example.com", "--account", account, "--role", "owner")["link"]
        owner = come_by_link(stack, invited, "ada@example.com")
        user = next(each["id"] for each in stack.json("user", "list")["users"] if each["email"] == "ada@example.com")
        settled = load_settings({"CHATMOUNT_HOME": str(stack.home), **settings})
        known = asyncio.run(fill(settled, account, chatbot, user, Size(), time.time()))
        yield Installed(stack, owner, operator, known, lambda: [*stack.pids(), *others()])
        stack.stop()
    finally:
        stack.abandon()
