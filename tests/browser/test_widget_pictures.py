"""A picture of the chat on a website. With `--pictures`, that of the documentation is made again."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.chats import Chats, answers, ask, launcher
from tests.browser.chromium import OpenWindow
from tests.browser.test_pictures import LEAST_BYTES, SIZE
from tests.browser.websites import EMBEDS, page_with, website
from tests.chat.model.scripted_replies import answer

LOOKS = {
    "--title": "Harbour Bikes",
    "--greeting": "Ahoy! Ask us about bikes, prices and tours.",
    "--footer": "Answers come from our pages.",
    "--privacy-url": "https://bikes.example/privacy",
}
ANSWER = (
    "Yes, for **three weeks** at most [1]. Bring it back:\n\n"
    "1. to the shop in Mill Lane, or\n"
    "2. to one of our *stations*.\n\n"
    "Every day too many costs 12 euros."
)
STYLE = """<style>
body { margin: 0; background: #f6f1e7; color: #24332f; font: 1.125rem/1.6 Georgia, serif; }
main { max-width: 38rem; padding: 4rem 4rem 0; }
h1 { font-size: 3rem; line-height: 1.1; margin: 0 0 1.5rem; }
ul { padding-left: 1.2em; }
</style>"""
TEXT = """<p>City bikes, electric bikes and cargo bikes, by the day or for your whole stay. Helmets and locks are
included, and the first coffee is on us.</p><ul><li>City bikes from 15 euros a day</li><li>Electric bikes from 32 euros
a day</li><li>Guided tours every evening at seven</li></ul>"""


def test_the_chat_is_worth_a_picture(chats: Chats, open_window: OpenWindow, folder: Path) -> None:
    chats.provider.script = answer(ANSWER)
    page = open_window(size=SIZE, color_scheme="light").page()
    looks = (part for option in LOOKS.items() for part in option)
    html = page_with(TEXT + EMBEDS, STYLE).replace("<h1>Shop</h1>", "<h1>Bikes at the harbour</h1>")
    with chats.chat(*looks) as chat, website(chat, html) as url:
        page.goto(url)
        launcher(page).click()
        frame = page.frame_locator("iframe")
        ask(frame, "Can I keep a rented bike for two weeks?")
        expect(answers(frame)).to_contain_text("12 euros")
        page.mouse.move(0, 0)
        taken = page.screenshot(scale="css")
    (folder / "widget.png").write_bytes(taken)
    assert len(taken) >= LEAST_BYTES
