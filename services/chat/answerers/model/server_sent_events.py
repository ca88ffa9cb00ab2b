"""Server-Sent Events read from bytes as they arrive, cut anywhere: line ends, comments and fields of the standard."""

_BOM = b"\xef\xbb\xbf"
_DATA = b"data"

MAXIMUM_EVENT_BYTES = 1024 * 1024
"""One event beyond this is no token of an answer, and memory is not to be had for it."""


class EventTooLong(Exception):
    """An event, or a line that does not end, is longer than any that can be meant."""


class EventReader:
    """Turns bytes into the data of events.

    A line ends with LF, CR or CRLF, whatever came before it in the same stream. Lines are decoded whole, so a
    character may be split over reads; bytes that are no UTF-8 become U+FFFD. Fields other than `data` are passed over.
    """

    def __init__(self, maximum_bytes: int = MAXIMUM_EVENT_BYTES) -> None:
        self._maximum = maximum_bytes
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._begun = False

    def feed(self, received: bytes) -> list[str]:
        """The data of the events that are complete now, in order. EventTooLong for one that grows without end."""
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
        events = []
        for line in lines:
            if line:
                self._take(line)
            elif self._data:
                events.append(self._event())
        return events

    def finish(self) -> list[str]:
        """What the stream ended with, without the blank line that should have followed."""
        if self._rest:
            self._take(self._rest)
            self._rest = b""
        return [self._event()] if self._data else []

    def _take(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name != _DATA:
            return
        value = value.removeprefix(b" ")
        self._size += len(value) + 1
        if self._size > self._maximum:
            raise EventTooLong
        self._data.append(value)

    def _event(self) -> str:
        data = b"\n".join(self._data)
        self._data.clear()
        self._size = 0
        return data.decode("utf-8", "replace")
