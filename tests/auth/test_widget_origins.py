"""Sites of a widget: what may be listed, and whom the list lets in; policy and tickets must agree."""

import random
import re
from urllib.parse import urlsplit

import pytest

from services.auth.widget.origins import MAXIMUM_SITES, admits, changed, page_origin, site_in
from services.errors import ChatmountError, Reason
from tests.each import for_each
from tests.made_up_origins import made_up_origin, made_up_sites

FIELD = "add_origins"
A_SITE = "https://example.com"
PORTS = {"http": 80, "https": 443}


@for_each(
    ("written", "kept"),
    [
        ("https://example.com", "https://example.com"),
        ("example.com", "https://example.com"),
        ("//example.com", "https://example.com"),
        ("  HTTPS://WWW.Example.COM/ ", "https://www.example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://example.com:80/", "http://example.com"),
        ("example.com:8443", "https://example.com:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://127.0.0.1", "https://127.0.0.1"),
        ("*.example.com", "https://*.example.com"),
        ("http://*.example.com:8080", "http://*.example.com:8080"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("https://*.Bücher.example", "https://*.xn--bcher-kva.example"),
        ("straße.example", "https://xn--strae-oqa.example"),
        ("日本語.example", "https://xn--wgv71a119e.example"),
    ],
)
def test_a_site_has_one_spelling(written: str, kept: str) -> None:
    assert site_in(written, FIELD) == kept
    assert site_in(kept, FIELD) == kept


@for_each(
    ("written", "told"),
    [
        ("https://example.com/shop", "names a page. A site has no path: https://example.com."),
        ("example.com?x=1", "names a page. A site has no path: https://example.com."),
        ("https://*.example.com/#top", "names a page. A site has no path: https://*.example.com."),
        ("*", "has a * where none can stand"),
        ("https://*", "has a * where none can stand"),
        ("https://a.*.example.com", "has a * where none can stand"),
        ("https://*example.com", "has a * where none can stand"),
        ("https://example.*", "has a * where none can stand"),
        ("https://*.*.example.com", "has a * where none can stand"),
        ("https://example.com:*", "has a * where none can stand"),
        ("https://*.com", "covers too much: name at least two parts after the *"),
        ("https://*.127.0.0.1", "covers too much"),
        ("https://ada@example.com", "must not contain a user name or password."),
        ("https://ada:secret@example.com/", "must not contain a user name or password."),
        ("null", "Allow apps instead."),
        ("file://", "Allow apps instead."),
        ("FILE:///index.html", "Allow apps instead."),
        ("ftp://example.com", "must begin with https:// or http://."),
        ("capacitor://localhost", "must begin with https:// or http://."),
        ("", "is no site. Write it as https://www.example.com."),
        ("https://", "is no site."),
        ("javascript:alert(1)", "is no site."),
        ("exa mple.com", "is no site."),
        ("example.com; script-src *", "has a *"),
        ("example.com;script-src", "is no site."),
        ("example.com\r\nSet-Cookie: a=b", "is no site."),
        ("'self'", "is no site."),
        ("my_shop.example.com", "has a _, which browsers take in no list of sites."),
        ("example..com", "is no site."),
        ("example.com.", "is no site."),
        ("https://[::1]", "is no site."),
        ("https://1.1", "is no site."),
        ("https://2130706433", "is no site."),
        ("https://example.com:0", "is no site."),
        ("https://example.com:65536", "is no site."),
        ("a" * 64 + ".example.com", "is no site."),
        (".".join(["a" * 50] * 6), "is no site."),
        ("x" * 5_000, "is no site."),
    ],
)
def test_what_is_no_site_is_refused_with_what_to_do(written: str, told: str) -> None:
    with pytest.raises(ChatmountError) as caught:
        site_in(written, FIELD)
    assert caught.value.reason == Reason.INVALID_FIELD
    assert caught.value.text.startswith(f"{FIELD}: ")
    assert told in caught.value.text
    assert len(caught.value.text) < 300


def test_a_list_is_changed_as_a_whole() -> None:
    full = tuple(f"https://shop-{number}.example.com" for number in range(MAXIMUM_SITES))
    assert changed(full, ["new.example.com"], ["shop-7.example.com"]) == (
        *full[:7],
        *full[8:],
        "https://new.example.com",
    )
    for added, removed, reason, told in (
        (["new.example.com"], [], Reason.INVALID_FIELD, "at most 100 sites"),
        (["SHOP-1.example.com"], ["shop-2.example.com"], Reason.INVALID_FIELD, "https://shop-1.example.com is on"),
        (["new.example.com", "new.example.com:443"], full[:3], Reason.INVALID_FIELD, "is on the list already"),
        ([], ["http://shop-1.example.com"], Reason.NOT_FOUND, "site: http://shop-1.example.com"),
    ):
        with pytest.raises(ChatmountError, match=re.escape(told)) as caught:
            changed(full, added, removed)
        assert caught.value.reason == reason


@for_each(
    ("site", "origin", "in_"),
    [
        (A_SITE, "https://example.com", True),
        (A_SITE, "http://example.com", False),
        (A_SITE, "https://example.com:8443", False),
        (A_SITE, "https://www.example.com", False),
        (A_SITE, "https://example.com.evil.test", False),
        (A_SITE, "https://evil-example.com", False),
        (A_SITE, "https://example.co", False),
        (A_SITE, "https://example.com.", False),
        (A_SITE, "https://example.com/", False),
        (A_SITE, "https://EXAMPLE.com", False),
        (A_SITE, "https://evil.test@example.com", False),
        (A_SITE, "https://example.com@evil.test", False),
        (A_SITE, "https://example.com, https://evil.test", False),
        (A_SITE, "null", False),
        (A_SITE, "", False),
        ("https://*.example.com", "https://example.com", False),
        ("https://*.example.com", "https://www.example.com", True),
        ("https://*.example.com", "https://a.b.example.com", True),
        ("https://*.example.com", "https://my_shop.example.com", True),
        ("https://*.example.com", "https://wwwexample.com", False),
        ("https://*.example.com", "https://www.example.com.evil.test", False),
        ("https://*.example.com", "http://www.example.com", False),
        ("https://*.example.com", "https://www.example.com:8443", False),
        ("https://*.example.com", "https://*.example.com", False),
        ("https://*.example.com", "https://.example.com", False),
        ("https://*.example.com", "https://evil.test/.example.com", False),
        ("https://*.example.com", "https://evil.test:1.example.com", False),
        ("https://*.example.com", "https://evil.test#.example.com", False),
        ("https://*.example.com:8443", "https://a.example.com:8443", True),
        ("http://example.com", "https://example.com", True),
        ("http://*.example.com", "https://a.example.com", True),
        ("http://example.com:8080", "https://example.com:8080", False),
    ],
)
def test_a_page_is_on_a_site_or_not(site: str, origin: str, in_: bool) -> None:
    assert admits((site,), page_origin(origin)) is in_
    # Among others it is the same.
    others = tuple(f"https://other-{number}.test" for number in range(99))
    assert admits((*others, site), page_origin(origin)) is in_
    assert not admits((), page_origin(origin))


def policy_lets_in(sources: tuple[str, ...], origin: str) -> bool:
    """What a browser makes of `frame-ancestors` (CSP level 3, 6.7.2, as Chromium has it)."""
    page = urlsplit(origin)
    assert page.hostname
    for source in map(urlsplit, sources):
        upgraded = (source.scheme, page.scheme) == ("http", "https")
        if source.scheme != page.scheme and not upgraded:
            continue
        name = source.netloc.partition(":")[0]
        if not (page.hostname.endswith(name[1:]) if name.startswith("*") else page.hostname == name):
            continue
        port = page.port or PORTS[page.scheme]
        if source.port is None and port == PORTS[page.scheme]:
            return True
        if source.port == port and not upgraded:
            return True
    return False


def test_tickets_and_the_policy_agree_on_made_up_origins() -> None:
    # tests/browser/test_widget_policy.py asks a browser itself.
    chance = random.Random(20261129)
    decided = []
    for _ in range(200):
        sites, origin = changed((), made_up_sites(chance), ()), made_up_origin(chance)
        assert page_origin(origin) == origin
        decided.append(policy_lets_in(sites, origin))
        assert admits(sites, origin) is decided[-1], (sites, origin)
    assert 20 < sum(decided) < 180, "both happen"
