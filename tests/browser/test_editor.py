"""An editor puts right what was answered wrongly, and answers what nothing answered."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import OpenWindow
from tests.browser.site import Site

WRONG, RIGHT = "The deposit is 100 euros", "Since May the deposit for a city bike is 80 euros."
DOGS, BALLOONS = "May I bring my dog?", "Who invented the hot air balloon?"


def test_a_wrong_answer_is_right_from_the_next_question_on(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window(), "editor")
    expect(ask(site, page, "How much is the deposit for a city bike?")).to_contain_text(WRONG)
    find_it_among_the_conversations(page)
    page.get_by_role("link", name="Correct this answer").click()
    what_it_rests_on = page.get_by_role("region", name="Asked now")
    expect(what_it_rests_on.get_by_role("listitem").first).to_contain_text("Prices")
    page.get_by_role("textbox", name="Answer", exact=True).fill(RIGHT)
    page.get_by_role("button", name="Save the answer").click()
    expect(page.get_by_role("status")).to_have_text("The pair was saved. It answers from now on.")
    expect(what_it_rests_on).to_contain_text("answered by a pair")
    expect(what_it_rests_on).to_contain_text(RIGHT)

    turn = ask(site, page, "How much deposit must I pay for a city bike?")
    expect(turn.locator(".answer")).to_have_text(RIGHT)
    expect(turn.locator(".reason")).to_contain_text("that of a question-and-answer pair")


def test_the_unanswered_questions_are_worked_through(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window(), "editor")
    for question in (DOGS.lower().rstrip("?"), DOGS, BALLOONS):
        expect(ask(site, page, question).locator(".reason")).to_contain_text("so the fallback text was given.")
    page.get_by_role("link", name="Unanswered").click()
    row = page.get_by_role("row", name=DOGS)
    expect(row).to_contain_text("also asked as may i bring my dog")
    expect(row.get_by_role("cell").first).to_have_text("2")
    row.get_by_role("link").click()
    page.get_by_role("textbox", name="Answer", exact=True).fill("Dogs ride in the trailer, at no charge.")
    page.get_by_role("button", name="Save the answer").click()
    expect(page.get_by_role("status")).to_have_text("The answer was saved. It is given from now on.")

    page.get_by_role("navigation", name="Where you are").get_by_role("link", name="Unanswered").click()
    expect(page.get_by_role("row", name=DOGS)).to_be_hidden()
    page.get_by_role("link", name=BALLOONS).click()
    page.get_by_role("button", name="Not ours").click()
    expect(page.get_by_role("status")).to_contain_text("The question is not ours.")
    for state, question in (("Answered", DOGS), ("Not ours", BALLOONS)):
        page.get_by_role("link", name=state, exact=True).click()
        expect(page.get_by_role("row", name=question)).to_be_visible()
    expect(ask(site, page, DOGS).locator(".answer")).to_have_text("Dogs ride in the trailer, at no charge.")


def ask(site: Site, page: Page, question: str) -> Locator:
    """In a conversation of its own; the question with its answer."""
    page.goto(site.address("chatbot/"))
    page.get_by_label("Question").fill(question)
    page.get_by_role("button", name="Ask").click()
    turn = page.get_by_role("article")
    expect(turn.get_by_role("heading", name="Why this answer")).to_be_visible()
    return turn


def find_it_among_the_conversations(page: Page) -> None:
    """And take it home in a file."""
    page.get_by_role("link", name="Conversations").click()
    page.get_by_label("Text contains").fill("deposit for a city")
    page.get_by_label("Channel").select_option("Playground")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("text=deposit"))
    rows = page.get_by_role("region", name="Conversations").get_by_role("row")
    expect(rows).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    assert WRONG in Path(download.value.path()).read_text("utf-8")
    rows.get_by_role("link").click()
    page.get_by_role("link", name="Why this answer").click()
    expect(page.get_by_role("article")).to_contain_text("threshold")
