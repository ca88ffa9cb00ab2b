"""A REST client that sees everything: statuses, headers, raw events."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.openapi_document import check_reply
from tests.waiting import PATIENCE

QUESTION = "How long can I keep a rented bike?"


@dataclass
class Reply:
    status: int
    headers: httpx.Headers
    text: str
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> str:
        """The text of an error reply, which must be exactly of the shape that every error has."""
        assert self.headers["content-type"] == "application/json"
        assert list(self.json) == ["error"]
        assert isinstance(self.json["error"], str)
        assert self.json["error"].strip()
        return str(self.json["error"])

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    @property
    def streamed_text(self) -> str:
        return "".join(event["content"] for event in self.of_type("token"))


class Client:
    """Asks one server with one key, from one address."""

    def __init__(self, base_url: str, key: str | None = None, address: str | None = None) -> None:
        self.base_url = base_url
        self.key = key
        self.address = address
        transport = httpx.HTTPTransport(local_address=address, verify=False)
        self._http = httpx.Client(base_url=base_url, timeout=PATIENCE, trust_env=False, transport=transport)

    def close(self) -> None:
        self._http.close()

    def send(self, method: str = "POST", path: str = "/v1/chat", key: str | None = None, **options: Any) -> Reply:
        """One request; `key` replaces the client's own, `key=""` sends none."""
        headers = httpx.Headers(options.pop("headers", {}))
        credentials = self.key if key is None else key
        if credentials and "authorization" not in headers:
            headers["authorization"] = f"Bearer {credentials}"
        response = self._http.request(method, path, headers=headers, **options)
        check_reply(method, path, response.status_code, response.headers, response.text)
        return Reply(response.status_code, response.headers, response.text)

    def ask(self, message: Any = QUESTION, *, key: str | None = None, headers: Any = None, **fields: Any) -> Reply:
        """Ask, unary or with `stream=True`; a stream's events are parsed and its grammar checked."""
        reply = self.send(key=key, headers=headers or {}, json={"message": message, **fields})
        if reply.headers.get("content-type", "").startswith("text/event-stream"):
            reply.events = parse_events(reply.text)
        return reply


def parse_events(text: str) -> list[dict[str, Any]]:
    """The events of a stream, which must consist of `data:` lines and blank lines alone."""
    assert text.endswith("\n\n"), repr(text[-40:])
    frames = text.removesuffix("\n\n").split("\n\n")
    for frame in frames:
        assert frame.startswith("data: "), frame
        assert "\n" not in frame, frame
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]
