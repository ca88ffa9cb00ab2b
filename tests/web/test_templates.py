"""What no template may do: put text into a page unescaped, hold script or style, or fail when it is first asked for."""

import re
from contextlib import suppress

from jinja2 import UndefinedError

from services.web.dashboard.rendering import FOLDER, Rendering
from services.web.dashboard.static_files import dashboard_files
from tests.each import for_each

TEMPLATES = {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in sorted(FOLDER.rglob("*.html"))}
FORBIDDEN = {
    "unescaped text": r"\|\s*safe\b|autoescape|\bMarkup\b",
    "an inline script": r"<script(?![^>]*\bsrc=)|javascript:",
    "an inline style": r"<style|\sstyle\s*=",
    "a handler": r"\s(hx-on|on[a-z]+)[\w:-]*\s*=",
    "something evaluated": r"\bhx-vals\s*=\s*[\"']js:|hx-trigger\s*=\s*\"[^\"]*\[",
    "a file of another site": r"(src|href)=\"(https?:)?//",
}


@for_each("name", TEMPLATES)
def test_a_template_holds_nothing_that_the_policy_forbids(name: str) -> None:
    assert {what: found for what, pattern in FORBIDDEN.items() if (found := re.findall(pattern, TEMPLATES[name]))} == {}


@for_each("what", FORBIDDEN)
def test_each_rule_finds_what_it_is_for(what: str) -> None:
    examples = '{{ x | safe }} <script>x</script> <p style="x"> <p hx-on:click="x"> <a hx-vals="js:x"> <img src="//x">'
    assert re.search(FORBIDDEN[what], examples)


def test_every_template_compiles() -> None:
    """A running process compiles each when its page is asked for, which is too late to see that it can't be."""
    rendering = Rendering(dashboard_files())
    for name in TEMPLATES:
        with suppress(UndefinedError):
            rendering.html(name, {})
