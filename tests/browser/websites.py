"""Websites of customers that are unlike each other, each with a widget on its pages."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Request, expect

from tests.browser.another_site import another_site
from tests.browser.chats import Chat, launcher
from tests.browser.chromium import Window

# What a website embeds, as the dashboard gives it.
EMBEDS = '<script async src="{script}"></script>'
STUB = "window.chatmount = window.chatmount || function () { (chatmount.q = chatmount.q || []).push(arguments) };"


def page_with(body: str, head: str = "") -> str:
    """A page of a website."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>Shop</title>{head}</head>'
        f"<body><main><h1>Shop</h1>{body}</main></body></html>"
    )


@contextmanager
def website(chat: Chat, html: str, headers: Mapping[str, str] | None = None, host: str = "127.0.0.1") -> Iterator[str]:
    """Where the page is, on a site that is listed from now on. `html`: `{script}` is where the widget's script is."""
    page = html.replace("{script}", chat.address).replace("{host}", host_of(chat))
    told = {name: value.replace("{host}", host_of(chat)) for name, value in (headers or {}).items()}
    with another_site(page, told) as port:
        url = f"http://{host}:{port}"
        chat.stack.json("widget", "origin", "add", chat.chatbot, url)
        yield url


def widget_of(chat: Chat) -> str:
    """Its id."""
    return chat.address.rpartition("/")[2].removesuffix(".js")


def host_of(chat: Chat) -> str:
    """The origin of the installation."""
    return chat.address.partition("/widget/")[0]


@dataclass
class Seen:
    """What a page has asked for and said."""

    requests: list[str]
    console: list[str]

    @classmethod
    def on(cls, page: Page) -> "Seen":
        """From now on."""
        seen = cls([], [])

        def note(request: Request) -> None:
            seen.requests.append(request.url)

        def hear(message: ConsoleMessage) -> None:
            if message.text.startswith("Chatmount"):
                seen.console.append(message.text)

        page.on("request", note)
        page.on("console", hear)
        return seen

    def of(self, chat: Chat) -> list[str]:
        """The requests to the installation, by their paths without the widget's id."""
        own = [url.removeprefix(host_of(chat)) for url in self.requests if url.startswith(host_of(chat))]
        return [path.replace(widget_of(chat), "wgt") for path in own]


def stored(page: Page) -> list[Any]:
    """Everything that the browser keeps for the page."""
    kept: list[Any] = page.evaluate("() => [{...localStorage}, {...sessionStorage}, document.cookie]")
    return kept


EMPTY: list[Any] = [{}, {}, ""]


def assert_no_cookie(window: Window) -> None:
    assert window.context.cookies() == []


def wait_for_launchers(page: Page, count: int) -> None:
    expect(launcher(page)).to_have_count(count)
