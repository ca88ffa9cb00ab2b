"""What a machine that stands still for a moment costs: time, and no error.

A busy machine stops any process for a second or two. A shorter timeout takes a healthy process for a broken one.
What is promised to be refused sooner, such as a database that is away, has its own tests.
"""

import json
import re
from pathlib import Path

from services.auth.doors.question import LIMIT_SECONDS
from services.chat.clients.quota import RELEASE, RESERVE, SETTLE
from services.chat.clients.retrieval import SEARCH
from services.cli.calls import public_endpoint
from services.cli.calls.acceptance import ASK_SECONDS
from services.cli.calls.health import PROBE_SECONDS
from services.cli.crawl import fetch
from services.edge import metrics_page
from services.edge.config import EdgeSettings, render
from services.rpc.channels import CHANNEL_OPTIONS
from services.web.callers import CALL_SECONDS
from tests.each import for_each
from tests.edge.test_edge_config import settings_for

STANDSTILL = 2.0
CHECK_SECONDS = EdgeSettings.__dataclass_fields__["check_timeout_seconds"].default


@for_each(
    ("what", "seconds"),
    [
        ("a connection between services", dict(CHANNEL_OPTIONS)["grpc.min_reconnect_backoff_ms"] / 1000),
        ("a connection to the public endpoint", public_endpoint.CONNECT_SECONDS),
        ("a connection to a website", fetch.CONNECT_SECONDS),
        ("whether a process is serving", PROBE_SECONDS),
        ("whether a process knows a secret", ASK_SECONDS),
        ("a check of the edge", CHECK_SECONDS),
        ("Envoy's metrics", metrics_page.SECONDS),
        ("a key's minute, for Auth", LIMIT_SECONDS),
        ("a reservation", RESERVE.deadline),
        ("a charge, tried again when it is slow", SETTLE.total if SETTLE.also_when_slow else SETTLE.deadline),
        ("a release, tried again when it is slow", RELEASE.total if RELEASE.also_when_slow else RELEASE.deadline),
        ("a search", SEARCH.deadline),
        ("a call of a page", CALL_SECONDS),
    ],
)
def test_a_call_outlasts_a_standstill(what: str, seconds: float) -> None:
    assert seconds > STANDSTILL, what


def test_connections_of_the_edge_outlast_a_standstill_and_leave_a_check_time_for_another_replica(
    tmp_path: Path,
) -> None:
    found = re.findall(r'"connect_timeout": "([0-9.]+)s"', json.dumps(render(settings_for(tmp_path))))
    assert len(found) == 5
    assert {STANDSTILL < float(seconds) < CHECK_SECONDS for seconds in found} == {True}
