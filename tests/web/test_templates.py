"""What no template may do: put text into a page unescaped, or hold script or style."""

import re

from services.web.dashboard.rendering import FOLDER
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
