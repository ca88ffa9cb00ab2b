"""What Envoy has to know of the dashboard's pages."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.security_headers import NOT_KEPT, SECURITY_HEADERS

PAGE = Path(__file__).parents[2] / "envoy" / "page.html"
"""What it answers itself, around the text."""

DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def page_headers() -> list[dict[str, Any]]:
    """The headers of a page where web has not said any: of what Envoy answers itself."""
    headers = {**SECURITY_HEADERS, "Cache-Control": NOT_KEPT}
    return [
        {"header": {"key": name.lower(), "value": value}, "append_action": "ADD_IF_ABSENT"}
        for name, value in headers.items()
    ]


def dashboard_hosts(url: str) -> list[dict[str, str]]:
    """From where forms may come besides the request's host, which a proxy may have replaced.

    As browsers write an Origin: without a port that goes without saying.
    """
    parts = urlsplit(url)
    return [{"exact": parts.netloc.lower().removesuffix(DEFAULT_PORTS[parts.scheme])}] if url else []
