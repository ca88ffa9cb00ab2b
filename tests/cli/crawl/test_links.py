"""Links of pages in any encoding lead where a browser would go."""

from services.cli.crawl.links import normal, read_links
from services.urls import WebUrl
from tests.each import for_each

PAGE = WebUrl.parse("https://a.example/")


@for_each(
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
    assert read_links(PAGE, content, "", media_type).links == (WebUrl.parse("https://a.example/f%C3%A4hre.html"),)


@for_each(
    "href",
    ["http://a.example:abc/", "http://[::1/", "//[", "http://", "\ud800", "/%zz\x00", "javascript:x", "/" + "x" * 5000],
)
def test_a_link_that_leads_nowhere_costs_itself_alone(href: str) -> None:
    content = f'<base href="{href}"><link rel="canonical" href="{href}"><a href="{href}">x</a><a href="/b">x</a>'
    links = read_links(PAGE, content.encode("utf-8", "surrogatepass"))
    assert links.links[-1] == WebUrl.parse("https://a.example/b")
    assert links.canonical.host == "a.example"


@for_each("header", ["text/html; charset=\udcff\x00", "text/html; charset=", ";;=;charset", "\udcff"])
def test_a_media_type_that_makes_no_sense_hides_no_link(header: str) -> None:
    content = '<a href="/b">Fähre</a>'.encode("latin-1")
    assert read_links(PAGE, content, header, header).links == (WebUrl.parse("https://a.example/b"),)


@for_each(
    ("url", "kept"),
    [
        ("?x", "?x"),
        ("?x=", "?x="),
        ("?", "?"),
        ("", ""),
        ("?utm_source=a&x&y=%20+%2B;&UTM_medium=b", "?x&y=%20+%2B;"),
        ("?utm_source=a", ""),
        ("?utm%5Fsource=a&&x", "?&x"),
    ],
)
def test_a_query_is_kept_as_it_is_but_for_tracking(url: str, kept: str) -> None:
    assert str(normal(WebUrl.parse("https://a.example/" + url))) == "https://a.example/" + kept


def test_a_link_with_line_breaks_leads_where_a_browser_goes() -> None:
    (link,) = read_links(PAGE, b'<a href="\n /long/\n\tname ">x</a>').links
    assert str(link) == "https://a.example/long/name"
