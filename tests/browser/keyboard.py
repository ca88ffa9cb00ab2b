"""Getting around with the keyboard alone, as somebody must who sees where the focus is."""

from playwright.sync_api import Locator, Page, expect

MOST_STOPS = 80
FOCUS = """
() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  return {
    what: at.outerHTML.slice(0, 200),
    isBrowsers: at === document.body,
    isOutlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    isInView: box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0
      && box.left < innerWidth && box.top < innerHeight,
  };
}
"""


def tab(page: Page) -> None:
    """To the next stop. AssertionError where it is not seen."""
    page.keyboard.press("Tab")
    focus = page.evaluate(FOCUS)
    if focus["isBrowsers"]:
        return
    assert focus["isOutlined"], f"no outline: {focus['what']}"
    assert focus["isInView"], f"out of sight: {focus['what']}"


def tab_to(page: Page, target: Locator) -> None:
    """From stop to stop to this one."""
    expect(target).to_be_visible()
    for _ in range(MOST_STOPS):
        tab(page)
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"no way leads to {target}")
