"""Every element of pages, rendered once: names are hostile, and the HTML stays valid."""

import re
from functools import cache
from pathlib import Path

from services.web.dashboard.forms import Form
from services.web.dashboard.parts import Part
from services.web.dashboard.rendering import FOLDER, Rendering
from services.web.dashboard.static_files import dashboard_files
from services.web.dashboard.views import EDITOR, OWNER, VIEWER, Account, Chatbot, Frame, Person
from tests.each import for_each
from tests.web.html_check import Element, read

OWN = Path(__file__).parent / "templates"
HOSTILE = "<script>alert(1)</script>\"'&{{ 7 * 7 }}"
LAYOUTS = {"page": "layout/page.html", "dialog": "layout/dialog.html"}


@cache
def rendering() -> Rendering:
    return Rendering(dashboard_files(), (OWN, FOLDER))


def rendered(layout: str, role: int = OWNER) -> str:
    account, chatbot = Account("acct_1", HOSTILE, "plus", 1_700_000_000), Chatbot("bot_1", HOSTILE, True)
    person = Person("usr_1", HOSTILE, "ada@example.com", is_operator=True)
    frame = Frame(
        "/dashboard/bot_1/", "-", 1_800_000_000, HOSTILE, layout == "dialog", True, person, account, chatbot, role
    )
    form = Form.of(name=HOSTILE, text=f"\n {HOSTILE}", role="editor", wrong="x").wrong("wrong", HOSTILE)
    return rendering().html(
        "patterns.html",
        {
            "layout": LAYOUTS[layout],
            "frame": frame,
            "form": form.wrong_as_a_whole(HOSTILE),
            "failed": Part(failure=HOSTILE),
            "names": (HOSTILE, "x" * 200, "שלום ‮ abc"),
        },
    )


@for_each("layout", LAYOUTS)
def test_every_element_is_valid_and_shows_hostile_text_as_text(layout: str) -> None:
    html = rendered(layout)
    page = read(html)
    assert "<script>alert" not in html
    assert page.one("input", id="name").get("value") == HOSTILE
    # A text area's first line break belongs to the HTML.
    assert "".join(map(str, page.one("textarea", id="text").pieces)).removeprefix("\n") == f"\n {HOSTILE}"
    assert [option.get("value") for option in page.all("option", selected="")] == ["editor"]


def test_the_page_of_patterns_holds_every_element() -> None:
    source = (OWN / "patterns.html").read_text("utf-8")
    macros = {
        name
        for file in ("elements.html", "forms.html")
        for name in re.findall(r"{% macro (\w+)\(", (FOLDER / file).read_text("utf-8"))
    }
    inner = {"sections", "describes", "below"}  # of the layout, and of other macros
    assert macros - inner == {name for name in macros if re.search(rf"(?:call|{{{{)\s*{name}\(|{{{{ {name}\(", source)}


@for_each(("role", "hidden"), [(VIEWER, {"Members", "Audit log"}), (EDITOR, {"Members", "Audit log"}), (OWNER, set())])
def test_the_navigation_names_what_the_role_may_see(role: int, hidden: set[str]) -> None:
    everything = links_of(read(rendered("page", OWNER)))
    assert everything - links_of(read(rendered("page", role))) == hidden


def links_of(page: Element) -> set[str]:
    return {link.text for nav in page.all("nav", class_="sections") for link in nav.all("a")}
