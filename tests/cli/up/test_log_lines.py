import io
import json
import threading
from datetime import datetime

from services.cli.up.journal import CAPACITY, Journal
from services.cli.up.log_lines import LogLines
from tests.each import for_each
from tests.waiting import PATIENCE

NOW = datetime(2026, 11, 23, 7, 1, 2, 345000)  # noqa: DTZ001 - logs are in local time
SERVICE = "2026-11-23 07:01:02,340 INFO    chatmount.server [{request}] auth is serving on port 50051"
SPOKEN = "2026-11-23 07:01:02,340 INFO    {logger} [-] it is so"
ACCESS = {
    "time": "2026-11-23T07:01:02.300Z",
    "method": "POST",
    "path": "/v1/chat",
    "protocol": "HTTP/1.1",
    "status": 200,
    "flags": None,
    "details": "via_upstream",
    "duration_ms": 45,
    "request_id": "5f1c",
    "client": "198.51.100.7",
    "key_id": "key_1",
}


UNREAD = {"method": None, "path": None, "status": 400, "flags": "DPE", "details": "http1.codec_error"}


def access(**changes: object) -> str:
    return json.dumps({**ACCESS, **changes})


@for_each(
    ("process", "line", "shown"),
    [
        ("auth", SERVICE.format(request="-"), "auth      | auth is serving on port 50051"),
        ("auth", SERVICE.format(request="5f1c"), "auth      | auth is serving on port 50051  [5f1c]"),
        (
            "quota",
            SERVICE.format(request="-").replace("INFO   ", "WARNING"),
            "quota     | WARNING auth is serving on port 50051",
        ),
        ("chat", '  File "x.py", line 1', 'chat      |   File "x.py", line 1'),
        ("auth", SERVICE.format(request="5f1c 4bf9"), "auth      | auth is serving on port 50051  [5f1c 4bf9]"),
        ("envoy", access(), "envoy     | POST /v1/chat 200 in 45 ms  key_1  198.51.100.7  [5f1c]"),
        ("envoy", access(trace_id="4bf9"), "envoy     | POST /v1/chat 200 in 45 ms  key_1  198.51.100.7  [5f1c 4bf9]"),
        (
            "envoy",
            access(status=503, flags="UF", details="upstream_reset"),
            "envoy     | ERROR POST /v1/chat 503 in 45 ms  (UF upstream_reset)  key_1  198.51.100.7  [5f1c]",
        ),
        (
            "envoy",
            access(**UNREAD),
            "envoy     | malformed request 400 in 45 ms  (DPE http1.codec_error)  key_1  198.51.100.7  [5f1c]",
        ),
        (
            "envoy",
            access(path=None, status=404, key_id=None),
            "envoy     | POST (no route) 404 in 45 ms  198.51.100.7  [5f1c]",
        ),
        ("envoy", "2026-11-23T07:01:02.300 warning main there is something", "envoy     | WARNING there is something"),
        # Of several services in a process the one that speaks, where the line says so.
        ("auth,quota,chat", SPOKEN.format(logger="chatmount.quota"), "quota     | it is so"),
        ("auth,quota,chat", SPOKEN.format(logger="chatmount.tasks"), "auth,quota,chat | it is so"),
        ("auth", SPOKEN.format(logger="chatmount.quota"), "auth      | it is so"),
        ("envoy", '{"a": 1}', 'envoy     | {"a": 1}'),
        ("envoy", "{broken", "envoy     | {broken"),
    ],
)
def test_a_line_has_one_time_and_its_process(process: str, line: str, shown: str) -> None:
    assert LogLines(colour=False, now=lambda: NOW).format(process, line) == f"2026-11-23 07:01:02.345 {shown}"


def test_a_path_cannot_steer_the_terminal() -> None:
    line = LogLines(colour=True, now=lambda: NOW).format("envoy", access(path="/\x1b[2J"))
    assert "\x1b[2J" not in line
    assert "\x1b[34m" in line


class Blocked(io.StringIO):
    """A terminal that was paused."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.asked = threading.Event()

    def write(self, text: str) -> int:
        self.asked.set()
        self.go_on.wait(PATIENCE)
        return super().write(text)


def test_log_lines_and_results_go_their_ways_in_order() -> None:
    log, results = io.StringIO(), io.StringIO()
    journal = Journal(log, results)
    journal.write("one")
    journal.result("ready")
    journal.write("two")
    journal.close(PATIENCE)
    assert log.getvalue() == "one\ntwo\n"
    assert results.getvalue() == "ready\n"


def test_a_paused_terminal_holds_nobody_up_and_is_told_what_it_missed() -> None:
    log = Blocked()
    journal = Journal(log, io.StringIO())
    journal.write("first")
    assert log.asked.wait(PATIENCE)
    for number in range(CAPACITY + 5):
        journal.write(str(number))
    log.go_on.set()
    journal.close(PATIENCE)
    lines = log.getvalue().splitlines()
    assert "… 5 log lines were dropped because nobody read them …" in lines
    assert lines[-1] == str(CAPACITY - 1)


def test_a_reader_that_has_left_does_not_end_the_journal() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    results = io.StringIO()
    journal = Journal(Gone(), results)
    journal.write("lost")
    journal.result("kept")
    journal.close(PATIENCE)
    assert results.getvalue() == "kept\n"
