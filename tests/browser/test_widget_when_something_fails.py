"""What a visitor sees and keeps when an answer breaks off, a limit is reached, or the network is gone."""

import re

import httpx
from playwright.sync_api import expect

from tests.browser.chats import (
    ANSWER,
    MESSAGES_PER_MINUTE,
    QUESTION,
    SAID,
    Chat,
    Chats,
    answers,
    ask,
    field,
    launcher,
    notice,
)
from tests.browser.chromium import OpenWindow
from tests.chat.model.scripted_replies import Drop, Reply, Silence, answer, chunk, refusal
from tests.waiting import PATIENCE

BEGUN = "Three weeks"


def test_an_answer_that_broke_off_stays_and_can_be_asked_again(
    chat: Chat, chats: Chats, open_window: OpenWindow
) -> None:
    chats.provider.script = Reply((chunk(BEGUN, role="assistant"), 0.3, Drop()))
    page = open_window().page()
    frame = chat.open(page)
    ask(frame)
    expect(answers(frame)).to_contain_text(BEGUN)
    expect(answers(frame)).to_contain_text("The answer broke off.")
    # It is the same after a reload, for it was stored as it is.
    chats.provider.script = answer(*ANSWER)
    page.reload()
    expect(answers(frame)).to_contain_text("The answer broke off.")
    again = frame.get_by_role("button", name="Try again")
    again.click()
    expect(answers(frame)).to_have_count(2)
    expect(answers(frame).last).to_contain_text(SAID)
    expect(answers(frame).last).not_to_contain_text("The answer broke off.")
    expect(again).to_be_hidden()
    expect(field(frame)).to_be_focused()


def test_a_visitor_stops_an_answer_and_types_on_meanwhile(chat: Chat, chats: Chats, open_window: OpenWindow) -> None:
    chats.provider.script = Reply((chunk(BEGUN, role="assistant"), Silence()))
    page = open_window().page()
    frame = chat.open(page)
    ask(frame)
    expect(frame.get_by_text(BEGUN)).to_be_visible()
    field(frame).fill("And then?")
    field(frame).press("Enter")
    expect(field(frame)).to_have_value("And then?")
    frame.get_by_role("button", name="Stop").click()
    expect(answers(frame)).to_contain_text("You stopped this answer.")
    expect(field(frame)).to_have_value("And then?")
    expect(frame.get_by_role("button", name="Send")).to_be_enabled()


def test_a_question_that_gets_no_answer_is_in_the_field_again(
    chat: Chat, chats: Chats, open_window: OpenWindow
) -> None:
    chats.provider.script = refusal(500)
    page = open_window().page()
    frame = chat.open(page)
    ask(frame)
    expect(notice(frame)).to_contain_text("The chat can't be reached right now.")
    expect(field(frame)).to_have_value(QUESTION)
    expect(field(frame)).to_be_focused()
    expect(answers(frame)).to_have_count(0)
    chats.provider.script = answer(*ANSWER)
    page.keyboard.press("Enter")
    expect(answers(frame)).to_contain_text(SAID)
    expect(notice(frame)).to_be_empty()


def test_too_many_questions_wait_for_their_minute(chats: Chats, open_window: OpenWindow) -> None:
    chats.provider.script = answer(*ANSWER)
    page = open_window().page()
    with chats.chat() as chat:
        frame = chat.open(page)
        use_up_the_minute(chat)
        ask(frame)
        expect(notice(frame)).to_contain_text(re.compile(r"you can ask again in [1-5]?\d s"))
        expect(field(frame)).to_have_value(QUESTION)
        expect(frame.get_by_role("button", name="Send")).to_be_disabled()
        page.keyboard.press("Enter")
        expect(field(frame)).to_have_value(QUESTION)


