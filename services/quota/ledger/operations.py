"""The operations of the ledger, each a decision over a book and the time, without I/O.

A refused operation changes no total, so any number of operations can share a transaction. One whose fields are out of
bounds can't be made: INVALID_FIELD. The fourth operation is in grant.py.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from services.contract import CREDITS_PER_ANSWER
from services.errors import ChatmountError, Text, invalid, refusal
from services.ids import new_id
from services.quota.ledger.allowance import Allowance, Budget
from services.quota.ledger.book import Book
from services.quota.ledger.entry import ChannelDayKey, DayKey, Entry, MonthKey, Owner, State, Totals
from services.quota.ledger.ids import check_chosen_id, check_id
from services.quota.periods import period_of

MAXIMUM_TTL_SECONDS = 3600

Outcome_co = TypeVar("Outcome_co", covariant=True)


class Operation(Protocol[Outcome_co]):
    """What the ledger's store needs to know of an operation."""

    @property
    def entry_id(self) -> str | None:
        """The entry that it is about, which may not exist; None when the ledger chooses its id."""
        ...

    def allowance(self, now: float) -> Allowance | None:
        """What it draws on; None when it draws on nothing."""
        ...

    def decide(self, book: Book, now: float) -> Outcome_co:
        """Changes the book, which holds what it needs. ChatmountError: no total is changed."""
        ...


@dataclass(frozen=True, slots=True)
class Reserve:
    """Sets one credit aside."""

    owner: Owner
    request_id: str
    ttl_seconds: int
    credits_per_month: int | None
    requests_per_day: int
    entry_id: str | None = None
    """An id of the caller's own, by which it may be repeated and released; None: a new one."""
    channel_budget: int | None = None
    """What the channel may use in a day where nobody has set it; None: it has no budget."""

    def __post_init__(self) -> None:
        """Refuses fields that are out of bounds."""
        if not 1 <= self.ttl_seconds <= MAXIMUM_TTL_SECONDS:
            raise invalid(f"ttl_seconds must be from 1 to {MAXIMUM_TTL_SECONDS}, or 0 for the default.")
        check_id("request_id", self.request_id)
        check_chosen_id("reservation_id", "rsv", self.entry_id)

    def allowance(self, now: float) -> Allowance:
        """The account's month and the chatbot's day, of which the channel may have a budget."""
        period, owner, budget = period_of(now), self.owner, None
        if self.channel_budget is not None:
            key = ChannelDayKey(owner.account_id, owner.chatbot_id, period.day, owner.channel)
            budget = Budget(key, self.channel_budget)
        return Allowance(
            month=MonthKey(owner.account_id, period.month),
            day=DayKey(owner.account_id, owner.chatbot_id, period.day),
            credits_per_month=self.credits_per_month,
            requests_per_day=self.requests_per_day,
            budget=budget,
        )

    def decide(self, book: Book, now: float) -> Entry:
        """The new entry, or the one of this id. NOT_FOUND: another's; WRONG_STATE: it is over."""
        if self.entry_id is not None and book.entry(self.entry_id) is not None:
            entry = _own_entry(book, self.entry_id, self.owner)
            if entry.state not in (State.RESERVED, State.SETTLED):
                raise _given_back()
            return entry
        self.allowance(now).refuse_when_used_up(book, now)
        entry = Entry.new(
            self.entry_id or new_id("rsv"),
            self.owner,
            State.RESERVED,
            CREDITS_PER_ANSWER,
            now,
            request_id=self.request_id,
            lifetime_ms=self.ttl_seconds * 1000,
        )
        book.put(entry)
        return entry


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a settled entry cost, and how its account's month stands after it."""

    credits_used: int
    month: Totals


@dataclass(frozen=True, slots=True)
class _OfReservation:
    owner: Owner
    entry_id: str

    def __post_init__(self) -> None:
        """Refuses an id that can't be one."""
        check_id("reservation_id", self.entry_id)

    def allowance(self, now: float) -> None:
        """It draws on nothing: what it is about was set aside when it was reserved."""
        return


class Settle(_OfReservation):
    """Charges a reservation, once however often it is asked.

    One whose time is over but that was not swept yet can still be charged: its credit was held all the while.
    """

    __slots__ = ()

    def decide(self, book: Book, now: float) -> Settlement:
        """WRONG_STATE when the reservation was given back."""
        entry = _own_entry(book, self.entry_id, self.owner)
        if entry.state == State.RESERVED:
            book.put(entry.decided(State.SETTLED, now))
        elif entry.state != State.SETTLED:
            raise _given_back()
        return Settlement(entry.amount, book.month(entry.month_key))


class Release(_OfReservation):
    """Gives a reservation back, or refunds a settled one. Doing it again changes nothing.

    One that is not there yet never will be: its Reserve may still be on its way, and must find it given back.
    """

    __slots__ = ()

    def decide(self, book: Book, now: float) -> None:
        """NOT_FOUND is the only way to fail."""
        if book.entry(self.entry_id) is None:
            book.put(Entry.new(self.entry_id, self.owner, State.RELEASED, 0, now))
            raise _no_such_reservation()
        entry = _own_entry(book, self.entry_id, self.owner)
        if entry.state in (State.RESERVED, State.SETTLED):
            book.put(entry.decided(State.RELEASED, now))


def undo(operation: Operation[object], outcome: object) -> Release | None:
    """The release of a reservation whose caller left; None for an id that the caller chose.

    That caller may ask for it again.
    """
    if isinstance(outcome, Entry) and operation.entry_id is None:
        return Release(outcome.owner, outcome.id)
    return None


def _own_entry(book: Book, entry_id: str, owner: Owner) -> Entry:
    entry = book.entry(entry_id)
    wanted = (owner.account_id, owner.chatbot_id, owner.channel)
    if entry is None or (entry.account_id, entry.chatbot_id, entry.channel) != wanted:
        raise _no_such_reservation()
    return entry


def _no_such_reservation() -> ChatmountError:
    return refusal(Text.NOT_FOUND, thing="reservation")


def _given_back() -> ChatmountError:
    return refusal(Text.RESERVATION_GIVEN_BACK)
