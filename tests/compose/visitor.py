"""A person's browser without a script: it keeps cookies and checks the certificate."""

import ssl
from collections.abc import Mapping, Sequence
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPSHandler, Request, build_opener

from services.web.dashboard.forms import FORM_TYPE, MULTIPART_TYPE
from tests.web.browser import BOUNDARY, Part, multipart
from tests.web.html_check import Element, read


class Visitor:
    """One browser on one page at a time, which is valid HTML. urllib.error.HTTPError for a page that is refused."""

    def __init__(self, certificate: str) -> None:
        context = ssl.create_default_context(cadata=certificate)
        self._opener = build_opener(HTTPSHandler(context=context), HTTPCookieProcessor(CookieJar()))
        self.url = ""
        self.page: Element

    def open(self, url: str) -> None:
        """Goes to an address, which may be relative to the page."""
        self._go(Request(urljoin(self.url, url)))

    def send(self, action: str, **typed: str) -> None:
        """Fills in the page's form with this action and sends it."""
        form = self._form(action)
        hidden = {field.get("name"): field.get("value") for field in form.all("input", type="hidden")}
        self._post(action, urlencode({**hidden, **typed}).encode(), FORM_TYPE)

    def upload(self, action: str, files: Mapping[str, bytes]) -> None:
        """Chooses files in the page's form with this action and sends it."""
        (field,) = self._form(action).all("input", type="file")
        parts: Sequence[Part] = [Part(field.get("name"), content, name) for name, content in files.items()]
        self._post(action, multipart(parts), f"{MULTIPART_TYPE}; boundary={BOUNDARY}")

    def _form(self, action: str) -> Element:
        return self.page.one("form", method="post", action=action)

    def _post(self, action: str, body: bytes, content_type: str) -> None:
        parts = urlsplit(self.url)
        headers = {"Content-Type": content_type, "Origin": f"{parts.scheme}://{parts.netloc}"}
        self._go(Request(urljoin(self.url, action), body, headers))

    def _go(self, request: Request) -> None:
        with self._opener.open(request, timeout=30) as reply:
            self.url = reply.url
            self.page = read(reply.read().decode())