def use_up_the_minute(chat: Chat) -> None:
    """By questions that are refused, and count all the same."""
    with httpx.Client(timeout=PATIENCE) as client:
        place = chat.address.replace("/widget/", "/widget/v1/ticket/").removesuffix(".js")
        ticket = client.post(place, headers={"origin": chat.url}, content="{}").json()["ticket"]
        headers = {"authorization": f"Bearer {ticket}"}
        url = chat.address.partition("/widget/")[0] + "/widget/v1/chat"
        statuses = [
            client.post(url, headers=headers, json={"message": ""}).status_code for _ in range(MESSAGES_PER_MINUTE)
        ]
    assert set(statuses) == {400}


def test_the_day_is_over(chats: Chats, open_window: OpenWindow) -> None:
    page = open_window().page()
    with chats.chat("--resting-text", "Back tomorrow at nine.", "--budget", "0") as chat:
        frame = chat.open(page)
        ask(frame)
        expect(notice(frame)).to_have_text("Back tomorrow at nine.")
        expect(field(frame)).to_have_value(QUESTION)


def test_without_a_network_nothing_is_lost(chat: Chat, chats: Chats, open_window: OpenWindow) -> None:
    chats.provider.script = answer(*ANSWER)
    window = open_window()
    page = window.page()
    frame = chat.open(page)
    window.context.set_offline(True)
    expect(notice(frame)).to_contain_text("You are offline.")
    ask(frame)
    expect(field(frame)).to_have_value(QUESTION)
    window.context.set_offline(False)
    expect(notice(frame)).to_be_empty()
    page.keyboard.press("Enter")
    expect(answers(frame)).to_contain_text(SAID)
    window.faults.clear()


def test_where_only_the_launcher_came_it_says_so_and_the_next_click_tries_again(
    chat: Chat, open_window: OpenWindow
) -> None:
    window = open_window(locale="de")
    page = window.page()
    chat.visit(page)
    name = launcher(page).get_attribute("aria-label") or ""
    page.route("**/bridge.js", lambda route: route.abort())
    for _ in range(2):
        launcher(page).click()
        expect(launcher(page)).to_have_text("Der Chat lädt nicht. Erneut versuchen.")
        expect(launcher(page)).to_have_accessible_name("Der Chat lädt nicht. Erneut versuchen.")
        expect(launcher(page)).not_to_have_attribute("aria-busy", "true")
    window.faults.clear()
    page.unroute("**/bridge.js")
    launcher(page).click()
    expect(field(page.frame_locator("iframe"))).to_be_focused()
    expect(launcher(page)).to_have_text("")
    expect(launcher(page)).to_have_accessible_name(name)


def test_a_site_that_is_taken_off_the_list_reads_so_in_the_open_chat(chats: Chats, open_window: OpenWindow) -> None:
    page = open_window().page()
    with chats.chat() as chat:
        frame = chat.open(page)
        chat.stack.json("widget", "origin", "remove", chat.chatbot, chat.url)
        ask(frame)
        expect(notice(frame)).to_have_text("This chat is not available here.")
        expect(field(frame)).to_have_value(QUESTION)
        expect(field(frame)).to_be_disabled()


def test_a_conversation_that_is_gone_makes_room_for_another(chats: Chats, open_window: OpenWindow) -> None:
    chats.provider.script = answer(*ANSWER)
    window = open_window()
    page = window.page()
    with chats.chat() as chat:
        frame = chat.open(page)
        ask(frame)
        expect(answers(frame)).to_have_count(1)
        page.reload()
        expect(answers(frame)).to_have_count(1)
        session = chats.stack.json("session", "list", "--bot", chat.chatbot)["sessions"][0]["id"]
        chats.stack.json("session", "delete", "--bot", chat.chatbot, session)
        ask(frame, "And a second one?")
        expect(frame.get_by_role("log")).to_contain_text("And a second one?")
        expect(notice(frame)).to_contain_text("Your earlier conversation no longer exists.")
        expect(answers(frame)).to_have_count(1)
