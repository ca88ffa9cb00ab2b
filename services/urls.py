"""Web addresses in one spelling.

URLs that RFC 3986, section 6.2, calls equal are equal as text, and no others are.

Libraries that parse URLs lose what tells two of them apart (`?x` from `?x=`, `;` from `%3B`), so this is done here.
"""

import ipaddress
import re
import socket
import unicodedata
from dataclasses import dataclass, replace
from urllib.parse import unquote

DEFAULT_PORTS = {"http": 80, "https": 443}
MAXIMUM_LENGTH = 2048
LONGEST_HOST = 255
FILE_SCHEME = "file:"

_PARTS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::(?:0*(?=\d))?(\d{0,5}))?", re.ASCII)
_HOST = re.compile(r"[a-z0-9._~!$&'()*+,;=-]+", re.ASCII)
_ESCAPE = re.compile(r"(%[0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT = _UNRESERVED | frozenset("!$&'()*+,;=:@/?[]")
_NO_URL = "it is no URL."


@dataclass(frozen=True, slots=True)
class WebUrl:
    """An http or https URL in its canonical spelling. `port` None: the scheme's own.

    `query` and `fragment` are None where there is none, which is another URL than an empty one.
    """

    scheme: str
    host: str
    port: int | None
    path: str
    query: str | None = None
    fragment: str | None = None

    @classmethod
    def parse(cls, text: str) -> "WebUrl":
        """ValueError, which says why, for all but http and https URLs without a user."""
        scheme, authority, path, query, fragment = _split(text)
        return cls._checked(scheme, authority, path, query, fragment)

    @classmethod
    def _checked(
        cls, scheme: str | None, authority: str | None, path: str, query: str | None, fragment: str | None
    ) -> "WebUrl":
        scheme = (scheme or "").lower()
        if scheme not in DEFAULT_PORTS or authority is None:
            raise ValueError("it must begin with https:// or http://.")
        if "@" in authority:
            raise ValueError("it must not contain a user name or password.")
        found = _AUTHORITY.fullmatch(authority)
        port = int(found[2] or DEFAULT_PORTS[scheme]) if found else 0
        if found is None or not 0 < port <= 65535:
            raise ValueError(_NO_URL)
        try:
            host = _host(found[1])
            path = _without_dots(_escaped(path)) or "/"
            query, fragment = (None if part is None else _escaped(part) for part in (query, fragment))
        except ValueError as error:
            raise ValueError(_NO_URL) from error
        port_said = None if port == DEFAULT_PORTS[scheme] else port
        return cls(scheme, host, port_said, path, query, fragment)

    def join(self, reference: str) -> "WebUrl":
        """What a reference on this page leads to (RFC 3986, section 5.2). ValueError as of `parse`."""
        scheme, authority, path, query, fragment = _split(reference)
        if scheme is not None or authority is not None:
            return self._checked(scheme or self.scheme, authority, path, query, fragment)
        if not path:
            path, query = self.path, self.query if query is None else query
        elif not path.startswith("/"):
            path = self.path.rpartition("/")[0] + "/" + path
        return self._checked(self.scheme, self.authority, path, query, fragment)

    def at(self, path: str) -> "WebUrl":
        """Another path, in canonical spelling, of the same server."""
        return replace(self, path=path, query=None, fragment=None)

    @property
    def authority(self) -> str:
        """Host, and port where it must be said."""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def target(self) -> str:
        """What a request for it names: path and query."""
        return self.path if self.query is None else f"{self.path}?{self.query}"

    def __str__(self) -> str:
        text = f"{self.scheme}://{self.authority}{self.target}"
        return text if self.fragment is None else f"{text}#{self.fragment}"


def canonical(text: str) -> str:
    """The one spelling of an http or https URL. ValueError as of `WebUrl.parse`."""
    return str(WebUrl.parse(text))


def one_name(name: str) -> str:
    """The one spelling of a file's name: systems differ in how they write letters with accents."""
    return unicodedata.normalize("NFC", name)


def identity(url: str) -> str:
    """The identity of a source with this URL, of the web or `file:` and a name.

    Other texts are left alone."""
    try:
        return one_name(url) if url.startswith(FILE_SCHEME) else canonical(url)
    except ValueError:
        return url


def _split(text: str) -> tuple[str | None, str | None, str, str | None, str | None]:
    found = _PARTS.fullmatch(text.strip())
    if found is None:
        raise ValueError(_NO_URL)
    return found[1], found[2], found[3], found[4], found[5]


def _host(text: str) -> str:
    if text.startswith("["):
        address = ipaddress.IPv6Address(text[1:-1])
        if address.scope_id is not None:
            raise ValueError("a network card of this machine says nothing to others")
        # As the system writes it: Python's own spelling differs between its versions.
        return f"[{socket.inet_ntop(socket.AF_INET6, address.packed)}]"
    host = unquote(text, errors="strict")
    if not host.isascii() and len(host) <= LONGEST_HOST:
        host = _punycode(host)
    host = host.lower()
    if len(host) > LONGEST_HOST or not _HOST.fullmatch(host):
        raise ValueError("not a host")
    return host


def _punycode(host: str) -> str:
    import idna  # its tables take a command longer to load than all else here

    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        # Names with emoji, which are registered all the same.
        return host.encode("idna").decode()


def _escaped(text: str) -> str:
    """Escapes what must be escaped, in capitals. A `%` that escapes nothing stays."""
    parts = _ESCAPE.split(text)
    # Every second part is an escape.
    parts[::2] = map(_quoted, parts[::2])
    parts[1::2] = map(_shortest, parts[1::2])
    return "".join(parts)


def _quoted(text: str) -> str:
    return "".join(one if one in _KEPT else "".join(f"%{byte:02X}" for byte in one.encode()) for one in text)


def _shortest(escape: str) -> str:
    character = chr(int(escape[1:], 16))
    return character if character in _UNRESERVED else escape.upper()


def _without_dots(path: str) -> str:
    """RFC 3986, section 5.2.4, in one pass."""
    kept: list[str] = []
    segments = path.split("/")
    for place, segment in enumerate(segments):
        if segment not in (".", ".."):
            kept.append(segment)
            continue
        if segment == ".." and len(kept) > 1:
            kept.pop()
        if place == len(segments) - 1:
            kept.append("")
    return "/".join(kept)
