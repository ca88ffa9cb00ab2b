"""What a browser makes of the sites of a widget: it shows the chat where Auth would give a ticket, and only there."""

import random
from collections.abc import Sequence

from chatmount.chat.v1 import visitor_pb2
from playwright.sync_api import Browser, Page, Route

from services.auth.widget.origins import admits, changed
from services.web.widget.loader import Loader
from tests.made_up_origins import made_up_origin, made_up_sites

ORIGINS, LISTS = 8, 12
SETTLED_MS = 200
FRAMES = "https://frames.test"
SHOWN = "<script>parent.postMessage(location.pathname, '*')</script>"
PAGE = """<script>
  shown = []; addEventListener("message", event => shown.push(Number(event.data.slice(1))));
  ended = 0; document.addEventListener("load", event => { ended += event.target.tagName === "IFRAME" }, true);
</script>""" + "".join(f'<iframe src="{FRAMES}/{number}"></iframe>' for number in range(LISTS))


def test_a_browser_shows_the_frame_where_a_visitor_is_admitted(chromium: Browser) -> None:
    chance = random.Random(20261102)
    lists = [changed((), made_up_sites(chance), ()) for _ in range(LISTS)]
    context = chromium.new_context(ignore_https_errors=True)

    def answer(route: Route) -> None:
        url = route.request.url
        if not url.startswith(FRAMES):
            route.fulfill(content_type="text/html", body=PAGE)
            return
        policy = " ".join(lists[int(url.rpartition("/")[2])]) or "'none'"
        headers = {"Content-Security-Policy": f"frame-ancestors {policy}"}
        route.fulfill(content_type="text/html", headers=headers, body=SHOWN)

    context.route("**/*", answer)
    shown = 0
    # Each scheme, port and name comes at least once.
    for origin in sorted({made_up_origin(chance) for _ in range(ORIGINS)} | {"https://my_shop.example.com"}):
        page = context.new_page()
        page.goto(f"{origin}/")
        page.wait_for_function(f"ended === {LISTS}")
        wanted = [number for number, sites in enumerate(lists) if admits(sites, origin)]
        page.wait_for_function(f"shown.length >= {len(wanted)}")
        # Nothing tells that a frame says nothing.
        page.wait_for_timeout(SETTLED_MS)
        found = sorted(page.evaluate("shown"))
        assert found == wanted, origin
        shown += len(found)
        page.close()
    context.close()
    assert 20 < shown < (ORIGINS + 1) * LISTS - 20, "both happen"


def embedded(browser: Browser, lists: Sequence[Sequence[str]], hidden: Sequence[str] = ()) -> Page:
    """A page of any site, with a widget for each list of sites, whose ids are their numbers."""
    look = visitor_pb2.Appearance(accent="#0b6470", launcher_icon="chat", side="right", hidden_paths=hidden)
    loader = Loader.read("/bridge.js")
    scripts = "".join(
        f"<script>{loader.script(str(number), sites, look, '')}</script>" for number, sites in enumerate(lists)
    )
    page = browser.new_context(ignore_https_errors=True).new_page()
    page.route("**/*", lambda route: route.fulfill(content_type="text/html", body=f"<!doctype html>{scripts}"))
    return page


def test_a_launcher_is_shown_where_a_visitor_is_admitted(chromium: Browser) -> None:
    chance = random.Random(20261107)
    lists = [changed((), made_up_sites(chance), ()) for _ in range(LISTS)]
    page = embedded(chromium, lists)
    shown = 0
    for origin in sorted({made_up_origin(chance) for _ in range(3 * ORIGINS)}):
        page.goto(f"{origin}/")
        found = page.evaluate("[...(window.chatmount?.widgets.keys() ?? [])].map(Number)")
        assert found == [number for number, sites in enumerate(lists) if admits(sites, origin)], origin
        shown += len(found)
    page.context.close()
    assert shown > 60


def test_a_launcher_is_hidden_on_the_paths_that_the_owner_has_named(chromium: Browser) -> None:
    page = embedded(chromium, [["https://shop.test"]], ["/checkout*", "/\u00fcber uns", "/a.b", "/shop/*"])
    shown = {"/": True, "/shop": True, "/check": True, "/axb": True, "/a.b/": True, "/a/checkout": True}
    hidden = {"/checkout": False, "/checkout/2?a": False, "/\u00fcber%20uns#a": False, "/a.b": False, "/shop/": False}
    for path, is_shown in (shown | hidden).items():
        page.goto(f"https://shop.test{path}")
        assert page.evaluate("!document.querySelector('chatmount-widget').hidden") == is_shown, path
    page.context.close()
