"""The sites of a widget: how they are written down, and which pages are on them.

They are sources of a Content-Security-Policy as they stand, for `frame-ancestors`; what `admits` says is what browsers
make of that list.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address

from services.errors import ChatmountError, Text, invalid, refusal
from services.urls import WebUrl

MAXIMUM_SITES = 100
LONGEST_HOST = 253
LONGEST_SHOWN = 80
WILDCARD = "*."
NO_SITE = "is no site. Write it as https://www.example.com."

_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*", re.ASCII)
# As browsers write the origin of a page.
_ORIGIN = re.compile(rf"(https?://)({_HOST.pattern})((?::[0-9]{{1,5}})?)", re.ASCII)
_LONGEST_ORIGIN = len("https://:65535") + LONGEST_HOST


def page_origin(header: str) -> str:
    """The origin in an `Origin` header; "" for what no page of a website has, such as `null`."""
    return header if len(header) <= _LONGEST_ORIGIN and _ORIGIN.fullmatch(header) else ""


def admits(sites: Sequence[str], origin: str) -> bool:
    """Whether a page of this origin (see `page_origin`) is on one of the sites."""
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        return False
    scheme, host, port = found.groups()
    # To a browser, `http://example.com` in a policy covers the same name over https, and not the other way round.
    schemes = (scheme,) if scheme == "http://" or port else (scheme, "http://")
    labels = host.split(".")
    names = [host, *(WILDCARD + ".".join(labels[start:]) for start in range(1, len(labels)))]
    return not set(sites).isdisjoint(f"{each}{name}{port}" for each in schemes for name in names)


def changed(sites: Sequence[str], added: Iterable[str], removed: Iterable[str]) -> tuple[str, ...]:
    """The sites without those removed, then with those added.

    NOT_FOUND for one to remove that is not listed; INVALID_FIELD for one to add that can't be listed.
    """
    kept = list(sites)
    for text in removed:
        site = site_in(text, "remove_origins")
        if site not in kept:
            raise refusal(Text.NOT_FOUND, thing=f"site: {site}")
        kept.remove(site)
    for text in added:
        site = site_in(text, "add_origins")
        if site in kept:
            raise invalid(f"add_origins: {site} is on the list already.")
        kept.append(site)
    if len(kept) > MAXIMUM_SITES:
        raise invalid(
            f"add_origins: a widget may have at most {MAXIMUM_SITES} sites; with these it would have {len(kept)}. "
            "Remove some, or list https://*.example.com in place of the names below it."
        )
    return tuple(kept)


def site_in(text: str, field: str) -> str:
    """The one spelling of a site, as people write them. INVALID_FIELD for anything else.

    Without a scheme it is taken for https; a name in another script becomes ASCII; a default port is left out.
    """
    text = text.strip()
    shown = repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")

    def wrong(what: str) -> ChatmountError:
        return invalid(f"{field}: {shown} {what}")

    scheme, colon, rest = text.partition("://")
    if not colon:
        scheme, rest = "https", text.removeprefix("//")
    scheme = scheme.lower()
    if text == "null" or scheme == "file":
        raise wrong("is no site: pages in apps and files have no origin. Allow apps instead.")
    if scheme not in ("https", "http"):
        raise wrong("must begin with https:// or http://.")
    authority = re.split(r"[/?#]", rest)[0]
    if "@" in authority:
        raise wrong("must not contain a user name or password.")
    wildcard, name = (WILDCARD, rest.removeprefix(WILDCARD)) if rest.startswith(WILDCARD) else ("", rest)
    if "*" in authority.removeprefix(WILDCARD):
        raise wrong("has a * where none can stand. It stands for the first parts of a name: https://*.example.com.")
    try:
        url = WebUrl.parse(f"{scheme}://{name}")
    except ValueError:
        raise wrong(NO_SITE) from None
    if not _is_name(url.host):
        raise wrong(NO_SITE)
    if "_" in url.host:
        # Chromium drops such a source of a policy, and would then show no frame there.
        raise wrong("has a _, which browsers take in no list of sites. https://*.example.com covers such names.")
    if wildcard and ("." not in url.host or _is_address(url.host)):
        raise wrong("covers too much: name at least two parts after the *, as in https://*.example.com.")
    site = f"{scheme}://{wildcard}{url.authority}"
    if (url.path, url.query, url.fragment) != ("/", None, None):
        raise wrong(f"names a page. A site has no path: {site}.")
    return site


def _is_name(host: str) -> bool:
    if len(host) > LONGEST_HOST or _HOST.fullmatch(host) is None:
        return False
    # What ends in a number is an IPv4 address to browsers, or nothing.
    return not host.rpartition(".")[2].isdigit() or _is_address(host)


def _is_address(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False
