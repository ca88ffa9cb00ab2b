"""Everything with the keyboard alone."""

from playwright.sync_api import Page, expect

from tests.browser.chromium import OpenWindow
from tests.browser.keyboard import tab, tab_to
from tests.browser.site import Site


def test_a_chatbot_is_made_and_asked_with_the_keyboard_alone(site: Site, open_window: OpenWindow) -> None:
    page = site.sign_in(open_window())
    page.goto(site.address("account/"))
    skip_to_the_content(page)
    into_a_dialog_and_back_out(page)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("By keys")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The chatbot was created.")
    tab_to(page, page.get_by_label("Drop files here, or choose them"))
    add_a_text(page)
    remove_it(page)


def skip_to_the_content(page: Page) -> None:
    tab(page)
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def into_a_dialog_and_back_out(page: Page) -> None:
    opener = page.get_by_role("link", name="New chatbot")
    dialog = page.get_by_role("dialog")
    for way_out in ("Escape", "Close", "Cancel"):
        if way_out == "Escape":
            tab_to(page, opener)
        page.keyboard.press("Enter")
        expect(dialog.get_by_label("Name")).to_be_focused()
        if way_out == "Escape":
            stays_inside(page)
            page.keyboard.press("Escape")
        else:
            tab_to(page, dialog.get_by_role("button", name=way_out))
            page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(opener).to_be_focused()


def stays_inside(page: Page) -> None:
    """Beside the stops of a dialog there is only the browser itself."""
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.matches('body, dialog *')")


def add_a_text(page: Page) -> None:
    tab_to(page, page.get_by_role("link", name="Add a text"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("Bells")
    tab(page)
    page.keyboard.type("Every bike has a bell.")
    tab_to(page, page.get_by_role("button", name="Add text"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The text was added.")
    expect(page.get_by_role("row", name="Bells")).to_contain_text("ready")


def remove_it(page: Page) -> None:
    tab_to(page, page.get_by_role("link", name="Remove Bells"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Remove this source?")
    expect(dialog).to_be_visible()
    tab_to(page, dialog.get_by_role("button", name="Remove source"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The source was removed.")
