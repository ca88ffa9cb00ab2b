"""Links of pages in any encoding lead where a browser would go."""

import pytest
from yarl import URL

from services.crawl.links import read_links

PAGE = URL("https://a.example/")


@pytest.mark.parametrize(
    ("encoding", "meta", "media_type"),
    [
        ("utf-8", "", "text/html"),
        ("utf-8", "", "text/html; charset=utf-8"),
        ("utf-8", "", "text/html; charset=iso-8859-1"),
        ("latin-1", "", "text/html; charset=ISO-8859-1"),
        ("latin-1", '<meta charset="iso-8859-1">', "text/html"),
        ("latin-1", "", 'text/html; charset="no such thing"'),
        ("utf-16", "", "text/html"),
    ],
)
def test_a_link_is_read_as_its_page_is_written(encoding: str, meta: str, media_type: str) -> None:
    content = f'<html><head>{meta}</head><body><a href="/fähre.html">Fähre</a></body></html>'.encode(encoding)
    assert read_links(PAGE, content, "", media_type).links == (URL("https://a.example/f%C3%A4hre.html", encoded=True),)
