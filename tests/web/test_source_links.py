"""Places that texts name: only pages of the web can be opened."""

from services.web.dashboard.source_links import Link
from tests.each import for_each


@for_each("url", ["https://example.com/a?b=1", "http://example.com"])
def test_a_page_can_be_opened(url: str) -> None:
    assert Link.to(url) == Link(url, url)


@for_each(
    "url",
    ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "//example.com", " https://x", "ftp://x", ""],
)
def test_nothing_else_can(url: str) -> None:
    assert Link.to(url).href == ""


def test_a_file_is_called_by_its_name() -> None:
    assert Link.to("file:notes/fees.md") == Link("notes/fees.md")
