"""Websites of many kinds, and what visitors do on them."""

import json

from playwright.sync_api import Page, expect

from tests.browser.chats import SAID, answers, ask, field, launcher
from tests.browser.websites import EMBEDS, page_with

# The strictest that a site can have and still embed anything.
STRICT = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src {host}; frame-src {host}; connect-src {host}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
STORAGE_THROWS = """
for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, {
  get() { throw new DOMException("denied", "SecurityError") },
});
"""
COUNTS_SHIFTS = """
window.shift = 0;
new PerformanceObserver(list => { for (const each of list.getEntries()) shift += each.value })
  .observe({ type: "layout-shift", buffered: true });
"""
# Microseconds of a processor.
LONGEST_TASK = 50_000
PLAIN = page_with(EMBEDS)


def opened(page: Page, url: str) -> None:
    page.goto(url)
    launcher(page).click()
    expect(field(page.frame_locator("iframe"))).to_be_focused()


def longest_task(trace: bytes, script: str) -> int:
    """Of what a script does by itself, in microseconds of a processor."""
    events = json.loads(trace)["traceEvents"]
    return max(event.get("tdur", 0) for event in events if event.get("args", {}).get("data", {}).get("url") == script)


def asked(page: Page) -> None:
    frame = page.frame_locator("iframe")
    ask(frame)
    expect(answers(frame)).to_contain_text(SAID)


def remembers(page: Page) -> None:
    expect(answers(page.frame_locator("iframe"))).to_contain_text(SAID)


HEAD = page_with("", EMBEDS.replace("async ", ""))
TWICE = page_with(EMBEDS + EMBEDS)
SPA = page_with(
    "",
    """<script>addEventListener("load", () => {
      const add = () => document.head.append(Object.assign(document.createElement("script"), { src: "{script}" }));
      add();
      setTimeout(() => {
        history.pushState({}, "", "/two");
        document.body = document.createElement("body");
        add();
      }, 300);
    })</script>""",
)
