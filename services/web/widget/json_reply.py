"""Replies of the widget in JSON, with the content type of the API's."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """`value` as `application/json` alone.

    aiohttp's own reply would name a charset, and JSON has none.
    """
    body = json.dumps(value).encode()
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")
