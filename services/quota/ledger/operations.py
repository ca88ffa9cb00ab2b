"""The three things that can be asked of the ledger, each a decision over a book and the time, without I/O.

A refused operation changes no sum, so any number of operations can share a transaction.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from services.errors import ChatmountError, Text, refusal
from services.ids import new_id
from services.quota.ledger.book import Book
from services.quota.ledger.entry import DayKey, Entry, MonthKey, Owner, State, Tally
from services.quota.periods import next_day, next_month, period_of, seconds_until

CREDITS_PER_ANSWER = 1

Outcome_co = TypeVar("Outcome_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a reservation draws on, and how much of it the plan grants (None: any amount)."""

    month: MonthKey
    day: DayKey
    credits_per_month: int | None
    requests_per_day: int


class Operation(Protocol[Outcome_co]):
    """What the ledger's writer needs to know of an operation."""

    @property
    def reservation_id(self) -> str | None:
        """The entry that it is about, there or not; None when it makes one with an id of the ledger's."""
        ...

    def claim(self, now: float) -> Claim | None:
        """What it draws on; None when it draws on nothing."""
        ...

    def decide(self, book: Book, now: float) -> Outcome_co:
        """Does it to the book, in which all that it needs was read; ChatmountError when it can't: no sum is changed."""
        ...


@dataclass(frozen=True, slots=True)
class Reserve:
    """Sets one credit aside. MONTH_LIMIT before DAY_LIMIT: of two waits the longer one is the true one."""

    owner: Owner
    request_id: str
    ttl_ms: int
    credits_per_month: int | None
    requests_per_day: int
    reservation_id: str | None = None
    """An id of the caller's own, by which it may be repeated and released; None: a new one."""

    def claim(self, now: float) -> Claim:
        """The account's month and the chatbot's day."""
        period = period_of(now)
        return Claim(
            month=MonthKey(self.owner.account_id, period.month),
            day=DayKey(self.owner.account_id, self.owner.chatbot_id, period.day),
            credits_per_month=self.credits_per_month,
            requests_per_day=self.requests_per_day,
        )

    def decide(self, book: Book, now: float) -> Entry:
        """The new entry, or the one with this id. NOT_FOUND when that is another's, WRONG_STATE when it is over."""
        if self.reservation_id is not None and book.entry(self.reservation_id) is not None:
            entry = _own_entry(book, self.reservation_id, self.owner)
            if entry.state in (State.RESERVED, State.SETTLED):
                return entry
            raise _given_back()
        claim = self.claim(now)
        limit, month = claim.credits_per_month, book.month(claim.month)
        if limit is not None and month.used + CREDITS_PER_ANSWER > limit + month.granted:
            raise _month_limit(limit, month.granted, now)
        if book.day(claim.day).used + CREDITS_PER_ANSWER > claim.requests_per_day:
            raise _day_limit(claim.requests_per_day, now)
        now_ms = int(now * 1000)
        entry = Entry(
            id=self.reservation_id or new_id("rsv"),
            account_id=self.owner.account_id,
            chatbot_id=self.owner.chatbot_id,
            api_key_id=self.owner.api_key_id,
            channel=self.owner.channel,
            request_id=self.request_id,
            amount=CREDITS_PER_ANSWER,
            state=State.RESERVED,
            created_ms=now_ms,
            decided_ms=None,
            expires_ms=now_ms + self.ttl_ms,
            month=claim.month.month,
            day=claim.day.day,
        )
        book.put(entry)
        return entry


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a settled entry cost, and how its account's month stands after it."""

    credits_used: int
    month: Tally


@dataclass(frozen=True, slots=True)
class Settle:
    """Charges a reservation, once however often it is asked. One whose time is over but that nobody has swept yet can
    still be charged: its credit was held all the while."""

    owner: Owner
    reservation_id: str

    def claim(self, now: float) -> None:
        """What it charges was claimed when it was reserved."""
        return

    def decide(self, book: Book, now: float) -> Settlement:
        """WRONG_STATE when the reservation was given back."""
        entry = _own_entry(book, self.reservation_id, self.owner)
        if entry.state == State.RESERVED:
            book.put(entry.decided(State.SETTLED, int(now * 1000)))
        elif entry.state != State.SETTLED:
            raise _given_back()
        return Settlement(entry.amount, book.month(entry.month_key))


@dataclass(frozen=True, slots=True)
class Release:
    """Gives a reservation back, or refunds a settled one; nothing happens when that was done before.

    One that is not there yet never will be: its Reserve may still be on its way, and must find it given back.
    """

    owner: Owner
    reservation_id: str

    def claim(self, now: float) -> None:
        """It draws on nothing."""
        return

    def decide(self, book: Book, now: float) -> None:
        """NOT_FOUND is the only way to fail."""
        if book.entry(self.reservation_id) is None:
            book.put(self._never(now))
            raise _no_such_reservation()
        entry = _own_entry(book, self.reservation_id, self.owner)
        if entry.state in (State.RESERVED, State.SETTLED):
            book.put(entry.decided(State.RELEASED, int(now * 1000)))

    def _never(self, now: float) -> Entry:
        period, now_ms = period_of(now), int(now * 1000)
        return Entry(
            id=self.reservation_id,
            account_id=self.owner.account_id,
            chatbot_id=self.owner.chatbot_id,
            api_key_id=self.owner.api_key_id,
            channel=self.owner.channel,
            request_id="",
            amount=0,
            state=State.RELEASED,
            created_ms=now_ms,
            decided_ms=now_ms,
            expires_ms=now_ms,
            month=period.month,
            day=period.day,
        )


def accounts_in_need(claims: list[Claim], book: Book) -> set[str]:
    """Accounts for which not all claims may fit, so that reservations whose time is over should be given back first."""
    months: dict[MonthKey, int] = {}
    days: dict[DayKey, int] = {}
    needy = set()
    for claim in claims:
        months[claim.month] = months.get(claim.month, book.month(claim.month).used) + CREDITS_PER_ANSWER
        days[claim.day] = days.get(claim.day, book.day(claim.day).used) + CREDITS_PER_ANSWER
        granted = book.month(claim.month).granted
        over_month = claim.credits_per_month is not None and months[claim.month] > claim.credits_per_month + granted
        if over_month or days[claim.day] > claim.requests_per_day:
            needy.add(claim.month.account_id)
    return needy


def _own_entry(book: Book, entry_id: str, owner: Owner) -> Entry:
    entry = book.entry(entry_id)
    if entry is None or (entry.account_id, entry.chatbot_id) != (owner.account_id, owner.chatbot_id):
        raise _no_such_reservation()
    return entry


def _no_such_reservation() -> ChatmountError:
    return refusal(Text.NOT_FOUND, thing="reservation")


def _given_back() -> ChatmountError:
    return refusal(Text.RESERVATION_GIVEN_BACK)


def _month_limit(limit: int, granted: int, now: float) -> ChatmountError:
    renewal = next_month(now)
    text = Text.MONTH_LIMIT_AND_GRANTS if granted else Text.MONTH_LIMIT
    wait = seconds_until(renewal, now)
    return refusal(text, limit=limit, granted=granted, renewal=renewal, retry_after=wait)


def _day_limit(limit: int, now: float) -> ChatmountError:
    return refusal(Text.DAY_LIMIT, limit=limit, retry_after=seconds_until(next_day(now), now))
