"""A thread that writes log lines: a paused terminal never holds up the services."""

import contextlib
import itertools
import queue
import threading
from typing import TextIO

CAPACITY = 10_000
BATCH = 500


class Journal:
    """Lines in their order; when the reader is too slow, lines are dropped and counted."""

    def __init__(self, log: TextIO, results: TextIO) -> None:
        """`log` gets log lines, `results` what the command has to say as its result."""
        self._log = log
        self._results = results
        self._lines: queue.Queue[tuple[TextIO, str] | None] = queue.Queue(CAPACITY)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write_all, name="journal", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Takes one log line, without its newline; never waits."""
        try:
            self._lines.put_nowait((self._log, line))
        except queue.Full:
            self._dropped += 1

    def result(self, text: str) -> None:
        """Takes what is said on stdout, in its place among the log lines of a terminal."""
        with contextlib.suppress(queue.Full):
            self._lines.put((self._results, text), timeout=1)

    def close(self, patience: float = 2.0) -> None:
        """Writes what is left, as long as that is possible within `patience` seconds."""
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=patience)
            self._thread.join(patience)

    def _write_all(self) -> None:
        while True:
            batch = [self._lines.get()]
            while len(batch) < BATCH and not self._lines.empty():
                batch.append(self._lines.get())
            if self._dropped:
                text = f"… {self._dropped} log lines were dropped because nobody read them …"
                batch.insert(0, (self._log, text))
                self._dropped = 0
            for stream, group in itertools.groupby(filter(None, batch), key=lambda entry: entry[0]):
                # A reader that left (`chatmount up | head`) is no reason to end the stack.
                with contextlib.suppress(OSError, ValueError):
                    stream.write("".join(f"{line}\n" for _, line in group))
                    stream.flush()
            if None in batch:
                return
