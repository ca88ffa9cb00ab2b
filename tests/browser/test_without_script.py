"""The stories again in a browser that runs no script: forms, links, and pages that load themselves again."""

import re

from playwright.sync_api import Page, expect

from tests.browser.chromium import OpenWindow
from tests.browser.files import BROKEN, UNKNOWN, thirty
from tests.browser.site import PASSWORD, Site, email_of

QUESTION = "How many gears does bike 3 have?"


def test_every_story_works_without_a_script(site: Site, open_window: OpenWindow) -> None:
    page = open_window(java_script_enabled=False).page()
    page.goto(site.address("account/"))
    sign_in(page)
    create_a_chatbot(page)
    add_files(page)
    switch_and_remove(page)
    ask_and_correct(page)
    make_and_revoke_a_key(page)
    set_up_the_widget(page)
    change_settings_and_delete(page)
    invite_and_withdraw(site, page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def sign_in(page: Page) -> None:
    page.get_by_label("E-mail address").fill(email_of("owner"))
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("heading", name="Chatbots")).to_be_visible()


def create_a_chatbot(page: Page) -> None:
    follow(page, "New chatbot")
    page.get_by_label("Name").fill(" ")
    press(page, "Create chatbot")
    expect(page.get_by_label("Name")).to_have_accessible_description(re.compile("^Name must be"))
    page.get_by_label("Name").fill("Without script")
    press(page, "Create chatbot")
    says(page, "The chatbot was created.")


def add_files(page: Page) -> None:
    """The list loads itself again until all of them are read."""
    files = thirty()
    page.get_by_label("Drop files here, or choose them").set_input_files([*files[:3], files[-3], files[-1]])
    press(page, "Upload")
    expect(page.get_by_role("row", name=UNKNOWN)).to_contain_text("of this kind can't be read")
    follow(page, "See those that were added")
    expect(page.get_by_role("row").filter(has_text="ready")).to_have_count(3)
    expect(page.get_by_role("row", name=BROKEN)).to_contain_text("failed")
    follow(page, "All sources")
    follow(page, "Add a text")
    page.get_by_label("Title").fill("Bells")
    page.get_by_label("Text").fill("Every bike has a bell.")
    press(page, "Add text")
    says(page, "The text was added.")
    follow(page, "All sources")


def switch_and_remove(page: Page) -> None:
    press(page, "Switch Bike 1 off")
    says(page, "The source is off.")
    press(page, "Switch Bike 1 on")
    says(page, "The source is on.")
    follow(page, f"Remove {BROKEN}")
    press(page, "Remove source")
    says(page, "The source was removed.")


def ask_and_correct(page: Page) -> None:
    follow(page, "Playground")
    page.get_by_label("Question").fill(QUESTION)
    press(page, "Ask")
    expect(page.get_by_role("article")).to_contain_text("Bike 3 has 5 gears.")
    expect(page.get_by_role("heading", name="Why this answer")).to_be_visible()
    follow(page, "Correct this answer")
    page.get_by_role("textbox", name="Answer", exact=True).fill("Six, since it was repaired.")
    press(page, "Save the answer")
    expect(page.get_by_role("region", name="Asked now")).to_contain_text("Six, since it was repaired.")
    follow(page, "Conversations")
    follow(page, QUESTION)
    follow(page, "Why this answer")
    expect(page.get_by_role("article")).to_contain_text("The answer is made of the sources' own sentences.")
    follow(page, "Conversations")
    follow(page, QUESTION)
    follow(page, "Delete")
    press(page, "Delete conversation")
    says(page, "The conversation was deleted.")


def make_and_revoke_a_key(page: Page) -> None:
    follow(page, "API keys")
    follow(page, "New API key")
    page.get_by_label("Name").fill("Web shop")
    press(page, "Make API key")
    first = page.locator("#secret").inner_text()
    follow(page, "I have kept it")
    follow(page, "Rotate Web shop")
    press(page, "Rotate API key")
    assert page.locator("#secret").inner_text() != first
    follow(page, "I have kept it")
    follow(page, "Revoke Web shop")
    press(page, "Revoke API key")
    says(page, "The API key was revoked.")


def set_up_the_widget(page: Page) -> None:
    """All but the preview."""
    follow(page, "Widget")
    page.get_by_label("Add a site").fill("shop.example")
    press(page, "Add site")
    says(page, "The site is listed.")
    follow(page, "Change the look")
    expect(page.get_by_label("Preview")).to_be_hidden()
    page.get_by_label("Colour", exact=True).fill("red")
    press(page, "Save look")
    expect(page.get_by_label("Colour", exact=True)).to_have_accessible_description(re.compile("Accent must be"))
    page.get_by_label("Colour", exact=True).fill("#aa0000")
    press(page, "Save look")
    says(page, "Saved.")
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name="Widget").click()
    follow(page, "Remove https://shop.example")
    press(page, "Remove site")
    says(page, "The site is off the list.")
    follow(page, "Renew id")
    press(page, "Renew id")
    says(page, "The widget has a new id.")


def change_settings_and_delete(page: Page) -> None:
    follow(page, "Settings")
    page.get_by_label("Fallback text").fill("Please call us.")
    press(page, "Save")
    says(page, "Saved.")
    expect(page.get_by_label("Fallback text")).to_have_value("Please call us.")
    press(page, "Switch off")
    follow(page, "Delete chatbot")
    page.get_by_label("Its name").fill("Without script")
    press(page, "Delete chatbot")
    says(page, "The chatbot was deleted")
    expect(page.get_by_role("link", name="Without script")).to_be_hidden()


def invite_and_withdraw(site: Site, page: Page) -> None:
    follow(page, "Members")
    follow(page, "Invite")
    page.get_by_label("E-mail address").fill("heidi@example.com")
    press(page, "Make a link")
    assert page.locator("#link").inner_text().startswith(site.address("invitation?secret="))
    follow(page, "Done")
    follow(page, "Withdraw the invitation of heidi@example.com")
    press(page, "Withdraw")
    says(page, "The invitation was withdrawn.")


def follow(page: Page, link: str) -> None:
    page.get_by_role("link", name=link, exact=True).first.click()


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def says(page: Page, notice: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(notice)
