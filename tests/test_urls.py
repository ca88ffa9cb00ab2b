"""One spelling for all URLs that are one by RFC 3986, section 6.2, and for no others."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.urls import WebUrl, canonical
from tests.each import for_each

PAGE = WebUrl.parse("http://a/b/c/d;p?q")


@for_each(
    ("spelling", "url"),
    [
        ("HTTPS://E.Example:443/%66erry", "https://e.example/ferry"),
        (" https://e.example ", "https://e.example/"),
        ("http://e.example:80?x", "http://e.example/?x"),
        ("http://e.example:/", "http://e.example/"),
        ("http://e.example:0080/", "http://e.example/"),
        ("https://e.example:80/", "https://e.example:80/"),
        ("https://e%2eEXAMPLE/", "https://e.example/"),
        ("https://e.example/%7euser/%c3%a9%2f%2F", "https://e.example/~user/%C3%A9%2F%2F"),
        ("https://e.example/é?é#é", "https://e.example/%C3%A9?%C3%A9#%C3%A9"),
        ("https://e.example/a b|c%zz%", "https://e.example/a%20b%7Cc%25zz%25"),
        ("https://e.example/a/./b/../c/", "https://e.example/a/c/"),
        ("https://e.example/%2E%2e/a/..", "https://e.example/"),
        ("https://e.example/../../a/.", "https://e.example/a/"),
        ("https://e.example/?a=/../b", "https://e.example/?a=/../b"),
        ("https://Bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://XN--BCHER-KVA.example/", "https://xn--bcher-kva.example/"),
        ("https://b%C3%BCcher.example/", "https://xn--bcher-kva.example/"),
        ("https://ｅ.example。/", "https://e.example./"),
        ("https://💩.example/", "https://xn--ls8h.example/"),
        ("https://[2001:DB8:0::1]:443/", "https://[2001:db8::1]/"),
        ("https://[::FFFF:102:304]/", "https://[::ffff:1.2.3.4]/"),
        ("https://e.example:" + "0" * 5000 + "443/", "https://e.example/"),
    ],
)
def test_spellings_of_one_url_are_one(spelling: str, url: str) -> None:
    assert canonical(spelling) == url
    assert canonical(url) == url


@given(
    st.text("aZ%./?#:é4125 ~;=&+\\[]\u0301", max_size=30),
    st.sampled_from(["https://e.example/", "http://E.example:8080", "https://é.example?"]),
)
def test_the_one_spelling_is_its_own(text: str, start: str) -> None:
    try:
        url = WebUrl.parse(start + text)
    except ValueError:
        return
    assert canonical(str(url)) == str(url)
    assert WebUrl.parse(str(url)) == url
    assert str(url).isascii()
    assert PAGE.join(str(url)) == url


@for_each(
    ("one", "other"),
    [
        ("https://e.example/?x", "https://e.example/?x="),
        ("https://e.example/", "https://e.example/?"),
        ("https://e.example/", "https://e.example/#"),
        ("https://e.example/a", "https://e.example/a/"),
        ("https://e.example/a", "https://e.example/A"),
        ("https://e.example/a/b", "https://e.example/a%2Fb"),
        ("https://e.example/a/b", "https://e.example/a//b"),
        ("https://e.example/a;b", "https://e.example/a%3Bb"),
        ("https://e.example/?a+b", "https://e.example/?a%20b"),
        ("https://e.example/?a+b", "https://e.example/?a%2Bb"),
        ("https://e.example/?a&b", "https://e.example/?b&a"),
        ("https://e.example/?a=%26", "https://e.example/?a=&"),
        ("https://e.example/%2541", "https://e.example/%41"),
        ("https://e.example/é", "https://e.example/e\u0301"),
        ("https://e.example/", "https://e.example./"),
        ("https://e.example/", "http://e.example/"),
        ("https://e.example/", "https://e.example:8443/"),
        ("https://e.example/", "https://www.e.example/"),
        ("https://e.example/#a", "https://e.example/#b"),
    ],
)
def test_urls_that_differ_stay_different(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@for_each(
    ("url", "why"),
    [
        ("e.example", "must begin with"),
        ("//e.example", "must begin with"),
        ("https:e.example", "must begin with"),
        ("ftp://e.example/", "must begin with"),
        ("https://ada@e.example/", "user name"),
        ("https://", "no URL"),
        ("https:///a", "no URL"),
        ("https://:443/", "no URL"),
        ("https://e.example:abc/", "no URL"),
        ("https://e.example:1_0/", "no URL"),
        ("https://e.example:８０/", "no URL"),
        ("https://e.example:65536/", "no URL"),
        ("https://e.example:0/", "no URL"),
        ("https://e.example:00000/", "no URL"),
        ("https://e.example:" + "9" * 5000, "no URL"),
        ("https://[::1/", "no URL"),
        ("https://[::g]/", "no URL"),
        ("https://[fe80::1%25eth0]/", "no URL"),
        ("https://::1/", "no URL"),
        ("https://a b/", "no URL"),
        ("https://a<b/", "no URL"),
        ("https://a%00b/", "no URL"),
        ("https://a%2Fb/", "no URL"),
        ("https://%ff/", "no URL"),
        ("https://e.example/\ud800", "no URL"),
        ("https://" + "é" * 100 + ".example/", "no URL"),
        ("https://" + "é" * 50_000 + "/", "no URL"),
        ("https://" + "e" * 256 + "/", "no URL"),
    ],
)
def test_what_is_no_url_is_told_with_the_reason(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        canonical(url)
    assert "ada" not in str(caught.value)


@for_each(
    ("reference", "url"),
    # The examples of RFC 3986, section 5.4, that stay on the web.
    [
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g/"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q#s"),
        ("g?y#s", "http://a/b/c/g?y#s"),
        (";x", "http://a/b/c/;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y#s"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../../g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."),
        ("..g", "http://a/b/c/..g"),
        ("g/../h", "http://a/b/c/h"),
        ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
    ],
)
def test_a_reference_leads_where_the_standard_says(reference: str, url: str) -> None:
    assert str(PAGE.join(reference)) == url


def test_a_long_url_takes_time_in_proportion() -> None:
    began = time.thread_time()
    for text in ("/.." * 100_000, "%" * 300_000, "%41" * 100_000, "é" * 100_000, "?" * 300_000):
        canonical("https://e.example/" + text)
    assert time.thread_time() - began < 15
