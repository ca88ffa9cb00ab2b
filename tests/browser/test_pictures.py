"""Pictures of pages. With `--pictures`, those of the documentation are made again.

.venv/bin/python -m pytest -n 0 tests/browser/test_pictures.py --pictures
"""

from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.browser.chromium import OpenWindow
from tests.browser.earlier_days import spend_earlier
from tests.browser.site import Site

SIZE = (1280, 800)
# As high as the picture of credits needs.
WHOLE = 960
# A page without text is a third of it.
LEAST_BYTES = 20 * 1024
QUESTIONS = {
    "web-1041": ("How long can I keep a rented bike?", "What does a day too many cost?"),
    "web-1042": ("Are you open on Sundays?",),
    "web-1043": ("Is a helmet included?", "From which age do children need one?"),
    "web-1044": ("My tyre is flat. What now?",),
    "web-1045": ("How far does an electric bike travel?", "And how long does it charge?"),
    "web-1047": ("When does the night tour start?",),
}
QUESTION = "How long can I keep a rented bike?"
LOOK = {
    "--title": "Harbour Bikes",
    "--greeting": "Ahoy! What would you like to know?",
    "--suggestion": "Is a helmet included?",
    "--footer": "Answers come from our own pages.",
    "--launcher-text": "Ask us",
}


def test_pages_are_worth_a_picture(site: Site, open_window: OpenWindow, folder: Path) -> None:
    page = site.sign_in(open_window(size=SIZE, color_scheme="light"))
    ask_as_customers_do(site, make_keys(site, page))
    add_what_fails(site, page)
    other = site.stack.json("bot", "create", "Repairs", "--account", site.account)["id"]
    spend_earlier(site.stack.home, site.account, {site.chatbot: 0.7, other: 0.3})

    site.stack.json("widget", "set", site.chatbot, *(word for pair in LOOK.items() for word in pair))

    page.goto(site.address("chatbot/"))
    page.get_by_label("Question").fill(QUESTION)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("heading", name="Why this answer")).to_be_visible()
    taken = {"playground": picture(page)}
    for name, path in {
        "sources": "chatbot/sources",
        "keys": "chatbot/keys",
        "conversations": "chatbot/conversations",
        "widget": "chatbot/widget/look",
        "usage": "account/usage",
    }.items():
        page.goto(site.address(path))
        page.set_viewport_size({"width": SIZE[0], "height": WHOLE if name == "usage" else SIZE[1]})
        taken[name] = picture(page)
    folder.mkdir(exist_ok=True)
    for name, content in taken.items():
        (folder / f"dashboard-{name}.png").write_bytes(content)
    assert {name: len(content) for name, content in taken.items() if len(content) < LEAST_BYTES} == {}
    assert len(set(taken.values())) == len(taken)


def picture(page: Page) -> bytes:
    """What is seen of it without scrolling."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".failure")).to_have_count(0)
    page.mouse.move(0, 0)
    page.evaluate("() => document.activeElement.blur()")
    return page.screenshot(scale="css")


def make_keys(site: Site, page: Page) -> str:
    """Three of them; the secret of the first."""
    secrets = []
    for name, addresses, last_day in (
        ("Web shop", "203.0.113.0/24", ""),
        ("Mobile app", "", "2099-12-31"),
        ("Harbour terminal", "198.51.100.7\n198.51.100.8", ""),
    ):
        page.goto(site.address("chatbot/keys/new"))
        page.get_by_label("Name").fill(name)
        page.get_by_label("Addresses").fill("" if name == "Web shop" else addresses)
        page.get_by_label("Last day").fill(last_day)
        page.get_by_role("button", name="Make API key").click()
        secrets.append(page.locator("#secret").inner_text())
    return secrets[0]


def ask_as_customers_do(site: Site, key: str) -> None:
    for session, questions in QUESTIONS.items():
        for question in questions:
            asked = {"message": question, "session_id": session}
            headers = {"authorization": f"Bearer {key}"}
            httpx.post(f"{site.stack.base_url}/v1/chat", json=asked, headers=headers).raise_for_status()


def add_what_fails(site: Site, page: Page) -> None:
    page.goto(site.address("chatbot/sources"))
    broken = {"name": "price-list.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 torn off"}
    page.get_by_label("Drop files here, or choose them").set_input_files(broken)
    expect(page.get_by_role("row", name="price-list.pdf")).to_contain_text("failed")
