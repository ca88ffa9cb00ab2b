"""robots.txt as RFC 9309 has it."""

import time

from services.cli.crawl.robots import parse_robots
from services.urls import WebUrl
from tests.each import for_each
from tests.promptness import is_once_within


def allows(rules: bytes, path: str) -> bool:
    return parse_robots(rules).allows(WebUrl.parse("https://example.com" + path))


@for_each(
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
        ("Disallow: /a", "//a", True),
    ],
)
def test_the_longest_rule_decides(rules: str, path: str, allowed: bool) -> None:
    assert allows(f"User-agent: *\n{rules}".encode(), path) is allowed


def test_rules_for_us_go_before_rules_for_everybody() -> None:
    rules = (
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n\n"
        b"User-Agent: Other\nuser-agent: ChatMount # us\nDisallow: /a\nCrawl-delay: 3\n\n"
        b"User-agent: chat\nAllow: /a\n\nUser-agent: chatmount\nDisallow: /b\n"
        b"Sitemap: https://example.com/map.xml\nnonsense\n"
    )
    assert [allows(rules, path) for path in ("/", "/a", "/b")] == [True, False, False]
    assert parse_robots(rules).delay == 3
    assert parse_robots(rules).sitemaps == (WebUrl.parse("https://example.com/map.xml"),)


def test_a_delay_is_kept_within_reason() -> None:
    assert parse_robots(b"User-agent: *\nCrawl-delay: 86400").delay == 10
    assert parse_robots(b"User-agent: *\nCrawl-delay: nan").delay == 0


@for_each(
    "rules",
    [
        b"Disallow: /" + b"*a" * 1000 + b"b$",
        b"".join(b"User-agent: %d\n" % number for number in range(16_000)) + b"Allow:/\n" * 30_000,
    ],
)
def test_a_file_that_is_made_to_take_long_does_not(rules: bytes) -> None:
    def seconds() -> float:
        began = time.thread_time()
        assert allows(b"User-agent: *\n" + rules, "/" + "a" * 2000)
        return time.thread_time() - began

    is_once_within(1, seconds)
