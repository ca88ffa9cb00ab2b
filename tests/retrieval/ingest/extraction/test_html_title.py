"""The title of a web page is its own, not that of its site."""

from services.retrieval.ingest.extraction.document import Document, Section
from services.retrieval.ingest.extraction.html import read_html
from tests.each import for_each

OG = "<meta property='og:title' content='{}'>"
SITE = "<meta property='og:site_name' content='Acme'>"
HEADER = "<header><h1>Acme</h1></header>"
LONG = "<p>This is the content of the page, and nearly all of its text.</p>"


@for_each(
    ("head", "body", "title"),
    [
        ("<title>Prices | Acme</title>", "<h1>Our prices</h1>", "Our prices"),
        ("<title>Prices - Acme</title>", "", "Prices"),
        ("<title>T</title><meta property='og:title' content='Shared title'>", "", "Shared title"),
        ("<title>T | S</title>", "<h1>One</h1><p>x</p><h1>Two</h1>", "T"),
        ("", "", ""),
        ("<title>Prices - Acme</title>", "<h1>Prices</h1>", "Prices"),
        ("<title>Acme | Prices</title>", "<h1>Prices</h1>", "Prices"),
        ("<title>Prices - Terms</title>", "<h1>Prices</h1><h2>Terms</h2>", "Prices"),
        ("<title>Acme</title>" + OG.format("Acme"), "<h1>Acme</h1>", "Acme"),
        ("<title>Rates - Acme</title>" + OG.format("Rates"), "<div><h1>Acme</h1></div><h2>Rates</h2>", "Rates"),
        ("<title>Acme | Rates</title>" + OG.format("Rates"), "<div><h1>Acme</h1></div><h2>Rates</h2>", "Rates"),
        (OG.format("Rates | Acme") + SITE, "<h1>Acme</h1>", "Rates"),
        ("<title>Acme | Rates</title>", "<h1><a href='/'>Acme</a></h1>", "Rates"),
        ("<title>Rates - Acme</title>", f"{HEADER}<main>{LONG}</main>", "Rates"),
        ("<title>Rates</title>" + OG.format("Rates"), f"{HEADER}<main>{LONG}</main>", "Rates"),
        ("<title>x</title>", f"<h1>Acme</h1><main><h1>Rates</h1>{LONG}</main>", "Rates"),
        ("<title>Rates - Acme</title>", "<h1>Acme</h1><h1>What it costs</h1>", "Rates"),
        ("<title>Buy - Acme</title>", f"<article><header><h1>Rates</h1></header>{LONG}</article>", "Rates"),
        ("<title>Rates - Acme</title>" + OG.format("Acme"), "<h1>Rates</h1>", "Rates"),
        ("<title>Rates | Help | Acme</title>" + OG.format("Acme"), f"<main><h1>Rates</h1>{LONG}</main>", "Rates"),
        ("<title>Rates - Acme</title>" + OG.format("Acme"), "<h1>Rates</h1><h1>Terms</h1>", "Rates"),
        ("<title>Rates - Acme</title>" + OG.format("Acme"), "<h1>Acme</h1><h1>Rates</h1>", "Rates"),
        ("<title>Acme | Rates</title>" + OG.format("Rates"), "<h1><a href='/'>Acme</a></h1>", "Rates"),
        ("<title>Acme | Rates</title>" + OG.format("Rates"), f"{HEADER}<main>{LONG}</main>", "Rates"),
    ],
)
def test_the_title_is_the_pages_own(head: str, body: str, title: str) -> None:
    assert read_html(f"<html><head>{head}</head><body>{body}<p>Text.</p></body></html>").title == title


def test_the_name_of_the_site_is_no_heading_above_the_text() -> None:
    page = (
        f"<head><title>Rates - Acme</title>{OG.format('Rates')}</head><div><h1>Acme</h1></div><h2>Rates</h2><p>One.</p>"
    )
    assert read_html(page) == Document("Rates", (Section((), "One."),))
