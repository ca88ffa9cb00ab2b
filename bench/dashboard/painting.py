"""When Chromium first paints a page of the dashboard."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext

from bench.dashboard.browser import Browser
from bench.dashboard.installed import Installed
from bench.retrieval.measures import percentile
from tests.browser.chromium import HOW_TO_GET_ONE, open_chromium, path_of_chromium

# The policy of the pages lets a script be called, but none be made of a text, as `wait_for_function` does.
FIRST_PAINT = """(patience) => new Promise((done) => {
  const seen = (entries) => entries.filter((each) => each.name === "first-contentful-paint")
    .forEach((each) => done(each.startTime));
  new PerformanceObserver((list) => seen(list.getEntries())).observe({ type: "paint", buffered: true });
  setTimeout(() => done(null), patience);
})"""
PATIENCE_MS = 10_000


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
                moment = page.evaluate(FIRST_PAINT, PATIENCE_MS)
                if moment is None:
                    raise SystemExit(f"Chromium painted nothing of {path}")
                seen.append(moment)
            painted[name] = percentile(seen, 0.5)
            page.close()
    return painted


def _sign_in(context: BrowserContext, person: Browser) -> None:
    for name, value in person.cookies.items():
        context.add_cookies([{"name": name, "value": value, "url": "https://localhost/"}])
