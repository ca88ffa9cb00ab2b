"""A browser without a screen: one connection to the edge, and cookies."""

from dataclasses import dataclass
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.contract.stack import Stack

PASSWORD = "correct horse battery staple"  # noqa: S105


@dataclass(frozen=True)
class Reply:
    """What came."""

    status: int
    kind: str
    location: str
    body: bytes


class Browser:
    """Somebody at the stack's public port."""

    def __init__(self, stack: Stack) -> None:
        address = urlsplit(stack.base_url)
        # Under this name browsers keep the dashboard's cookies without TLS.
        self._host = f"localhost:{address.port}"
        self._connection = HTTPConnection(address.hostname or "", address.port, timeout=120)
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Reply:
        """The reply; redirects are not followed."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, **fields: str) -> Reply:
        """The reply to a form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{self._host}"}
        return self._ask("POST", path, urlencode(fields), headers)

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Reply:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._connection.request(method, path, body, {"Host": self._host, "Cookie": cookie, **headers})
        response = self._connection.getresponse()
        kind = response.headers.get_content_type()
        if kind == "text/html" or "accept-encoding" in {name.lower() for name in headers} or response.length == 0:
            content = response.read()
        else:
            # Streams and files that are saved.
            content = b""
            self._connection.close()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return Reply(response.status, kind, response.headers.get("Location", ""), content)


def come_by_link(stack: Stack, link: str, email: str) -> Browser:
    """Somebody who has followed a link for the first time and chosen a password.

    SystemExit when they are not let in.
    """
    browser, address = Browser(stack), urlsplit(link)
    browser.get(f"{address.path}?{address.query}")
    (secret,) = parse_qs(address.query)["secret"]
    asked: dict[str, Any] = {"secret": secret, "email": email, "name": "Ada", "password": PASSWORD}
    entered = browser.post(address.path, **asked)
    if entered.status != 303:
        raise SystemExit(f"{address.path} answered {entered.status}")
    return browser
