"""What the widget costs a browser: the script of a page, a click, a long conversation.

    .venv/bin/python -m bench.widget_browser [--rounds 20] [--turns 200] [--json]

A page of a website on this machine, a whole stack whose answers a scripted model writes, and the machine's Chromium.
The turns of the long conversation are made up before they reach the frame; the answer that comes in below them is the
stack's.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, Route, expect

from bench.retrieval.measures import percentile
from tests.browser.chats import Chat, ask, document_in, field, launcher, open_chats
from tests.browser.chromium import HOW_TO_GET_ONE, open_chromium, path_of_chromium
from tests.chat.model.scripted_replies import answer

CLICK_MS, SCRIPT_MS, FRAME_MS = 300.0, 10.0, 1000 / 60
THROTTLING = 4
DELAYED = 1.5
"""A frame that takes longer than so many of its time was seen to come late."""

# Of both documents, the page's and the frame's: the clock is the machine's.
TELLS_FOCUS = """
addEventListener("focusin", ({ target }) => {
  if (target.id === "question") parent.postMessage({ focused: performance.timeOrigin + performance.now() }, "*");
});
addEventListener("message", ({ data }) => { if (data?.focused) window.focused ??= data.focused; });
addEventListener("click", () => { window.clicked ??= performance.timeOrigin + performance.now(); }, true);
"""
COUNTS_FRAMES = """seconds => new Promise(done => {
  const scroller = document.querySelector(".transcript");
  const times = [];
  let step = -40;
  const count = now => {
    times.push(now);
    if (scroller.scrollTop <= 0) step = 40;
    else if (scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1) step = -40;
    if (SCROLLS) scroller.scrollTop += step;
    if (now - times[0] < seconds * 1000) requestAnimationFrame(count);
    else done(times.slice(1).map((time, at) => time - times[at]));
  };
  requestAnimationFrame(count);
})"""
PARAGRAPH = "Bikes can be **rented** for a day or a week [1]. See `/prices`.\n\n- by card\n- in cash\n\n"


def script_ms(browser: Browser, chat: Chat, rounds: int, throttling: int) -> dict[str, list[float]]:
    """Time of a throttled processor that the widget's script takes by itself.

    `script`: while it runs; `idle`: for its first look at the storage, when the page is idle. The browser throttles by
    spinning, also while the script waits for its turn on a busy machine; without throttling, only its own work counts.
    """
    spent: dict[str, list[float]] = {"script": [], "idle": []}
    for _ in range(rounds):
        page = browser.new_context().new_page()
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": throttling})
        browser.start_tracing(page=page, categories=["devtools.timeline", "disabled-by-default-devtools.timeline"])
        chat.visit(page)
        page.wait_for_timeout(300)
        events = json.loads(browser.stop_tracing())["traceEvents"]
        page.context.close()
        own = [event for event in events if event.get("args", {}).get("data", {}).get("url") == chat.address]
        for name, kind in (("script", "EvaluateScript"), ("idle", "FunctionCall")):
            spent[name].append(sum(event["tdur"] for event in own if event["name"] == kind) / 1000)
    return spent


def click_ms(page: Page, chat: Chat) -> float:
    """From the click on the launcher until the field has the focus."""
    chat.visit(page)
    # The script has had its look at the storage.
    page.wait_for_timeout(200)
    launcher(page).click()
    expect(field(page.frame_locator("iframe"))).to_be_focused()
    page.wait_for_function("window.focused")
    found: float = page.evaluate("focused - clicked")
    launcher(page).click()
    return found


def clicks_ms(browser: Browser, chat: Chat, rounds: int) -> tuple[list[float], list[float]]:
    """Of visitors who come for the first time, and of the same ones on a second page."""
    first, again = [], []
    for _ in range(rounds):
        context = browser.new_context()
        context.add_init_script(TELLS_FOCUS)
        page = context.new_page()
        first.append(click_ms(page, chat))
        again.append(click_ms(page, chat))
        context.close()
    return first, again


def frames_ms(browser: Browser, chat: Chat, turns: int, seconds: float, *, scrolls: bool) -> list[float]:
    """How far apart the pictures of a long conversation are while an answer comes in."""
    page = browser.new_context().new_page()
    earlier = [
        {"request_id": f"r{number}", "question": f"Question {number}?", "answer": PARAGRAPH * 3, "rating": ""}
        for number in range(turns)
    ]

    def recall(route: Route) -> None:
        route.fulfill(json={"turns": earlier})

    chat.open(page)
    # The field has the focus before there is a conversation.
    page.wait_for_function("Object.values(localStorage).some(kept => JSON.parse(kept).c)")
    page.route("**/widget/v1/conversation", recall)
    # It was open, and opens again.
    page.reload()
    frame = page.frame_locator("iframe")
    expect(frame.locator(".answer")).to_have_count(turns)
    ask(frame)
    expect(frame.locator(".answer").last).to_contain_text("rented")
    found: list[float] = document_in(page).evaluate(COUNTS_FRAMES.replace("SCROLLS", str(scrolls).lower()), seconds)
    page.context.close()
    return found


def summary(times: Sequence[float]) -> dict[str, float]:
    return {"p50": median(times), "p95": percentile(list(times), 0.95), "most": max(times)}


def measure(folder: Path, rounds: int, turns: int, seconds: float) -> dict[str, Any]:
    """All figures, in milliseconds."""
    chromium = path_of_chromium()
    if chromium is None:
        raise SystemExit(HOW_TO_GET_ONE)
    with (
        open_chats(folder) as chats,
        open_chromium(chromium) as browser,
        chats.chat("--title", "Harbour Bikes") as chat,
    ):
        first, again = clicks_ms(browser, chat, rounds)
        found: dict[str, Any] = {
            name: summary(times) for name, times in script_ms(browser, chat, rounds, THROTTLING).items()
        }
        own = script_ms(browser, chat, rounds, 1)
        found |= {f"{name}_own": summary([THROTTLING * each for each in times]) for name, times in own.items()}
        found |= {"first_click": summary(first), "later_click": summary(again)}
        chats.provider.script = answer(*(PARAGRAPH * 200).split(" "), pause=0.02)
        for name, scrolls in (("frames", False), ("frames_scrolled", True)):
            times = frames_ms(browser, chat, turns, seconds, scrolls=scrolls)
            late = sum(time > DELAYED * FRAME_MS for time in times) / len(times)
            found[name] = {"per_second": len(times) / sum(times) * 1000, "late": late, **summary(times)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="visits for each figure")
    parser.add_argument("--turns", type=int, default=200, help="turns of the long conversation")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long its pictures are counted")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name), options.rounds, options.turns, options.seconds)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for name, what, limit in (
        ("script", f"The script of a page, {THROTTLING}× throttled", SCRIPT_MS),
        ("script_own", f"Its own time, not throttled, {THROTTLING} times", SCRIPT_MS),
        ("idle", "Its look at the storage when the page is idle", SCRIPT_MS),
        ("idle_own", f"That by its own time, {THROTTLING} times", SCRIPT_MS),
        ("first_click", "Click to focus, first visit", CLICK_MS),
        ("later_click", "Click to focus, later", CLICK_MS),
    ):
        one = found[name]
        print(f"{what}: p50 {one['p50']:.1f}, p95 {one['p95']:.1f}, most {one['most']:.1f} of {limit:.0f} ms")
    for name, what in (("frames", "while an answer comes in"), ("frames_scrolled", "and while it scrolls")):
        one = found[name]
        print(
            f"{options.turns} turns, {what}: {one['per_second']:.1f} pictures a second, {one['late']:.1%} late, "
            f"p95 {one['p95']:.1f} ms apart, most {one['most']:.1f}"
        )


if __name__ == "__main__":
    main()
