"""How sources were last read again, as the page of sources shows it."""

from dataclasses import dataclass

from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.web.dashboard.source_links import Link
from services.written_times import interval

OVERDUE_INTERVALS = 2


@dataclass(frozen=True, slots=True)
class LastSync:
    """`every`: as after "every"; empty where there is no schedule. `what`: counts in words.

    `failures`: places with causes; `more`: how many others failed.
    """

    ended_at: int
    every: str
    what: str
    failures: list[tuple[Link, str]]
    more: int
    is_overdue: bool

    @classmethod
    def of(cls, sync: pb.Sync, now: float) -> "LastSync":
        """From the message."""
        kinds = (("changed", sync.changed), ("gone", sync.gone), ("failed", sync.failed))
        return cls(
            sync.ended_at,
            interval(sync.every_seconds) if sync.every_seconds else "",
            ", ".join(f"{count:,} {kind}" for kind, count in kinds if count) or "nothing has changed",
            [(Link.to(one.url), one.error) for one in sync.failures],
            max(0, sync.failed - len(sync.failures)),
            bool(sync.every_seconds) and now - sync.ended_at > OVERDUE_INTERVALS * sync.every_seconds,
        )
