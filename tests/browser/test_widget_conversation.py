"""What a visitor does with a conversation: goes on with it, rates it, leaves it, deletes it."""

from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from tests.browser.chats import QUESTION, SAID, Chat, answers, ask, field, launcher, notice
from tests.browser.chromium import DESKTOP, PHONE, OpenWindow

pytestmark = pytest.mark.usefixtures("says")

# Of the page, its style, its scripts and the conversation.
MAXIMUM_REQUESTS = 8


@pytest.fixture
def asked(chat: Chat, open_window: OpenWindow) -> Page:
    """A page with the chat open and one answer in it."""
    page = open_window().page()
    frame = chat.open(page)
    ask(frame)
    expect(answers(frame)).to_contain_text(SAID)
    return page


def in_it(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def requests_of(page: Page, part: str) -> list[str]:
    """The requests from now on whose URL holds this."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if part in request.url else None)
    return found


def last_turn(chat: Chat) -> dict[str, Any]:
    """As the owner sees it."""
    session = chat.stack.json("session", "list", "--bot", chat.chatbot)["sessions"][0]["id"]
    turn: dict[str, Any] = chat.stack.json("session", "show", "--bot", chat.chatbot, session)["turns"][-1]
    return turn


def test_it_is_there_again_with_few_requests(asked: Page) -> None:
    requests = requests_of(asked, "/widget/")
    asked.reload()
    expect(answers(in_it(asked))).to_contain_text(SAID)
    expect(in_it(asked).get_by_text(QUESTION)).to_be_visible()
    in_frame = [url for url in requests if not url.endswith(".js") or "/static/" in url]
    assert len(in_frame) <= MAXIMUM_REQUESTS


@pytest.mark.parametrize(("size", "is_again"), [(DESKTOP, True), (PHONE, False), (PHONE[::-1], False)])
def test_a_chat_that_was_open_opens_again_where_it_leaves_room_for_the_page(
    chat: Chat, open_window: OpenWindow, size: tuple[int, int], is_again: bool
) -> None:
    window = open_window(size=size)
    if is_again:
        # As it is at times in a document that has just begun.
        window.context.add_init_script("Object.defineProperty(window, 'outerWidth', { value: 0 })")
    page = window.page()
    chat.open(page)
    page.reload()
    expect(launcher(page)).to_be_visible()
    page.evaluate("() => new Promise(requestIdleCallback)")
    assert launcher(page).evaluate("button => button.ariaBusy === 'true' || button.ariaExpanded === 'true'") is is_again


def test_an_answer_is_rated_and_the_rating_kept(chat: Chat, asked: Page) -> None:
    helpful = in_it(asked).get_by_role("button", name="Helpful", exact=True)
    unhelpful = in_it(asked).get_by_role("button", name="Not helpful")
    helpful.click()
    expect(in_it(asked).get_by_text("Thank you for your feedback.")).to_be_visible()
    asked.reload()
    expect(helpful).to_have_attribute("aria-pressed", "true")
    unhelpful.click()
    expect(helpful).to_have_attribute("aria-pressed", "false")
    expect(in_it(asked).get_by_label("What was wrong or missing?")).to_be_focused()
    asked.keyboard.type("Which bikes?")
    in_it(asked).locator(".rating").get_by_role("button", name="Send").click()
    expect(in_it(asked).get_by_text("Thank you for your feedback.")).to_be_visible()
    expect(unhelpful).to_be_focused()
    assert last_turn(chat)["rating_comment"] == "Which bikes?"
    # It is shown at once, and a page that is left before would not send it.
    with asked.expect_response("**/rating"):
        unhelpful.click()
    expect(unhelpful).to_have_attribute("aria-pressed", "false")
    asked.reload()
    expect(unhelpful).to_have_attribute("aria-pressed", "false")


def test_a_rating_that_is_not_taken_is_not_shown(chat: Chat, asked: Page) -> None:
    chat.set("--no-ratings")
    helpful = in_it(asked).get_by_role("button", name="Helpful", exact=True)
    helpful.click()
    expect(notice(in_it(asked))).to_contain_text("Your rating could not be saved.")
    expect(helpful).to_have_attribute("aria-pressed", "false")
    chat.set("--ratings")


def test_a_new_one_begins_and_the_old_one_is_left(asked: Page) -> None:
    in_it(asked).get_by_role("button", name="New conversation").click()
    expect(answers(in_it(asked))).to_have_count(0)
    expect(field(in_it(asked))).to_be_focused()
    ask(in_it(asked), "And what does it cost?")
    expect(answers(in_it(asked))).to_have_count(1)
    asked.reload()
    expect(in_it(asked).get_by_text("And what does it cost?")).to_be_visible()
    expect(in_it(asked).get_by_text(QUESTION)).to_have_count(0)


def test_a_visitor_deletes_it(asked: Page) -> None:
    in_it(asked).get_by_role("button", name="More").click()
    in_it(asked).get_by_role("button", name="Delete my conversation").click()
    in_it(asked).get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(notice(in_it(asked))).to_have_text("Your conversation was deleted.")
    expect(answers(in_it(asked))).to_have_count(0)
    asked.reload()
    expect(field(in_it(asked))).to_be_visible()
    ask(in_it(asked), "And what does it cost?")
    expect(answers(in_it(asked))).to_have_count(1)


def test_a_ticket_is_renewed_a_minute_before_its_end(chat: Chat, open_window: OpenWindow) -> None:
    page = open_window().page()
    page.clock.install()
    with page.expect_response("**/ticket/*") as first:
        frame = chat.open(page)
    first.value.finished()
    tickets = requests_of(page, "/ticket/")
    page.clock.fast_forward("08:50")
    ask(frame)
    expect(answers(frame)).to_have_count(1)
    assert tickets == []
    page.clock.fast_forward("00:20")
    ask(frame)
    expect(answers(frame)).to_have_count(2)
    assert len(tickets) == 1


@pytest.mark.parametrize("bad", [1, 2])
def test_a_ticket_that_is_refused_is_renewed_once(asked: Page, bad: int) -> None:
    tickets = requests_of(asked, "/ticket/")
    sent: list[Route] = []

    def spoil(route: Route) -> None:
        sent.append(route)
        spoilt = {"authorization": "Bearer of.nothing.good"} if len(sent) <= bad else {}
        route.continue_(headers=route.request.headers | spoilt)

    asked.route("**/widget/v1/chat", spoil)
    ask(in_it(asked))
    if bad == 1:
        expect(answers(in_it(asked))).to_have_count(2)
    else:
        expect(notice(in_it(asked))).to_contain_text("Please reload the page.")
        expect(field(in_it(asked))).to_have_value(QUESTION)
    assert (len(sent), len(tickets)) == (2, 1)
