"""Sites that somebody could list, and origins that pages could have: many meet, and many nearly do."""

import random

_NAMES = (
    *("example.com", "www.example.com", "a.www.example.com", "example.com.evil.test", "evilexample.com"),
    *("xn--bcher-kva.example", "shop.xn--bcher-kva.example", "localhost", "127.0.0.1", "192.168.1.5"),
)
_ENDINGS = ("", "", "", ":8443", ":8080")
_NO_PARENTS = ("localhost", "127.0.0.1", "192.168.1.5")


def made_up_origin(chance: random.Random) -> str:
    """The origin of a page."""
    name = chance.choice([*_NAMES, "my_shop.example.com"])
    return f"{chance.choice(['https', 'https', 'http'])}://{name}{chance.choice(_ENDINGS)}"


def made_up_sites(chance: random.Random) -> list[str]:
    """What an owner lists: up to thirty sites, some of them with a wildcard."""
    return sorted({_site(chance) for _ in range(chance.randrange(30))})


def _site(chance: random.Random) -> str:
    name = chance.choice(_NAMES)
    if name not in _NO_PARENTS and chance.random() < 0.4:
        name = f"*.{name}"
    return f"{chance.choice(['https', 'https', 'http'])}://{name}{chance.choice(_ENDINGS)}"
