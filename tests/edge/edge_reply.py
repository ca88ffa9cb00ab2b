"""A reply of the edge, with every byte of it."""

import json
import time
from dataclasses import dataclass
from typing import Any

WINDOW_HEADERS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


@dataclass(frozen=True)
class Reply:
    """One HTTP reply."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name]

    def one(self, name: str) -> str:
        """The value of a header that is there exactly once."""
        values = self.all(name)
        assert len(values) == 1, f"{name}: {values} in {self}"
        return values[0]

    def json(self) -> Any:
        """The JSON body."""
        assert self.one("content-type") == "application/json", self
        return json.loads(self.body)

    def error(self, status: int) -> str:
        """The text of an error of this status, in the form that all errors have."""
        assert self.status == status, self
        body = self.json()
        assert list(body) == ["error"], self
        assert isinstance(body["error"], str)
        assert body["error"].strip(), self
        self.check_headers()
        return str(body["error"])

    def check_headers(self) -> None:
        """Nothing of the inside leaves, and the reply has an id."""
        assert len(self.one("x-request-id")) == 36
        allowed = {
            *("allow", "cache-control", "connection", "content-length", "content-type", "date", "retry-after"),
            *("transfer-encoding", "www-authenticate", "x-ratelimit-reason", "x-request-id", *WINDOW_HEADERS),
        }
        assert {name.lower() for name, _ in self.headers} <= allowed, self

    def window(self) -> tuple[int, int]:
        """Limit and remaining of a well-formed window."""
        limit, remaining, reset = (self.one(name) for name in WINDOW_HEADERS)
        assert limit.isdigit()
        assert remaining.isdigit()
        assert reset.isdigit()
        assert 0 < int(reset) - time.time() <= 60, self
        return int(limit), int(remaining)


def parse(raw: bytes) -> Reply:
    """A reply as it came over HTTP/1; its body is all that came after its headers."""
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return Reply(int(status.split(" ")[1]), tuple((name, value) for name, _, value in pairs), body)
