"""The part of the ledger that one transaction works on, in memory, between reading and writing it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.quota.ledger.entry import DayKey, Entry, MonthKey, State, Tally


@dataclass(frozen=True, slots=True)
class Changes:
    """What a transaction has to write."""

    added: list[Entry]
    decided: list[Entry]
    months: dict[MonthKey, Tally]
    days: dict[DayKey, Tally]


class Book:
    """Entries and their tallies. `put` is the only way to change either, so that they can't drift apart."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._months: dict[MonthKey, Tally] = {}
        self._days: dict[DayKey, Tally] = {}
        self._added: dict[str, None] = {}
        self._decided: dict[str, None] = {}
        self._changed_months: set[MonthKey] = set()
        self._changed_days: set[DayKey] = set()

    def read(
        self,
        entries: Iterable[Entry] = (),
        months: Mapping[MonthKey, Tally] | None = None,
        days: Mapping[DayKey, Tally] | None = None,
    ) -> None:
        """Takes in what stands in the store. Nothing that is here already may be read again."""
        self._entries.update({entry.id: entry for entry in entries})
        self._months.update(months or {})
        self._days.update(days or {})

    def entry(self, entry_id: str) -> Entry | None:
        """The entry with this id; None when there is none."""
        return self._entries.get(entry_id)

    def entries(self) -> list[Entry]:
        """All entries that were read or put."""
        return list(self._entries.values())

    def month(self, key: MonthKey) -> Tally:
        """The account's month; nothing used when it has no row yet."""
        return self._months.get(key, Tally())

    def day(self, key: DayKey) -> Tally:
        """The chatbot's day; nothing used when it has no row yet."""
        return self._days.get(key, Tally())

    def missing_days(self) -> set[DayKey]:
        """Days of the entries here that were not read yet."""
        days = {entry.day_key for entry in self._entries.values() if entry.state is not State.GRANTED}
        return days - self._days.keys()

    def put(self, entry: Entry) -> None:
        """Adds the entry, or changes the state of one that is here; both tallies move with it."""
        before = self._entries.get(entry.id)
        if entry.amount == 0:
            # It stands for nothing but its id, and the sums of its period were perhaps not read.
            self._entries[entry.id] = entry
            self._added[entry.id] = None
            return
        month, day = self.month(entry.month_key), self.day(entry.day_key)
        if before is None:
            self._added[entry.id] = None
        else:
            month, day = month.with_entry(before, -1), day.with_entry(before, -1)
            if entry.id not in self._added:
                self._decided[entry.id] = None
        self._entries[entry.id] = entry
        self._months[entry.month_key] = month.with_entry(entry, 1)
        self._changed_months.add(entry.month_key)
        if entry.state is not State.GRANTED:
            self._days[entry.day_key] = day.with_entry(entry, 1)
            self._changed_days.add(entry.day_key)

    def expire(self, now_ms: int) -> int:
        """Gives back the open reservations here whose time is over; returns how many."""
        stale = [
            entry for entry in self._entries.values() if entry.state == State.RESERVED and entry.expires_ms <= now_ms
        ]
        for entry in stale:
            self.put(entry.decided(State.EXPIRED, now_ms))
        return len(stale)

    def changes(self) -> Changes:
        """All that was put since the book was made."""
        return Changes(
            added=[self._entries[entry_id] for entry_id in self._added],
            decided=[self._entries[entry_id] for entry_id in self._decided],
            months={key: self._months[key] for key in self._changed_months},
            days={key: self._days[key] for key in self._changed_days},
        )
