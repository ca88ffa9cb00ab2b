"""An owner's first hour: a chatbot, its files, a question, a key that works, and what all that has cost."""

import json
import re
import subprocess
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Error, Locator, Page, expect

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
    page = site.sign_in(open_window(permissions=["clipboard-read", "clipboard-write"]))
    create_chatbot(site, page)
    add_thirty_files(page)
    ask(page)
    secret, curl = make_a_key(page)
    assert run(curl)["usage"]["credits_used"] == 1
    it_is_shown_no_more(page, secret)
    new_curl = rotate(page)
    assert run(curl)["error"]
    assert run(new_curl)["message"]
    look_at_what_was_spent(page)


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
    expect(refused).to_contain_text([re.compile(f"^{UNKNOWN}.* of this kind can't be read")])
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


def make_a_key(page: Page) -> tuple[str, str]:
    """Its secret, and the line to paste."""
    page.get_by_role("link", name="API keys").click()
    page.get_by_role("link", name="New API key").click()
    page.get_by_label("Name").fill("Web shop")
    page.get_by_role("button", name="Make API key").click()
    expect(page.get_by_role("heading", name="Your new API key")).to_be_visible()
    return page.locator("#secret").inner_text(), copied(page, page.get_by_role("main"))


def copied(page: Page, place: Locator) -> str:
    """The line that the button beside it has copied."""
    button = place.locator(".copied").filter(has_text="curl").get_by_role("button")
    button.click()
    expect(button).to_have_text("Copied")
    line: str = page.evaluate("() => navigator.clipboard.readText()")
    assert line == place.locator("#curl").inner_text()
    return line


def run(curl: str) -> Any:
    """What the line prints in a shell."""
    return json.loads(subprocess.run(["/bin/sh", "-c", f"{curl} --silent"], capture_output=True, check=True).stdout)


def it_is_shown_no_more(page: Page, secret: str) -> None:
    page.reload()
    expect(page.get_by_role("heading", name="This API key was made before")).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("link", name="Back to the API keys").click()
    expect(page.get_by_role("row", name="Web shop")).to_contain_text(secret[-4:])
    expect(page.get_by_text("1 of 15 API keys")).to_be_visible()
    assert secret not in page.content()
    assert secret not in page.evaluate("() => JSON.stringify([history.state, { ...sessionStorage, ...localStorage }])")
    keys = page.url
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()
    page.wait_for_url("chrome-error:**")
    page.goto(keys)


def rotate(page: Page) -> str:
    """The line to paste, with the new secret."""
    page.get_by_role("link", name="Rotate Web shop").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Rotate API key").click()
    expect(dialog.get_by_role("heading", name="The new secret")).to_be_visible()
    secret, curl = dialog.locator("#secret").inner_text(), copied(page, dialog)
    page.keyboard.press("Escape")
    # The page behind it is a new one.
    expect(page.get_by_role("row", name="Web shop")).to_contain_text(secret[-4:])
    assert secret not in page.content()
    return curl


def look_at_what_was_spent(page: Page) -> None:
    """Two questions by the key, one in the playground: in the picture, and in the table of the same numbers."""
    page.get_by_role("link", name="Usage").click()
    page.get_by_label("Chatbot", exact=True).select_option("Bikes")
    page.get_by_role("button", name="Show").click()
    picture = page.get_by_role("img", name="Credits of each day")
    today = picture.locator("g.day").last
    expect(today.locator("title")).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d: 3 \(API 2, Playground 1\)$"))
    api, playground = (today.locator(f"rect.series{number}").bounding_box() for number in (1, 2))
    assert api
    assert playground
    assert abs(api["height"] - 2 * playground["height"]) < 1
    assert abs(api["y"] - playground["y"] - playground["height"]) < 1, "one stands on the other"
    page.get_by_text("The same numbers as a table").click()
    row = page.get_by_role("region", name="Credits by day").get_by_role("row").last
    expect(row.get_by_role("cell")).to_have_text(["2", "1", "3"])
