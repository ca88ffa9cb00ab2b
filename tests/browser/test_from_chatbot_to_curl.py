"""An owner's first hour: a chatbot, its files, a question, and a key that works."""

from itertools import pairwise

from playwright.sync_api import Page, expect

from tests.browser.chromium import OpenWindow
from tests.browser.files import BROKEN, EMPTY, GOOD, UNKNOWN, drop, thirty
from tests.browser.site import Site

# What the answer looked like whenever it had changed.
WATCHES_THE_ANSWER = """
() => {
  window.seen = [];
  new MutationObserver(() => {
    const answer = document.querySelector(".turn .answer");
    if (answer && window.seen.at(-1) !== answer.textContent.trim()) window.seen.push(answer.textContent.trim());
  }).observe(document.getElementById("turns"), { childList: true, subtree: true, characterData: true });
}
"""


def test_from_an_empty_chatbot_to_a_curl_line_that_works(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window())
    create_chatbot(site, page)
    add_thirty_files(page)
    ask(page)


def create_chatbot(site: Site, page: Page) -> None:
    page.goto(site.address("account/"))
    page.get_by_role("link", name="New chatbot").click()
    dialog = page.get_by_role("dialog", name="New chatbot")
    dialog.get_by_label("Name").fill("Bikes")
    dialog.get_by_role("button", name="Create chatbot").click()
    expect(page.get_by_role("status")).to_have_text("The chatbot was created. Give it sources to answer from.")
    expect(page.get_by_role("heading", name="Sources")).to_be_visible()


def add_thirty_files(page: Page) -> None:
    """Half of them are dropped, the others chosen; the page is never loaded again."""
    page.evaluate("() => { window.isTheSame = true }")
    files = thirty()
    drop(page.locator("form[data-upload]"), files[::2])
    page.get_by_label("Drop files here, or choose them").set_input_files(files[1::2])
    rows = page.locator("#listed tbody tr")
    expect(rows).to_have_count(GOOD + 2)
    expect(rows.filter(has_text="ready")).to_have_count(GOOD)
    expect(rows.filter(has_text=BROKEN)).to_contain_text("The file is broken")
    expect(rows.filter(has_text=EMPTY)).to_contain_text("The file is empty.")
    refused = page.get_by_label("Files on their way").get_by_role("listitem")
    expect(refused).to_contain_text([f"{UNKNOWN}Files of this kind can't be read (.png files)."])
    assert page.evaluate("() => window.isTheSame")
    page.reload()
    filters = page.get_by_role("navigation", name="Sources by state")
    expect(filters.get_by_role("link")).to_have_text([f"All {GOOD + 2}", f"Ready {GOOD}", "Failed 2"])


def ask(page: Page) -> None:
    page.get_by_role("link", name="Playground").click()
    expect(page.get_by_role("link", name=f"{GOOD} sources ready")).to_be_visible()
    page.evaluate(WATCHES_THE_ANSWER)
    page.get_by_label("Question").fill("How many gears does bike 12 have?")
    page.get_by_label("Question").press("Enter")
    turn = page.get_by_role("log").get_by_role("article")
    expect(turn.get_by_role("heading", name="How many gears does bike 12 have?")).to_be_visible()
    expect(turn.get_by_role("heading", name="Why this answer")).to_be_visible()
    expect(turn.locator(".answer")).to_contain_text("Bike 12 has 14 gears.")
    expect(turn.locator(".reason li").first).to_contain_text("Bike 12 cited")
    seen = page.evaluate("() => window.seen")
    assert len(seen) > 2, "the answer came in pieces"
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen)), seen
    expect(page.get_by_label("Question")).to_have_value("")
