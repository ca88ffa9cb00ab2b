"""What an operation draws on, and the refusal when that is used up."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.errors import ChatmountError, Reason
from services.quota.ledger.book import Book
from services.quota.ledger.entry import DayKey, MonthKey
from services.quota.periods import next_day, next_month, seconds_until

CREDITS_PER_ANSWER = 1


@dataclass(frozen=True, slots=True)
class Allowance:
    """An account's month and a chatbot's day, and how much of each the plan grants (None: any amount)."""

    month: MonthKey
    day: DayKey
    credits_per_month: int | None = None
    requests_per_day: int | None = None

    def refuse_when_used_up(self, book: Book, now: float) -> None:
        """MONTH_LIMIT before DAY_LIMIT: of two waits the longer one is the true one."""
        month, day = book.month(self.month), book.day(self.day)
        if _is_over(month.used + CREDITS_PER_ANSWER, self.credits_per_month, month.granted):
            renewal = next_month(now)
            given = f" and {month.granted} given" if month.granted else ""
            raise ChatmountError(
                Reason.MONTH_LIMIT,
                f"The monthly credits of this account are used up ({self.credits_per_month} per month{given}). "
                f"They renew on {renewal:%Y-%m-%d} at 00:00 UTC.",
                retry_after=seconds_until(renewal, now),
            )
        if _is_over(day.used + CREDITS_PER_ANSWER, self.requests_per_day):
            raise ChatmountError(
                Reason.DAY_LIMIT,
                f"The daily limit of this chatbot is reached ({self.requests_per_day} requests per day). "
                "It starts again at 00:00 UTC.",
                retry_after=seconds_until(next_day(now), now),
            )


def accounts_in_need(allowances: Iterable[Allowance], book: Book) -> set[str]:
    """Accounts where one credit for each may not fit: their overdue reservations should be given back first."""
    months: dict[MonthKey, int] = {}
    days: dict[DayKey, int] = {}
    needy = set()
    for allowance in allowances:
        month, day = allowance.month, allowance.day
        months[month] = months.get(month, book.month(month).used) + CREDITS_PER_ANSWER
        days[day] = days.get(day, book.day(day).used) + CREDITS_PER_ANSWER
        if _is_over(months[month], allowance.credits_per_month, book.month(month).granted) or _is_over(
            days[day], allowance.requests_per_day
        ):
            needy.add(month.account_id)
    return needy


def _is_over(used: int, limit: int | None, granted: int = 0) -> bool:
    return limit is not None and used > limit + granted
