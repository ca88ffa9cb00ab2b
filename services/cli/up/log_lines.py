"""One kind of line for all processes: time, process, message; coloured on a terminal."""

import json
import logging
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

LAUNCHER = "up"
COLOURS = {LAUNCHER: 37, "auth": 33, "quota": 35, "retrieval": 36, "chat": 32, "web": 95, "envoy": 34}
RED, YELLOW, DIM = 31, 33, 2

# services/observe/telemetry.py
SERVICE_LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (?P<level>[A-Z]+) +(?P<logger>\S+) \[(?P<request>[^\]]*)\] (?P<text>.*)"
)
# services/edge/binary.py
ENVOY_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} (?P<level>\w+) (?P<logger>\S+) (?P<text>.*)")


class LogLines:
    """Formats lines. `colour`: with ANSI colours, and without the date."""

    def __init__(self, colour: bool, now: Callable[[], datetime] = datetime.now) -> None:
        self._colour = colour
        self._now = now
        self._width = max(len(name) for name in COLOURS)

    def format(self, process: str, line: str) -> str:
        """One line of `process` as it is shown: with the launcher's time instead of its own."""
        process, level, text = _take_apart(process, line)
        text = _printable(text)
        moment = self._now()
        time = (
            moment.strftime("%H:%M:%S" if self._colour else "%Y-%m-%d %H:%M:%S") + f".{moment.microsecond // 1000:03}"
        )
        if level in {"WARNING", "ERROR", "CRITICAL"}:
            text = f"{level} {text}"
        if not self._colour:
            return f"{time} {process:<{self._width}} | {text}"
        colour = {"WARNING": YELLOW, "ERROR": RED, "CRITICAL": RED}.get(level)
        shown = f"\x1b[{colour}m{text}\x1b[0m" if colour else text
        name = f"\x1b[{COLOURS.get(process.partition('-')[0], 37)}m{process:<{self._width}} │\x1b[0m"
        return f"\x1b[{DIM}m{time}\x1b[0m {name} {shown}"


class _Handler(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        level = "" if record.levelno < logging.WARNING else f"{record.levelname} "
        self._say(level + record.getMessage())


def log_to(say: Callable[[str], None]) -> None:
    """Puts what the launcher's own parts log among the lines of the processes."""
    logger = logging.getLogger("chatmount")
    logger.addHandler(_Handler(say))
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _take_apart(process: str, line: str) -> tuple[str, str, str]:
    if process == "envoy":
        return process, *_envoy(line)
    match = SERVICE_LINE.fullmatch(line)
    if match is None:
        return process, "", line
    service, request = match["logger"].removeprefix("chatmount."), match["request"]
    # Of several services in a process the one that speaks, where that is known.
    speaker = service if service in process.split(",") else process
    return speaker, match["level"], match["text"] + ("" if request in {"", "-"} else f"  [{request}]")


def _envoy(line: str) -> tuple[str, str]:
    if line.startswith("{"):
        try:
            return _access(json.loads(line))
        except (ValueError, KeyError, TypeError):
            return "", line
    match = ENVOY_LINE.fullmatch(line)
    if match is None:
        return "", line
    if match["text"] == "caught ENVOY_SIGTERM":
        return "INFO", "envoy is stopping"
    return match["level"].upper(), match["text"]


def _access(entry: dict[str, Any]) -> tuple[str, str]:
    # A path that has no route is in no log: anything can stand in it.
    what = f"{entry['method']} {entry['path'] or '(no route)'}" if entry["method"] else "malformed request"
    parts = [f"{what} {entry['status']} in {entry['duration_ms']} ms"]
    if (entry.get("flags") or "-") != "-":
        parts.append(f"({entry['flags']} {entry.get('details') or ''})".replace(" )", ")"))
    parts += [str(entry[name]) for name in ("key_id", "user_id", "client") if entry.get(name)]
    if entry.get("request_id"):
        parts.append(f"[{' '.join(filter(None, (entry['request_id'], entry.get('trace_id'))))}]")
    failed = isinstance(entry["status"], int) and entry["status"] >= 500
    return "ERROR" if failed else "INFO", "  ".join(parts)


def _printable(line: str) -> str:
    # A request's path can hold anything; it must not steer the terminal.
    if line.isprintable():
        return line
    return "".join(
        character if character.isprintable() or character == "\t" else "\N{REPLACEMENT CHARACTER}" for character in line
    )
