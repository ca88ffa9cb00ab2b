"""Chatbots on the pages of customers, with a model that says what a test wants."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Frame, FrameLocator, Locator, Page, expect

from tests.browser.another_site import another_site
from tests.browser.site import PAGES, WEBSITE, localhost
from tests.chat.model.provider_thread import provider_thread
from tests.chat.model.scripted_provider import ScriptedProvider
from tests.contract.plans import MANY, plan
from tests.contract.stack import Stack, running

QUESTION = "How long can I keep a rented bike?"
ANSWER = ("Three", " weeks", " [1]", " at most.")
SAID = "Three weeks at most."
MESSAGES_PER_MINUTE = 60
"""To one chatbot."""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Harbour Bikes</title>
<main>
<h1>Harbour Bikes</h1>
<p>Rent a bike at the harbour. <a href="#prices">Prices</a></p>
</main>
<script async src="{script}"></script>
</html>
"""


@dataclass(frozen=True, slots=True)
class Chat:
    """A chatbot on a customer's page. `url`: of the page; `address`: of the widget's script."""

    chatbot: str
    url: str
    address: str
    stack: Stack

    def visit(self, page: Page) -> None:
        """See the page with the launcher on it."""
        page.goto(self.url)
        expect(launcher(page)).to_be_visible()

    def open(self, page: Page) -> FrameLocator:
        """The chat after a click on the launcher."""
        self.visit(page)
        launcher(page).click()
        chat = page.frame_locator("iframe")
        expect(field(chat)).to_be_focused()
        return chat

    def set(self, *options: str) -> None:
        """`chatmount widget set` with these options."""
        self.stack.json("widget", "set", self.chatbot, *options)


@dataclass(frozen=True, slots=True)
class Chats:
    """A stack, and the model behind its chatbots."""

    stack: Stack
    provider: ScriptedProvider
    account: str

    @contextmanager
    def chat(self, *looks: str) -> Iterator[Chat]:
        """A new chatbot on a page of its own. `looks`: options of `chatmount widget set`."""
        chatbot = self.stack.json("bot", "create", "Help desk", "--account", self.account)["id"]
        self.stack.json("source", "add", "--bot", chatbot, *map(str, PAGES), "--base-url", WEBSITE)
        html = self.stack.json("widget", "set", chatbot, "--enabled", *looks)["html"]
        address = localhost(html.split('"')[1])
        with another_site(PAGE.format(script=address)) as port:
            url = f"http://127.0.0.1:{port}"
            self.stack.json("widget", "origin", "add", chatbot, url)
            yield Chat(chatbot, url, address, self.stack)


@contextmanager
def open_chats(folder: Path) -> Iterator[Chats]:
    """A stack that gives one address, which all visitors have here, any number of tickets."""
    with provider_thread() as provider:
        environment = {
            "CHATMOUNT_PLANS_FILE": str(_plans(folder)),
            "CHATMOUNT_LLM_URL": provider.url,
            "CHATMOUNT_LLM_MODEL": "m",
            "CHATMOUNT_LLM_API_KEY": "sk-very-secret",
        }
        with running(Stack(folder / "home", environment)) as stack:
            account = stack.json("account", "create", "Harbour Bikes", "--plan", "roomy")["id"]
            yield Chats(stack, provider, account)


def _plans(folder: Path) -> Path:
    file = folder / "plans.toml"
    limits = {
        "widget_tickets": MANY,
        "widget_messages": MANY,
        "address_tickets": MANY,
        "address_messages": MESSAGES_PER_MINUTE,
    }
    lines = [f"{name}_per_minute = {limit}\n" for name, limit in limits.items()]
    file.write_text("".join(lines) + plan("roomy", per_month=None), "utf-8")
    return file


def document_in(page: Page) -> Frame:
    """The chat's own document."""
    (found,) = [frame for frame in page.frames if "/widget/frame/" in frame.url]
    return found


def launcher(page: Page) -> Locator:
    """What opens and closes the chat."""
    return page.locator("chatmount-widget button")


def field(chat: FrameLocator) -> Locator:
    """Where visitors type."""
    return chat.locator("#question")


def notice(chat: FrameLocator) -> Locator:
    """What happens, or why nothing does."""
    return chat.locator(".notice[role=status]")


def ask(chat: FrameLocator, question: str = QUESTION) -> None:
    """As people do who use the keyboard."""
    field(chat).fill(question)
    field(chat).press("Enter")


def answers(chat: FrameLocator) -> Locator:
    """Those that have ended."""
    return chat.get_by_role("log").locator(".answer")
