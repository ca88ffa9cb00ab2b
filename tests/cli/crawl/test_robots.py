"""robots.txt as RFC 9309 has it."""

import time

import pytest

from services.cli.crawl.robots import parse_robots
from services.urls import WebUrl


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /a", "/a/b", False),
        ("Disallow: /a", "/b/a", True),
        ("Disallow:", "/a", True),
        ("Disallow: /\nAllow: /open", "/open/x", True),
        ("Disallow: /a\nAllow: /a", "/a", True),
        ("Allow: /\nDisallow: /private/", "/private/x", False),
        ("Disallow: /*.pdf$", "/x/y.pdf", False),
        ("Disallow: /*.pdf$", "/x/y.pdf?z", True),
        ("Disallow: /*/edit", "/a/b/edit/c", False),
        ("Disallow: /a*b*c$", "/axbxc", False),
        ("Disallow: /a*b*c$", "/axcxb", True),
        ("Disallow: /x$", "/x", False),
        ("Disallow: /x$", "/xy", True),
        ("Disallow: /gr%C3%BCn", "/grün", False),
        ("Disallow: /search?q=", "/search?q=a", False),
    ],
)
def test_the_longest_rule_decides(rules: str, path: str, allowed: bool) -> None:
    assert parse_robots(f"User-agent: *\n{rules}".encode()).allows(path) is allowed


def test_rules_for_us_go_before_rules_for_everybody() -> None:
    robots = parse_robots(
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n\n"
        b"User-Agent: Other\nuser-agent: ChatMount # us\nDisallow: /a\nCrawl-delay: 3\n\n"
        b"User-agent: chatmount\nDisallow: /b\n"
        b"Sitemap: https://example.com/map.xml\nnonsense\n"
    )
    assert [robots.allows(path) for path in ("/", "/a", "/b")] == [True, False, False]
    assert robots.delay == 3
    assert robots.sitemaps == (WebUrl.parse("https://example.com/map.xml"),)


def test_a_delay_is_kept_within_reason() -> None:
    assert parse_robots(b"User-agent: *\nCrawl-delay: 86400").delay == 10
    assert parse_robots(b"User-agent: *\nCrawl-delay: nan").delay == 0


def test_wildcards_by_the_hundred_cost_no_time() -> None:
    robots = parse_robots(b"User-agent: *\nDisallow: /" + b"*a" * 1000 + b"b$")
    began = time.thread_time()
    assert robots.allows("/" + "a" * 5000)
    assert time.thread_time() - began < 1
