"""Pages of news and blogs: the article stays, what stands beside it goes, and other pages lose nothing by it."""

import pytest

from tests.each import for_each
from tests.retrieval.ingest.extraction.extracted import sections, text_of

FIRST = "The council opened the new bridge on Monday, two years after the old one was closed."
SECOND = "Cyclists may use it at any hour, while lorries of more than seven tonnes have to take the tunnel."
PUBLISHED = "<meta property='article:published_time' content='2026-03-02'>"
MORE = "<h3><a href='/a'>The harbour is deeper now</a></h3><p>A dredger worked there for the whole of a year.</p>"


@for_each(
    "beside",
    [
        f"<div class='related-posts'>{MORE}</div>",
        f"<section class='c-teaser-list c-teaser-list--related'>{MORE}</section>",
        f"<aside><ul>{'<li><a href=/b>Another article, on something else</a></li>' * 2}</aside>",
        "<p><a href='/b'>Read more: how the old bridge was built, and by whom</a></p>",
        "<h2>More on this</h2><ul><li><a href='/b'>The tunnel and its long history of floods</a></ul>",
        "<div class='author-box'><p>Jo Lee has written on towns and rivers since 2009.</p></div>",
        "<div class='entry-meta'>Posted on 2 March by <a href='/jo'>Jo Lee</a></div>",
        "<div class='sharedaddy'><p>Tell your friends about this article, they will thank you.</p></div>",
        "<div id='comments'><p>I have waited for this bridge since I was a child, hooray!</p></div>",
        "<div class='comment-respond'><h3>Leave a reply</h3><p>Your address is not published.</p></div>",
        "<div class='newsletter-signup-box'><p>Our letter comes every Friday, with all the news.</p></div>",
        "<div id='related_posts'><h3>Related posts</h3><p>The harbour is deeper now than it was.</p></div>",
        "<div class='xyz-author-box-text'><p>Jo Lee has written on towns and rivers since 2009.</p></div>",
        "<p class='byline'>By Jo Lee, who has written on towns and rivers since 2009.</p>",
        "<p>Read more on the tunnel</p>",
        "<h3>Das könnte Sie auch interessieren:</h3>",
        "<p>Photo: Jo Lee / Example Press</p>",
        "<h2>12 comments</h2>",
    ],
)
@pytest.mark.parametrize("within", [True, False], ids=["within the article", "behind it"])
def test_what_is_beside_an_article_goes(beside: str, within: bool) -> None:
    inner, outer = (beside, "") if within else ("", beside)
    article = f"<div class='entry-content'><p>{FIRST}</p>{inner}<p>{SECOND}</p></div>"
    page = f"<head>{PUBLISHED}</head><body><article><h1>The bridge</h1>{article}{outer}</article></body>"
    assert text_of(f"<html>{page}</html>", "html") == f"{FIRST}\n\n{SECOND}"


@for_each(
    "body",
    [
        "<div class='story-body'>{}</div>",
        "<div itemprop='articleBody'>{}</div>",
        "<div><div class='x7'>{}</div></div>",
    ],
)
def test_an_article_is_told_from_prose_without_a_name_around_it(body: str) -> None:
    boxes = "<div class='q3'><p>Weather: rain, and more of it in the evening.</p><a href='/w'>Weather</a></div>"
    text = body.format(f"<p>{FIRST} {SECOND}</p><p>{SECOND} {FIRST}</p>")
    page = f"<head>{PUBLISHED}</head><body><div><h1>The bridge</h1>{text}{boxes}</div></body>"
    assert "Weather" not in str(sections(f"<html>{page}</html>", "html"))


def test_the_lead_of_an_article_stays() -> None:
    lead = f"<p class='article-teaser'>{FIRST}</p>"
    page = (
        f"<article><h1>The bridge</h1>{lead}<div class='article-body'><p>{SECOND}</p><p>{SECOND}!</p></div></article>"
    )
    assert FIRST in text_of(f"<html><head>{PUBLISHED}</head><body>{page}</body></html>", "html")


