"""How sources were last read again, as the one tells who did it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.contract import SYNC_EVERY_SECONDS
from services.errors import invalid
from services.retrieval.ingest.source_fields import has_controls

LAST_MS = 253_402_300_799_000
"""The end of the year 9999, beyond which no time can be written."""
MAXIMUM_FAILURES = 20
MAXIMUM_URL_LENGTH = 2048
MAXIMUM_ERROR_LENGTH = 500


@dataclass(frozen=True, slots=True)
class SyncFailure:
    """A page or file that could not be read again, and why in one line."""

    url: str
    error: str


@dataclass(frozen=True, slots=True)
class Sync:
    """One time that sources were read again.

    `every_seconds` 0: nobody said when it happens again. `gone`: sources that are not where they were. `failures`:
    some of those that `failed`.
    """

    began_ms: int
    ended_ms: int
    every_seconds: int
    changed: int
    unchanged: int
    failed: int
    gone: int
    failures: Sequence[SyncFailure]

    def checked(self) -> "Sync":
        """Itself. INVALID_FIELD when something of it can't be."""
        if not 0 < self.began_ms <= self.ended_ms <= LAST_MS:
            raise invalid("began_at and ended_at must be times, in this order.")
        least, most = SYNC_EVERY_SECONDS
        if self.every_seconds and not least <= self.every_seconds <= most:
            raise invalid(f"every_seconds must be 0, or {least} to {most}.")
        if min(self.changed, self.unchanged, self.failed, self.gone) < 0:
            raise invalid("changed, unchanged, failed and gone must not be negative.")
        if len(self.failures) > MAXIMUM_FAILURES:
            raise invalid(f"failures must be at most {MAXIMUM_FAILURES}.")
        for one in self.failures:
            for name, text, longest in (
                ("url", one.url, MAXIMUM_URL_LENGTH),
                ("error", one.error, MAXIMUM_ERROR_LENGTH),
            ):
                if not 0 < len(text) <= longest or has_controls(text):
                    raise invalid(f"failures.{name} must be 1 to {longest} characters, without control characters.")
        return self
