"""Web pages: the content stays, what surrounds it goes."""

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.document import Document, Section
from services.retrieval.ingest.reading import extract

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


LONG = "<p>This is the content of the page, and nearly all of its text.</p>"


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
        "<div class='page-footer wide'>CLUTTER</div>",
        "<div class='mainNav'>CLUTTER</div>",
        "<div class='wp-block-navigation'>CLUTTER</div>",
        "<div class='site__footer'>CLUTTER</div>",
        "<div id='sidebar'><h2>Latest news</h2>CLUTTER</div>",
        "<p class='cookie-notice'>CLUTTER</p>",
        "<div class='sidebar-left'>CLUTTER</div>",
        "<a class='sr-only' href='#x'>CLUTTER</a>",
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
        "<div class='layout with-sidebar'>KEPT</div>",
        "<div class='no-menu'>KEPT</div>",
        "<div class='has-cookies-notice'>KEPT</div>",
        "<div class='sidebar-layout'>KEPT</div>",
        "<div class='cookie-recipes'>KEPT</div>",
        "<div class='share-price'>KEPT</div>",
        "<div class='socialInsurance'>KEPT</div>",
        "<div class='menu-of-the-day'>KEPT</div>",
        "<div class='ads-manager'>KEPT</div>",
        "<div class='left-nav-page'>KEPT</div>",
        "<section id='cookies'><h2>Cookies</h2><p>KEPT</p></section>",
        "<section id='footer'>KEPT</section>",
        "<div id='cookies' class='section'><p>KEPT</p></div>",
        "<div id='navigation-menu'><h3>Navigation menu</h3><p>KEPT</p></div>",
        "<h2 id='navigation-menu'>KEPT</h2><p>Text.</p>",
        "<p id='consent'>KEPT</p>",
        "<h2><a id='menu'></a><span id='share'>KEPT</span></h2><p>Text.</p>",
        "<dl><dt id='popup'>Popup</dt><dd id='overlay'>KEPT</dd></dl>",
        "<h2>" + "<p>KEPT and much more text than any heading has.</p>" * 20 + "</h2>",
        "<dl><dt>A</dt><dd>x<dl><dt>B</dt><dd>KEPT</dd></dl></dd></dl>",
        "<div class='has-sidebar'><div class='wrap'><p>KEPT and long enough to be most of it.</p></div></div>",
    ],
)
def test_content_stays(kept: str) -> None:
    assert "KEPT" in str(read(f"<html><body><p>First.</p>{kept}</body></html>").sections)


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


def test_scripts_are_not_counted_as_text_of_the_page() -> None:
    script = f"<script>{'x' * 5000}</script>"
    assert text_of(read(f"<body>{script}<div class='sidebar'>{LONG}</div></body>")).startswith("This is the content")
    assert text_of(read(f"<body>{script}<form>{LONG}</form></body>")).startswith("This is the content")


def test_names_do_not_take_all_that_a_page_has() -> None:
    page = "<div class='sidebar'><p>One.</p></div><ul class='menu'><li>Two</li></ul><table id='nav'><td>Three</table>"
    assert text_of(read(page)) == "One.\n\n- Two\n\nThree"
