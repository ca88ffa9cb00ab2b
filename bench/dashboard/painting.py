"""When Chromium first paints a page of the dashboard."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext

from bench.dashboard.browser import Browser
from bench.dashboard.installed import Installed
from bench.retrieval.measures import percentile
from tests.browser.chromium import HOW_TO_GET_ONE, open_chromium, path_of_chromium

FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def first_paints(ready: Installed, pages: Sequence[tuple[str, str]], rounds: int) -> dict[str, float]:
    """Milliseconds until half of the visits see the first text, by the names of pages.

    The files of pages are in the browser's cache, but for the first visit. SystemExit without a Chromium.
    """
    chromium = path_of_chromium()
    if chromium is None:
        raise SystemExit(HOW_TO_GET_ONE)
    address = f"http://localhost:{urlsplit(ready.stack.base_url).port}"
    painted: dict[str, float] = {}
    with open_chromium(chromium) as browser:
        contexts = {who: browser.new_context() for who in ("owner", "operator")}
        for who, context in contexts.items():
            _sign_in(context, getattr(ready, who))
        for name, path in pages:
            page = contexts["operator" if name.startswith("installation") else "owner"].new_page()
            seen = []
            for _ in range(rounds):
                page.goto(address + path)
                page.wait_for_function(f"{FIRST_PAINT} ?? false", polling=50)
                seen.append(page.evaluate(FIRST_PAINT))
            painted[name] = percentile(seen, 0.5)
            page.close()
    return painted


def _sign_in(context: BrowserContext, person: Browser) -> None:
    for name, value in person.cookies.items():
        context.add_cookies([{"name": name, "value": value, "url": "https://localhost/"}])
