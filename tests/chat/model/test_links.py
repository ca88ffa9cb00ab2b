import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.chat.answerers.model.links import LinkGuard, addresses
from tests.each import for_each

from .pieces_of import CUTS, cut, step_by_step, through

ALLOWED = addresses(
    ["https://shop.example/returns", "file:docs/keys.md"],
    [
        "See http://localhost:8080/v1/chat, https://en.example/wiki/Foo_(bar) or www.shop.example/a.",
        "(//cdn.example/x.png)",
    ],
)


def said(*pieces: str) -> str:
    return through(LinkGuard(lambda: ALLOWED), pieces)


@for_each(
    "text",
    [
        "[Returns](https://shop.example/returns), see.",
        "Read https://shop.example/returns. Then **https://shop.example/returns/**!",
        "(HTTPS://Shop.example/returns)",
        "<https://shop.example/returns>",
        "[Foo](https://en.example/wiki/Foo_(bar)).",
        "curl http://localhost:8080/v1/chat",
        "www.shop.example/a and https://www.shop.example/a",
        "[Keys](file:docs/keys.md)",
        "![x](//cdn.example/x.png)",
        "`redis://` and postgresql+asyncpg://user@host/db",
        "a [b] c: d, either/or, a//b, 3 // 4, x <y, <b>bold</b>, <br/> <ID>, f(x)[i](y) [note]: text",
        "http:// and https://… and www. and // alone",
        "with h ht htt http https of f ft ftp w ww www",
        "mail help@shop.example, time 12:30, C:\\x",
    ],
)
def test_what_stood_in_the_passages_or_leads_nowhere_stays(text: str) -> None:
    assert said(text) == text
    assert said(*text) == text


@for_each(
    ("written", "expected"),
    [
        ("See https://evil.example/?q=secret, now.", "See [link removed], now."),
        ("[Returns](https://evil.example/?q=secret) now", "[Returns] now"),
        ("![x](https://evil.example/a.png?d=secret)", "![x]"),
        ('[t](https://evil.example/ "title")', '[t]( "title")'),
        ("[t](<https://evil.example/>)", "[t]"),
        ("[t](//evil.example/x) [t](/\\evil.example)", "[t] [t]"),
        ("[t](javascript:alert(1)) [t](data:text/html,x)", "[t] [t]"),
        ("[t](&#104;ttps&#58;//evil.example)", "[t]"),
        ("[t](https://evil.example)(https://evil.example/2)", "[t]"),
        ("[t](\n  https://evil.example\n)", "[t]"),
        ("[t][r]\n\n[r]: https://evil.example", "[t][r]\n\n[r]:"),
        ("<https://evil.example/x>", "<[link removed]>"),
        ('<img src="https://evil.example/x">', '< img src="[link removed]">'),
        ("<img/src=//evil.example/x onerror=y>", "< img/src=[link removed] onerror=y>"),
        ("www.evil.example/x //evil.example/y", "[link removed] [link removed]"),
        ("xhttps://evil.example/x", "xhttps[link removed]"),
        ("HTTPS://EVIL.EXAMPLE/x", "[link removed]"),
        ("https://shop.example/returns?d=secret", "[link removed]"),
        ("https://shop.example/returns#secret", "[link removed]"),
        ("https://shop.example/returns/../secret", "[link removed]"),
        ("https://shop.example@evil.example/returns", "[link removed]"),
        ("`curl https://evil.example/$(id) x`", "`curl [link removed]) x`"),
        ("**https://evil.example/x**.", "**[link removed]**."),
        ("https://evil.example/" + "x" * 5000 + " end", "[link removed] end"),
        ("[t](https://evil.example/" + "x" * 5000 + ") end", "[t]( end"),
    ],
)
def test_an_address_that_was_made_up_is_taken_away(written: str, expected: str) -> None:
    assert said(written) == expected
    assert said(*written) == expected


def test_nothing_is_held_back_but_what_may_become_an_address() -> None:
    words = "With| the| how| of| it|.| Go"
    assert step_by_step(LinkGuard(lambda: ALLOWED), words) == words


_PARTS = st.lists(
    st.sampled_from(
        [
            "http",
            "https",
            "ftp",
            "s",
            "h",
            "w",
            "www",
            "www.",
            ":",
            "/",
            "//",
            "://",
            "https://",
            ".",
            "evil.example",
            "shop.example/returns",
            "https://shop.example/returns",
            "[",
            "]",
            "](",
            "]:",
            "(",
            ")",
            "<",
            ">",
            "<img ",
            "<b>",
            "word",
            " ",
            "\n",
            "'",
            '"',
            "`",
            "x" * 30,
            "&",
            "\\",
            "é",
            "?d=secret",
            "![",
            "<a href=",
            "[link removed]",
        ]
    ),
    max_size=30,
).map("".join)


@settings(deadline=None)
@given(_PARTS, CUTS)
@example("](" + " " * 20 + "//evil.example)", [])
def test_how_the_text_is_cut_changes_nothing(text: str, cuts: list[int]) -> None:
    def short(*pieces: str) -> str:
        return through(LinkGuard(lambda: ALLOWED, maximum_length=50), pieces)

    whole = short(text)
    assert short(*cut(text, cuts)) == whole
    assert short(*text) == whole


@settings(deadline=None)
@given(_PARTS)
def test_no_address_comes_through_that_was_not_given(text: str) -> None:
    for address in re.findall(r"(?i)(?:https?|ftp)://[^\s<>\"`{}|\\^\[\]]+", said(text)):
        leads_nowhere = not re.search(r"[^\W_]", address.split("://", 1)[1])
        assert leads_nowhere or addresses([address], []) <= ALLOWED
