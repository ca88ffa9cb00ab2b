"""A whole stack with people in it, and a Chromium, for the tests of this folder."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.chats import ANSWER, Chat, Chats, open_chats
from tests.browser.chromium import HOW_TO_GET_ONE, OpenWindow, Window, open_chromium, path_of_chromium
from tests.browser.site import Furnished, Site, furnish, move_in
from tests.chat.model.scripted_replies import answer
from tests.contract.plans import with_plans
from tests.contract.stack import SPLIT, Stack, running
from tests.pages import ROOT

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where there is no Chromium, the tests of this folder are skipped, or fail where one is required."""
    if path_of_chromium() or os.environ.get("CHATMOUNT_BROWSER") == "required":
        return
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.skip(reason=HOW_TO_GET_ONE))


@pytest.fixture(scope="package")
def chromium_path() -> str:
    return path_of_chromium() or pytest.fail(HOW_TO_GET_ONE)


@pytest.fixture(scope="package")
def furnished(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    folder = tmp_path_factory.mktemp("browser")
    # Pages come from two processes by turns, as they do behind Envoy on several machines.
    with running(Stack(folder / "home", {**with_plans(folder), **SPLIT}), "--replicas", "web=2") as stack:
        yield furnish(stack)


@pytest.fixture(scope="package")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """Closed with the folder: while it is open, this thread can run no other event loop."""
    with open_chromium(chromium_path) as browser:
        yield browser


@pytest.fixture(scope="package")
def site(furnished: Furnished, chromium: Browser) -> Site:
    """The dashboard with an owner, an editor and a viewer, and a chatbot that knows something."""
    return move_in(furnished, chromium)


@pytest.fixture(scope="package")
def chats(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chats]:
    """Chatbots on websites, whose answers a scripted provider writes."""
    with open_chats(tmp_path_factory.mktemp("chats")) as chats:
        yield chats


@pytest.fixture(scope="module")
def chat(request: pytest.FixtureRequest, chats: Chats) -> Iterator[Chat]:
    """A chatbot on a website; the module's WIDGET_LOOKS are options of `chatmount widget set`."""
    with chats.chat(*getattr(request.module, "WIDGET_LOOKS", ())) as chat:
        yield chat


@pytest.fixture
def says(chats: Chats) -> None:
    """The provider answers with ANSWER."""
    chats.provider.script = answer(*ANSWER)


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """For pictures."""
    return ROOT / "docs/images" if request.config.getoption("pictures") else tmp_path


@pytest.fixture
def open_window(chromium: Browser) -> Iterator[OpenWindow]:
    """Opens windows; at the end of the test none of them may have complained."""
    windows: list[Window] = []

    def open_one(**options: Any) -> Window:
        windows.append(Window.open(chromium, **options))
        return windows[-1]

    yield open_one
    for window in windows:
        window.close()
