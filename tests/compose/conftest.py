"""The stack that all drills share; where it can't be started, the report says once why they are skipped."""

from collections.abc import Iterator

import pytest

from tests.compose.composed_stack import FIRST_OWNER, PAGES, ComposedStack, lacking


def pytest_report_header() -> list[str]:
    return [reason] if (reason := lacking()) else []


@pytest.fixture(scope="session")
def stack() -> Iterator[ComposedStack]:
    if reason := lacking():
        pytest.skip(reason)
    stack = ComposedStack()
    try:
        stack.compose("down", "--volumes", "--remove-orphans")
        stack.up("--build")
        account = stack.cli("account", "create", "Example Ltd", "--plan", "enterprise")["id"]
        stack.bot = stack.cli("bot", "create", "Help desk", "--account", account)["id"]
        stack.key = stack.cli("key", "create", "--bot", stack.bot, "--name", "drill")["key"]
        added = stack.cli("source", "add", "--bot", stack.bot, "/pages", volumes=(f"{PAGES}:/pages:ro",))
        assert {source["status"] for source in added["sources"]} == {"ready"}
        came = stack.visitor(stack.cli("user", "link", "--first")["link"].rpartition("/")[2])
        came.send("/dashboard/link", name="Ada", **FIRST_OWNER)
        assert came.url.endswith(f"/dashboard/{account}/")
        yield stack
    finally:
        stack.compose("down", "--volumes", "--remove-orphans")