@for_each(
    "kept",
    [
        "<div class='teaser'><p>KEPT</p></div>",
        "<div class='elementor-widget'><p>KEPT</p></div>",
        "<div class='credit-card'><p>KEPT</p></div>",
        "<div class='comments'><p>KEPT</p></div>",
        "<p><a href='/b'>KEPT</a></p>",
        "<h2>KEPT</h2>",
        "<div class='post-content'><table><tr><td>KEPT</td></tr></table></div>",
    ],
)
def test_a_page_that_is_no_article_keeps_all_of_that(kept: str) -> None:
    page = f"<html><body><h1>The bridge</h1><div><p>{FIRST}</p><p>{SECOND}</p></div>{kept}</body></html>"
    assert "KEPT" in str(sections(page, "html"))


def test_an_article_keeps_a_list_that_is_longer_than_its_prose() -> None:
    parts = "".join(f"<tr><td>{number} g</td><td>flour of kind {number}</td></tr>" for number in range(40))
    page = f"<div><h1>Bread</h1><table>{parts}</table></div><div class='x7'><p>{FIRST}</p></div>"
    assert "flour of kind 39" in text_of(f"<html><head>{PUBLISHED}</head><body>{page}</body></html>", "html")


@for_each(
    ("head", "is_article"),
    [
        ('<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle"}]}</script>', True),
        ('<script type="application/ld+json">{"@type": ["BlogPosting"]}</script>', True),
        ('<script type="application/ld+json">{"@type": "TechArticle"}</script>', False),
        (
            '<meta name="generator" content="MediaWiki 1.41"><script type="application/ld+json">'
            '{"@type": "Article"}</script>',
            False,
        ),
        ("", False),
    ],
)
def test_linked_data_tell_that_a_page_is_an_article(head: str, is_article: bool) -> None:
    beside = "<div class='comments'><p>I have waited for this bridge since I was a child.</p></div>"
    page = f"<html><head>{head}</head><body><h1>The bridge</h1><p>{FIRST}</p><p>{SECOND}</p>{beside}</body></html>"
    assert ("since I was a child" not in text_of(page, "html")) == is_article


@for_each(
    "kept",
    [
        "<p>Read more than the sign says: the bridge is closed at night.</p>",
        "<p>Photographs of the old bridge hang in the town hall.</p>",
        "<p>Comments on the plan were few.</p>",
        "<ul><li><a href='https://example.com/report'>https://example.com/report</a></li></ul>",
        "<div class='has-author-photo'><p>KEPT by its author.</p></div>",
        "<figure><img src=x><figcaption>The bridge from the north, with the old pillars below.</figcaption></figure>",
    ],
)
def test_an_article_keeps_what_only_looks_like_something_beside_it(kept: str) -> None:
    page = f"<article><h1>The bridge</h1><div class='entry-content'><p>{FIRST}</p>{kept}<p>{SECOND}</p></div></article>"
    said = text_of(f"<html><head>{PUBLISHED}</head><body>{page}</body></html>", "html")
    assert len(said) > len(FIRST) + len(SECOND) + 20


def test_the_caption_and_all_points_above_an_article_stay() -> None:
    caption = "The new bridge from the north, with the old pillars below it."
    points = [f"Point {number} of what there is to know before the text begins." for number in range(8)]
    lead = f"<figure><figcaption>{caption}</figcaption></figure><ul>{''.join(f'<li>{one}</li>' for one in points)}</ul>"
    body = f"<div class='article-body'>{f'<p>{FIRST} {SECOND}</p>' * 20}</div>"
    page = f"<html><head>{PUBLISHED}</head><body><article><h1>The bridge</h1>{lead}{body}</article></body></html>"
    assert all(one in text_of(page, "html") for one in (caption, *points))
