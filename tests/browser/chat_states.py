"""The chat in each state that a visitor may meet."""

from playwright.sync_api import Page, expect

from tests.browser.chats import QUESTION, SAID, Chat, answers, ask, field, launcher, notice


def closed(page: Page, chat: Chat) -> None:
    chat.visit(page)


def opened(page: Page, chat: Chat) -> None:
    chat.open(page)


def answered(page: Page, chat: Chat) -> None:
    frame = chat.open(page)
    ask(frame)
    expect(answers(frame)).to_contain_text(SAID)
    frame.get_by_role("button", name="Not helpful").click()
    expect(frame.get_by_label("What was wrong or missing?")).to_be_focused()


def broken(page: Page, chat: Chat) -> None:
    frame = chat.open(page)
    ask(frame)
    expect(frame.get_by_text("The answer broke off.")).to_be_visible()


def resting(page: Page, chat: Chat) -> None:
    frame = chat.open(page)
    ask(frame)
    expect(notice(frame)).to_contain_text("This chat is resting until")
    expect(field(frame)).to_have_value(QUESTION)


def streaming(page: Page, chat: Chat) -> None:
    frame = chat.open(page)
    ask(frame)
    expect(frame.get_by_text("Three weeks")).to_be_visible()
    expect(frame.get_by_role("button", name="Stop")).to_be_visible()


def waiting(page: Page, chat: Chat) -> None:
    frame = chat.open(page)
    told = {"Retry-After": "42", "X-RateLimit-Reason": "minute"}
    page.route("**/widget/v1/chat", lambda route: route.fulfill(status=429, headers=told, json={"error": "Too fast."}))
    ask(frame)
    expect(notice(frame)).to_contain_text("you can ask again in")


def offline(page: Page, chat: Chat) -> None:
    frame = chat.open(page)
    page.context.set_offline(True)
    expect(notice(frame)).to_contain_text("You are offline.")


def absent(page: Page, chat: Chat) -> None:
    frame = chat.open(page)
    page.route("**/widget/v1/chat", lambda route: route.fulfill(status=403, json={"error": "Not here."}))
    ask(frame)
    expect(notice(frame)).to_have_text("This chat is not available here.")


def unloaded(page: Page, chat: Chat) -> None:
    chat.visit(page)
    page.route("**/bridge.js", lambda route: route.abort())
    launcher(page).click()
    expect(launcher(page)).not_to_have_text("")


def deleting(page: Page, chat: Chat) -> None:
    frame = chat.open(page)
    frame.get_by_role("button", name="More").click()
    frame.get_by_role("button", name="Delete my conversation").click()
    expect(frame.get_by_role("dialog")).to_be_visible()
