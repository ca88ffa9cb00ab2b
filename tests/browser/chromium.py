"""The Chromium of this machine, and pages in it that let no fault pass."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_ONE = (
    "The browser tests need a Chromium: install Debian's with `apt-get install chromium`, "
    "or name one with CHATMOUNT_CHROMIUM."
)
# Nothing of it reaches the network.
OPTIONS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What a page may do is the same in a process of its own, but with many frames a fifth more expensive.
    "--disable-site-isolation-trials",
    "--renderer-process-limit=1",
    "--disable-extensions",
    "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE *.localhost",
)
# The console tells of every page whose status is an error, also where it is the right one.
STATUS = re.compile(r"Failed to load resource: the server responded with a status of \d+")
TELLS_OF_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`Content-Security-Policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
# Milliseconds: far beyond what a busy machine needs.
PATIENCE = 60_000
DESKTOP, PHONE = (1280, 900), (390, 844)


def path_of_chromium() -> str | None:
    """Where it is, if there is one."""
    return os.environ.get("CHATMOUNT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def open_chromium(path: str) -> Iterator[Browser]:
    """A Chromium with an empty profile."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield browser
        browser.close()


@dataclass
class Window:
    """A browser's window of one person: cookies and pages that others don't see."""

    context: BrowserContext
    faults: list[str] = field(default_factory=list)
    """What the console and the pages' scripts complained of."""

    @classmethod
    def open(cls, browser: Browser, size: tuple[int, int] = DESKTOP, **options: Any) -> "Window":
        """A new one. `options`: see playwright's `new_context`."""
        width, height = size
        context = browser.new_context(
            viewport={"width": width, "height": height}, ignore_https_errors=True, reduced_motion="reduce", **options
        )
        context.set_default_timeout(PATIENCE)
        context.add_init_script(TELLS_OF_VIOLATIONS)
        window = cls(context)
        context.on("page", window._watch)
        return window

    def page(self) -> Page:
        """Another tab."""
        return self.context.new_page()

    def close(self) -> None:
        """AssertionError when a page complained of anything."""
        self.context.close()
        assert self.faults == [], self.faults

    def _watch(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        # Chromium asks for it by itself, also of a site that has just ended.
        is_icon = message.location.get("url", "").endswith("/favicon.ico")
        if message.type in ("error", "warning") and not STATUS.match(message.text) and not is_icon:
            self.faults.append(f"{message.type}: {message.text}")


OpenWindow = Callable[..., Window]
"""See Window.open."""
