"""The part of the ledger that one transaction works on, in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.quota.ledger.entry import ChannelDayKey, DayKey, Entry, MonthKey, State, Totals


@dataclass(frozen=True, slots=True)
class Changes:
    """What a transaction has to write: new totals, and of channels what is to be added."""

    added: list[Entry]
    decided: list[Entry]
    months: dict[MonthKey, Totals]
    days: dict[DayKey, Totals]
    channel_days: dict[ChannelDayKey, Totals]


class Book:
    """Entries and their totals. Only `put` changes either, so that they can't drift apart."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._months: dict[MonthKey, Totals] = {}
        self._days: dict[DayKey, Totals] = {}
        # What was read of them, and what has moved since.
        self._read_channel_days: dict[ChannelDayKey, Totals] = {}
        self._channel_days: dict[ChannelDayKey, Totals] = {}
        self._budgets: dict[ChannelDayKey, int] = {}
        self._added: dict[str, None] = {}
        self._decided: dict[str, None] = {}
        self._changed_months: set[MonthKey] = set()
        self._changed_days: set[DayKey] = set()

    def read(
        self,
        entries: Iterable[Entry] = (),
        months: Mapping[MonthKey, Totals] | None = None,
        days: Mapping[DayKey, Totals] | None = None,
        channel_days: Mapping[ChannelDayKey, Totals] | None = None,
        budgets: Mapping[ChannelDayKey, int] | None = None,
    ) -> None:
        """Takes in what stands in the store. Nothing that is here already may be read again."""
        for entry in entries:
            self._entries[entry.id] = entry
        self._months.update(months or {})
        self._days.update(days or {})
        self._read_channel_days.update(channel_days or {})
        self._budgets.update(budgets or {})

    def entry(self, entry_id: str) -> Entry | None:
        """The entry with this id; None when there is none."""
        return self._entries.get(entry_id)

    def entries(self) -> list[Entry]:
        """All entries that were read or put."""
        return list(self._entries.values())

    def month(self, key: MonthKey) -> Totals:
        """The account's month; nothing used when it has no row yet."""
        return self._months.get(key, Totals())

    def day(self, key: DayKey) -> Totals:
        """The chatbot's day; nothing used when it has no row yet."""
        return self._days.get(key, Totals())

    def channel_used(self, key: ChannelDayKey) -> int:
        """Credits used of a channel's part of a day, which must have been read."""
        return self._read_channel_days.get(key, Totals()).used + self._channel_days.get(key, Totals()).used

    def set_budget(self, key: ChannelDayKey, default: int) -> int:
        """What the chatbot's owner lets the channel use in a day; `default` if they have not said."""
        return self._budgets.get(key, default)

    def missing_days(self) -> set[DayKey]:
        """Days of the entries here that were not read yet."""
        days = {entry.day_key for entry in self._entries.values() if entry.state is not State.GRANTED}
        return days - self._days.keys()

    def put(self, entry: Entry) -> None:
        """Adds the entry, or changes the state of one that is here; its totals move with it."""
        before = self._entries.get(entry.id)
        if entry.amount == 0:
            # It stands for nothing but its id, and the totals of its period were perhaps not read.
            self._entries[entry.id] = entry
            self._added[entry.id] = None
            return
        month_key, day_key = entry.month_key, entry.day_key
        month, day = self.month(month_key), self.day(day_key)
        if before is None:
            self._added[entry.id] = None
        else:
            month, day = month.plus(before.state, -before.amount), day.plus(before.state, -before.amount)
            if entry.id not in self._added:
                self._decided[entry.id] = None
        self._entries[entry.id] = entry
        self._months[month_key] = month.plus(entry.state, entry.amount)
        self._changed_months.add(month_key)
        if entry.state is not State.GRANTED:
            self._days[day_key] = day.plus(entry.state, entry.amount)
            self._changed_days.add(day_key)
            self._count_channel(before, entry)

    def expire(self, now: float) -> None:
        """Gives back the open reservations here whose time is over."""
        now_ms = int(now * 1000)
        for entry in self.entries():
            if entry.state == State.RESERVED and entry.expires_ms <= now_ms:
                self.put(entry.decided(State.EXPIRED, now))

    def changes(self) -> Changes:
        """All that was put since the book was made."""
        return Changes(
            added=[self._entries[entry_id] for entry_id in self._added],
            decided=[self._entries[entry_id] for entry_id in self._decided],
            months={key: self._months[key] for key in self._changed_months},
            days={key: self._days[key] for key in self._changed_days},
            channel_days=self._channel_days,
        )

    def _count_channel(self, before: Entry | None, entry: Entry) -> None:
        key = entry.channel_day_key
        if key is not None:
            moved = self._channel_days.get(key, Totals())
            if before is not None:
                moved = moved.plus(before.state, -before.amount)
            self._channel_days[key] = moved.plus(entry.state, entry.amount)
