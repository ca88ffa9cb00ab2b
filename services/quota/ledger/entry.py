"""What stands in the ledger: entries, and the tallies that add them up."""

from dataclasses import dataclass, replace
from enum import StrEnum


class State(StrEnum):
    """Where an entry stands. Reserved ones are open; all others are decided. Granted ones give instead of taking."""

    RESERVED = "reserved"
    SETTLED = "settled"
    RELEASED = "released"
    EXPIRED = "expired"
    GRANTED = "granted"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom an entry is charged to, and by which way the question came in."""

    account_id: str
    chatbot_id: str
    api_key_id: str
    channel: str


@dataclass(frozen=True, slots=True)
class MonthKey:
    """An account's month; ordering it orders the locks."""

    account_id: str
    month: str


@dataclass(frozen=True, slots=True)
class DayKey:
    """A chatbot's day."""

    account_id: str
    chatbot_id: str
    day: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger. Times are Unix milliseconds; the period is that of the reservation, for ever."""

    id: str
    account_id: str
    chatbot_id: str
    api_key_id: str
    channel: str
    request_id: str
    amount: int
    state: State
    created_ms: int
    decided_ms: int | None
    expires_ms: int
    month: str
    day: str
    # Of granted ones: what for, and by whom.
    note: str = ""
    granted_by: str = ""

    def decided(self, state: State, now_ms: int) -> "Entry":
        """The entry as decided now."""
        # Another replica, whose clock is ahead, may have made it.
        return replace(self, state=state, decided_ms=max(now_ms, self.created_ms))

    @property
    def month_key(self) -> MonthKey:
        """The month that the entry is charged to."""
        return MonthKey(self.account_id, self.month)

    @property
    def day_key(self) -> DayKey:
        """The day that the entry is counted in."""
        return DayKey(self.account_id, self.chatbot_id, self.day)


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over the entries of a month or a day."""

    settled: int = 0
    reserved: int = 0
    granted: int = 0

    @property
    def used(self) -> int:
        """What can't be had any more: charged, or set aside."""
        return self.settled + self.reserved

    def with_entry(self, entry: Entry, sign: int) -> "Tally":
        """The tally with the entry added (sign 1) or taken out (sign -1)."""
        return Tally(
            settled=self.settled + sign * entry.amount * (entry.state == State.SETTLED),
            reserved=self.reserved + sign * entry.amount * (entry.state == State.RESERVED),
            granted=self.granted + sign * entry.amount * (entry.state == State.GRANTED),
        )
