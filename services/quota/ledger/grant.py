"""Giving credits: the fourth thing that can be asked of the ledger."""

from dataclasses import dataclass

from services.errors import Text, invalid, refusal
from services.ids import new_id
from services.quota.ledger.book import Book
from services.quota.ledger.entry import DayKey, Entry, MonthKey, State, Tally
from services.quota.ledger.operations import Claim
from services.quota.periods import period_of

NO_LIMIT = 2**31
MAXIMUM_PER_MONTH = 100_000_000  # with the largest plan it is still an int32, as these numbers travel


@dataclass(frozen=True, slots=True)
class Granted:
    """What was given, and how the account's month stands after it."""

    entry: Entry
    month: Tally


@dataclass(frozen=True, slots=True)
class Grant:
    """Gives an account credits for the month, once however often it is asked under one id."""

    account_id: str
    amount: int
    note: str
    granted_by: str
    grant_id: str | None = None

    @property
    def reservation_id(self) -> str | None:
        """See Operation."""
        return self.grant_id

    def claim(self, now: float) -> Claim:
        """The account's month, which it changes; it asks for nothing that a limit could refuse."""
        period = period_of(now)
        return Claim(
            month=MonthKey(self.account_id, period.month),
            day=DayKey(self.account_id, "", period.day),
            credits_per_month=None,
            requests_per_day=NO_LIMIT,
        )

    def decide(self, book: Book, now: float) -> Granted:
        """WRONG_STATE when the id stands for something else, INVALID_FIELD when the month has been given enough."""
        before = book.entry(self.grant_id) if self.grant_id else None
        if before is not None:
            if (before.account_id, before.amount, before.state) != (self.account_id, self.amount, State.GRANTED):
                raise refusal(Text.GRANT_DIFFERS)
            return Granted(before, book.month(before.month_key))
        claim, now_ms = self.claim(now), int(now * 1000)
        already = book.month(claim.month).granted
        if already + self.amount > MAXIMUM_PER_MONTH:
            raise invalid(
                f"An account can be given at most {MAXIMUM_PER_MONTH} credits a month; {already} were given already.",
            )
        entry = Entry(
            id=self.grant_id or new_id("grt"),
            account_id=self.account_id,
            chatbot_id="",
            api_key_id="",
            channel="",
            request_id="",
            amount=self.amount,
            state=State.GRANTED,
            created_ms=now_ms,
            decided_ms=now_ms,
            expires_ms=now_ms,
            month=claim.month.month,
            day=claim.day.day,
            note=self.note,
            granted_by=self.granted_by,
        )
        book.put(entry)
        return Granted(entry, book.month(entry.month_key))
