"""Web pages: the content stays, what surrounds it goes."""

import pytest

from services.errors import ChatmountError
from services.retrieval.extraction.document import Document, Section
from services.retrieval.extraction.kinds import extract

PAGE = """<!doctype html>
<html lang="en"><head>
<title>Returns | The Shop</title>
<meta property="og:title" content="Returns at The Shop">
<style>p { color: red }</style><script>var tracking = "on";</script>
</head><body class="page has-sidebar">
<a class="skip-link" href="#main">Skip to content</a>
<div id="cookie-banner"><p>We use cookies to improve your visit.</p><button>Accept</button></div>
<header><a href="/">Home</a><form><input name="q"></form></header>
<nav><ul><li><a href="/">Home</a></li><li><a href="/shop">Shop</a></li></ul></nav>
<main>
<h1>Returns &amp; refunds</h1>
<p>You can return <b>any item</b> within <a href="/terms">30&nbsp;days</a>.<br>Keep the receipt.</p>
<h2>How to <span>return</span> <a class="headerlink" href="#how">¶</a></h2>
<ol><li>Open <i>Orders</i>.</li><li>Click Return.<ul><li>Choose a reason</li></ul></li></ol>
<pre><code>curl -X POST \\
  https://shop.example/returns</code></pre>
<h3>Times</h3>
<table><caption>Delivery</caption><thead><tr><th>Country</th><th>Days</th></tr></thead>
<tbody><tr><td>Germany</td><td>3</td></tr><tr><td>France</td><td>4</td></tr></tbody></table>
<h2>Questions</h2>
<dl><dt>How long does it take?</dt><dd>Two weeks.</dd><dt>Fee</dt><dd>None.</dd></dl>
<details><summary>And abroad?</summary><p>The same.</p></details>
<div class="share social"><a href="https://x.example">Share</a></div>
<p hidden>Secret draft.</p>
</main>
<aside>Popular products</aside>
<footer>© The Shop <a href="/imprint">Imprint</a></footer>
<noscript>Enable JavaScript</noscript>
</body></html>"""


def read(html: str) -> Document:
    return extract(html.encode(), "html")


def text_of(document: Document) -> str:
    return "\n".join(section.text for section in document.sections)


def test_a_page_becomes_its_content_under_its_headings() -> None:
    assert read(PAGE) == Document(
        "Returns & refunds",
        (
            Section((), "You can return any item within 30 days. Keep the receipt."),
            Section(
                ("How to return",),
                "1. Open Orders.\n2. Click Return.\n  - Choose a reason\n\n"
                "    curl -X POST \\\n      https://shop.example/returns",
            ),
            Section(("How to return", "Times"), "Delivery\nCountry: Germany; Days: 3\nCountry: France; Days: 4"),
            Section(("Questions",), "How long does it take? Two weeks.\nFee: None.\n\nAnd abroad?\n\nThe same."),
        ),
    )


@pytest.mark.parametrize(
    "clutter",
    [
        "<nav>CLUTTER</nav>",
        "<footer>CLUTTER</footer>",
        "<header>CLUTTER</header>",
        "<script>CLUTTER</script>",
        "<style>CLUTTER</style>",
        "<template>CLUTTER</template>",
        "<noscript>CLUTTER</noscript>",
        "<form>CLUTTER <input></form>",
        "<button>CLUTTER</button>",
        "<div role='navigation'>CLUTTER</div>",
        "<div role='dialog'>CLUTTER</div>",
        "<div aria-hidden='true'>CLUTTER</div>",
        "<div style='display: none'>CLUTTER</div>",
        "<div class='cookie-consent'>CLUTTER</div>",
        "<div id='gdpr'>CLUTTER</div>",
        "<div class='site-footer'>CLUTTER</div>",
        "<ul class='breadcrumb'><li>CLUTTER</li></ul>",
        "<section class='newsletter signup'>CLUTTER</section>",
        "<!-- CLUTTER -->",
        "<ul>" + "<li><a href='/x'>CLUTTER</a></li>" * 5 + "</ul>",
    ],
)
def test_clutter_goes(clutter: str) -> None:
    body = f"<p>The content of this page is here, in a whole sentence.</p>{clutter}<p>And it goes on here.</p>"
    text = text_of(read(f"<html><body>{body}</body></html>"))
    assert "CLUTTER" not in text
    assert "The content" in text
    assert "goes on" in text


@pytest.mark.parametrize(
    "kept",
    [
        "<article><header><p>KEPT</p></header><p>Text.</p></article>",
        "<p class='navigator-description'>KEPT</p>",
        "<div class='important'>KEPT</div>",
        "<p>Read <a href='/a'>KEPT</a> first.</p>",
        "<ul><li>KEPT as an item</li><li>Another with <a href='/x'>a link</a></li></ul>",
        "<blockquote>KEPT</blockquote>",
        "<section><aside>KEPT</aside></section>",
        "<custom-element>KEPT</custom-element>",
        "<table><tr><td>KEPT</td></tr></table>",
        "<span><div>KEPT</div></span>",
        "<div class='has-sidebar'><div class='wrap'><p>KEPT and long enough to be most of it.</p></div></div>",
    ],
)
def test_content_stays(kept: str) -> None:
    assert "KEPT" in text_of(read(f"<html><body><p>First.</p>{kept}</body></html>"))


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Prices | Acme</title>", "<h1>Our prices</h1>", "Our prices"),
        ("<title>Prices - Acme</title>", "", "Prices"),
        ("<title>T</title><meta property='og:title' content='Shared title'>", "", "Shared title"),
        ("<title>T | S</title>", "<h1>One</h1><p>x</p><h1>Two</h1>", "T"),
        ("", "", ""),
    ],
)
def test_the_title_is_the_pages_own(head: str, body: str, title: str) -> None:
    assert read(f"<html><head>{head}</head><body>{body}<p>Text.</p></body></html>").title == title


@pytest.mark.parametrize(
    "content",
    [
        "<p>Größe</p>".encode("cp1252"),
        '<meta charset="iso-8859-2"><p>Größe</p>'.encode("iso-8859-2"),
        "<p>Größe</p>".encode(),
        "\ufeff<p>Größe</p>".encode(),
        "<p>Größe</p>".encode("utf-16"),
        '<?xml version="1.0" encoding="utf-8"?><html><body><p>Größe</p></body></html>'.encode(),
    ],
)
def test_the_encoding_is_found_out(content: bytes) -> None:
    assert text_of(extract(content, "html")) == "Größe"


def test_the_encoding_of_the_media_type_counts() -> None:
    assert text_of(extract("<p>Größe Ж</p>".encode("koi8-r", "ignore"), "html", "text/html; charset=koi8-r")).endswith(
        "Ж"
    )


def test_broken_html_is_read_as_far_as_it_goes() -> None:
    assert text_of(read("<div><p>One<p>Two<table><tr><td>Three")) == "One\n\nTwo\n\nThree"


def test_nesting_that_no_person_writes_is_read() -> None:
    assert text_of(read("<div>" * 200 + "deep" + "</div>" * 200)) == "deep"


def test_absurd_nesting_is_refused() -> None:
    with pytest.raises(ChatmountError, match="no text"):
        read("<div>" * 5000 + "deep" + "</div>" * 5000)
