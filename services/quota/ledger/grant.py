"""Grants: credits that an operator gives to an account."""

from dataclasses import dataclass

from services.errors import Text, invalid, refusal
from services.ids import new_id
from services.quota.ledger.allowance import Allowance
from services.quota.ledger.book import Book
from services.quota.ledger.entry import DayKey, Entry, MonthKey, Owner, State, Totals
from services.quota.ledger.ids import check_chosen_id
from services.quota.periods import period_of

MAXIMUM_GRANT = 1_000_000
MAXIMUM_NOTE_LENGTH = 200
MAXIMUM_PER_MONTH = 100_000_000  # with the largest plan it is still an int32, as these numbers travel


@dataclass(frozen=True, slots=True)
class Granted:
    """What was given, and how the account's month stands after it."""

    entry: Entry
    month: Totals


@dataclass(frozen=True, slots=True)
class Grant:
    """Gives an account credits for the month, once however often it is asked under one id."""

    account_id: str
    amount: int
    note: str
    granted_by: str
    entry_id: str | None = None

    def __post_init__(self) -> None:
        """Refuses fields that are out of bounds."""
        if not 1 <= self.amount <= MAXIMUM_GRANT:
            raise invalid(f"amount must be from 1 to {MAXIMUM_GRANT}.")
        if len(self.note) > MAXIMUM_NOTE_LENGTH or not self.note.isprintable():
            raise invalid(f"note must be at most {MAXIMUM_NOTE_LENGTH} printable characters.")
        check_chosen_id("grant_id", "grt", self.entry_id)

    def allowance(self, now: float) -> Allowance:
        """The account's month, which it changes; it asks for nothing that a limit could refuse."""
        period = period_of(now)
        return Allowance(MonthKey(self.account_id, period.month), DayKey(self.account_id, "", period.day))

    def decide(self, book: Book, now: float) -> Granted:
        """WRONG_STATE when the id stands for another grant, INVALID_FIELD when too much was given."""
        before = book.entry(self.entry_id) if self.entry_id else None
        if before is not None:
            if (before.account_id, before.amount, before.state) != (self.account_id, self.amount, State.GRANTED):
                raise refusal(Text.GRANT_DIFFERS)
            return Granted(before, book.month(before.month_key))
        already = book.month(self.allowance(now).month).granted
        if already + self.amount > MAXIMUM_PER_MONTH:
            raise invalid(
                f"An account can be given at most {MAXIMUM_PER_MONTH} credits a month; {already} were given already."
            )
        entry = Entry.new(
            self.entry_id or new_id("grt"),
            Owner(self.account_id, "", "", ""),
            State.GRANTED,
            self.amount,
            now,
            note=self.note,
            granted_by=self.granted_by,
        )
        book.put(entry)
        return Granted(entry, book.month(entry.month_key))
