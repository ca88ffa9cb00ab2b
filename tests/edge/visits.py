"""Requests to the dashboard, as a browser sends them."""

import http.client
from collections.abc import Mapping
from contextlib import closing

from tests.edge.edge_reply import Reply
from tests.edge.edge_stack import Edge
from tests.waiting import PATIENCE

FORM = "application/x-www-form-urlencoded"


def visit(
    edge: Edge,
    path: str = "/dashboard/",
    *,
    method: str = "GET",
    cookie: str | None = "good",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    origin: str | None = "own",
    host: str = "chat.example.com",
    source: str = "127.0.0.1",
) -> Reply:
    """One request on its own connection.

    `origin`: `own` is that of the host, None sends none. `source`: the address that it comes from.
    """
    sent = {"host": host, **(headers or {})}
    if cookie is not None:
        sent["cookie"] = f"__Host-chatmount={cookie}"
    if method not in {"GET", "HEAD"} and origin is not None:
        sent["origin"] = f"http://{host}" if origin == "own" else origin
    if body is not None:
        sent = {"content-type": FORM, "content-length": str(len(body)), **sent}
    connection = http.client.HTTPConnection("127.0.0.1", edge.http_port, timeout=PATIENCE, source_address=(source, 0))
    with closing(connection):
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        return Reply(response.status, tuple(response.getheaders()), response.read())


OPEN = ["/dashboard/sign-in", "/dashboard/link?secret=abc", "/dashboard/invitation?secret=abc"]
