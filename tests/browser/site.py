"""The dashboard of a stack, with people and a chatbot."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from tests.browser.chromium import Window
from tests.contract.stack import Stack

PASSWORD = "correct horse battery staple"
PAGES = (Path(__file__).parent / "shop", Path(__file__).parents[1] / "contract/pages")
WEBSITE = "https://bikes.example"
NAMES = {"owner": "Olga Berg", "editor": "Emil Sand", "viewer": "Vera Holm"}
"""Of people, by their role."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where it is, and what is in it."""

    stack: Stack
    url: str
    account: str
    chatbot: str
    cookies: dict[str, Sequence[Any]]
    """The sessions of people by their role."""

    def address(self, path: str) -> str:
        """The URL of a page: `account/usage` and `chatbot/keys` are those of the site."""
        path = path.replace("account/", f"{self.account}/").replace("chatbot/", f"{self.chatbot}/")
        return f"{self.url}/dashboard/{path}"

    def sign_in(self, window: Window, role: str = "owner") -> Page:
        """A tab of somebody in that role."""
        window.context.add_cookies(self.cookies[role])
        return window.page()


def email_of(role: str) -> str:
    """The address of the person in that role."""
    return f"{role}@example.com"


@dataclass(frozen=True, slots=True)
class Furnished:
    """A stack with an account, a chatbot, and a link for the person in each role."""

    stack: Stack
    account: str
    chatbot: str
    links: dict[str, str]


def furnish(stack: Stack) -> Furnished:
    """The chatbot gets pages and a pair."""
    account = stack.json("account", "create", "Harbour Bikes", "--plan", "plus")["id"]
    chatbot = stack.json("bot", "create", "Help desk", "--account", account)["id"]
    stack.json("source", "add", "--bot", chatbot, *map(str, PAGES), "--base-url", WEBSITE)
    pair = ("--question", "Is there parking?", "--answer", "Yes, behind the shop in Mill Lane.")
    stack.json("qa", "add", "--bot", chatbot, *pair)
    links: dict[str, str] = {"owner": stack.json("user", "link", "--first", "--account", account)["link"]}
    for role in ("editor", "viewer"):
        invited = stack.json("member", "invite", email_of(role), "--account", account, "--role", role)
        links[role] = invited["link"]
    return Furnished(stack, account, chatbot, links)


def move_in(furnished: Furnished, chromium: Browser) -> Site:
    """The people come by their links, as people do."""
    cookies: dict[str, Sequence[Any]] = {}
    for role, link in furnished.links.items():
        with window_of(chromium) as window:
            come_by(window.page(), localhost(link), role)
            cookies[role] = window.context.cookies()
    url = localhost(furnished.stack.base_url)
    return Site(furnished.stack, url, furnished.account, furnished.chatbot, cookies)


@contextmanager
def window_of(chromium: Browser) -> Iterator[Window]:
    """A window for a while."""
    window = Window.open(chromium)
    yield window
    window.close()


def come_by(page: Page, link: str, role: str) -> None:
    """Open a link and fill in what it asks for."""
    page.goto(link)
    for label, text in (("E-mail address", email_of(role)), ("Your name", NAMES[role]), ("Password", PASSWORD)):
        field = page.get_by_label(label, exact=True)
        if field.count():
            field.fill(text)
    page.locator("main").get_by_role("button").click()
    page.wait_for_url("**/dashboard/acct_*/")


def localhost(url: str) -> str:
    """The URL under the name for which browsers keep Secure cookies without TLS."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"localhost:{parts.port}").geturl()
