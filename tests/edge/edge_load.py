"""Callers who ask the edge again and again, and what each of them saw when."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.edge.edge_stack import Edge
from tests.waiting import PATIENCE

CALLERS = 8
# Envoy and the stubs run on the same two cores.
PAUSE = 0.02
BROKEN = 0
"""The status of a request whose connection broke off before there was any."""


class Seen(NamedTuple):
    """One request: when it was sent, when its reply had come, and the status of that."""

    sent: float
    done: float
    status: int


@dataclass
class Load:
    """What the callers have seen so far."""

    seen: list[Seen] = field(default_factory=list)

    @property
    def failed(self) -> list[Seen]:
        """What was not answered 200."""
        return [one for one in self.seen if one.status != 200]


@contextmanager
def under_load(edge: Edge) -> Iterator[Load]:
    """Callers ask during the block; afterwards all of them have their last reply."""
    load, enough = Load(), threading.Event()
    threads = [threading.Thread(target=_keep_asking, args=(edge, load, enough, number)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        enough.set()
        for thread in threads:
            thread.join()


def _keep_asking(edge: Edge, load: Load, enough: threading.Event, number: int) -> None:
    headers = {"authorization": "Bearer good", "content-type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", edge.http_port, timeout=PATIENCE)
    stream = number % 2 == 1
    while not enough.is_set():
        sent = time.monotonic()
        try:
            connection.request("POST", "/v1/chat", json.dumps({"message": "hi", "stream": stream}), headers)
            response = connection.getresponse()
            body = response.read()
            status = response.status
            if stream and status == 200 and not body.endswith(b'{"type":"done"}\n\n'):
                status = BROKEN
        except (OSError, http.client.HTTPException):
            connection.close()
            status = BROKEN
        load.seen.append(Seen(sent, time.monotonic(), status))
        time.sleep(PAUSE)
    connection.close()
