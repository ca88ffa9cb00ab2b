"""Server-Sent Events, read from bytes as they arrive, however they are cut."""

import json
from itertools import takewhile
from typing import Any

_BOM = b"\xef\xbb\xbf"
_DATA, _NAME = b"data", b"event"
_OBJECT = b"data: {"
_DONE = b"[DONE]"
# Events that only keep a connection alive, whatever their data.
_PINGS = frozenset({b"ping", b"keepalive", b"keep-alive", b"heartbeat"})

MAXIMUM_EVENT_BYTES = 1024 * 1024
"""One event beyond this is no token of an answer, and memory is not to be had for it."""

# So often it is tried whether the lines of one event are an object. A line more needs all of them to be read again.
MAXIMUM_READINGS = 16


class Event(str):
    """An event's data. `holds`: the object in it, where that has been read already."""

    __slots__ = ("holds",)
    holds: dict[str, Any] | None

    def __new__(cls, data: str, holds: dict[str, Any] | None = None) -> "Event":
        event = super().__new__(cls, data)
        event.holds = holds
        return event


class EventTooLong(Exception):
    """An event, or a line that does not end, is longer than any that can be meant."""


class EventReader:
    """Turns bytes into the data of events.

    A line ends with LF, CR or CRLF, whatever came before it in the same stream. Lines are decoded whole, so a
    character may be split over reads; bytes that are no UTF-8 become U+FFFD. Of the fields, `data` counts, and the name
    of an event where that is a ping or an error. Where a server leaves out the blank lines, each whole JSON object is
    an event.
    """

    def __init__(self, maximum_bytes: int = MAXIMUM_EVENT_BYTES) -> None:
        self._maximum = maximum_bytes
        self._rest = b""
        self._data: list[bytes] = []
        self._name = b""
        self._size = 0
        self._holds: dict[str, Any] | None = None
        self._readings = 0
        self._lines_read = 0
        self._after_cr = False
        self._begun = False

    def feed(self, received: bytes) -> list[Event]:
        """The data of the events that are complete now, in order.

        EventTooLong for one that grows without end.
        """
        if not received:
            return []
        buffer = self._rest + received
        if not self._begun:
            if len(buffer) < len(_BOM) and _BOM.startswith(buffer):
                self._rest = buffer
                return []
            self._begun = True
            buffer = buffer.removeprefix(_BOM)
        if self._after_cr:
            # The LF that belongs to a CR with which the last read ended.
            buffer = buffer.removeprefix(b"\n")
            self._after_cr = False
        self._after_cr = buffer.endswith(b"\r")
        if b"\r" in buffer:
            buffer = buffer.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, self._rest = buffer.split(b"\n")
        if len(self._rest) + self._size > self._maximum:
            raise EventTooLong
        events = [] if self._data or self._name else _read_together(lines)
        for line in lines[2 * len(events) :]:
            if line:
                self._take(line, events)
            else:
                self._end(events)
        if self._data and self._is_whole():
            self._end(events)
        return events

    def finish(self) -> list[Event]:
        """What the stream ended with, without the blank line that should have followed."""
        events: list[Event] = []
        if self._rest:
            self._take(self._rest, events)
            self._rest = b""
        self._end(events)
        return events

    def _take(self, line: bytes, events: list[Event]) -> None:
        name, _, value = line.partition(b":")
        if name not in (_DATA, _NAME):
            return
        if self._data and self._is_whole():
            self._end(events)
        value = value.removeprefix(b" ")
        if name == _NAME:
            self._name = value.strip().lower()
            return
        self._size += len(value) + 1
        if self._size > self._maximum:
            raise EventTooLong
        self._data.append(value)

    def _is_whole(self) -> bool:
        """Whether the lines so far are an object, or the end of all."""
        first, last = self._data[0].lstrip(), self._data[-1].rstrip()
        if not (first.startswith(b"{") and last.endswith(b"}")):
            return len(self._data) == 1 and first.rstrip() == _DONE
        if self._holds is None and self._lines_read < len(self._data) and self._readings < MAXIMUM_READINGS:
            self._readings, self._lines_read = self._readings + 1, len(self._data)
            try:
                self._holds = json.loads(b"\n".join(self._data).decode("utf-8", "replace"))
            except (ValueError, RecursionError):
                return False
        return self._holds is not None

    def _end(self, events: list[Event]) -> None:
        event, name = Event(b"\n".join(self._data).decode("utf-8", "replace"), self._holds), self._name
        is_event = bool(self._data) and name not in _PINGS
        self._data.clear()
        self._size, self._name, self._holds, self._readings, self._lines_read = 0, b"", None, 0, 0
        if is_event:
            is_unnamed = name == b"error" and '"error"' not in event
            events.append(Event(json.dumps({"error": event})) if is_unnamed else event)


def _read_together(lines: list[bytes]) -> list[Event]:
    """The events at the beginning whose objects can be read in one go.

    Each is a line and a blank one, as nearly all are. None where one is no object: it is found line by line.
    """
    pairs = takewhile(
        lambda pair: pair[0].startswith(_OBJECT) and not pair[1], zip(lines[::2], lines[1::2], strict=False)
    )
    # A line break, which no text in JSON has in it, keeps one that is cut from going on in the next.
    joined = b",\n".join([line[len(_OBJECT) - 1 :] for line, _ in pairs])
    try:
        data = joined.decode()
        objects = json.loads(f"[{data}]")
    except (ValueError, RecursionError):
        return []
    events = data.split(",\n") if data else []
    if len(objects) != len(events) or not {dict}.issuperset(map(type, objects)):
        return []
    return list(map(Event, events, objects))
