"""What an operation draws on, and the refusal when that is used up."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.contract import CREDITS_PER_ANSWER
from services.errors import Text, refusal
from services.quota.ledger.book import Book
from services.quota.ledger.entry import DayKey, MonthKey
from services.quota.periods import next_day, next_month, seconds_until


@dataclass(frozen=True, slots=True)
class Allowance:
    """An account's month and a chatbot's day, and what the plan grants of each (None: no limit)."""

    month: MonthKey
    day: DayKey
    credits_per_month: int | None = None
    requests_per_day: int | None = None

    def refuse_when_used_up(self, book: Book, now: float) -> None:
        """MONTH_LIMIT before DAY_LIMIT: of two waits the longer one is the true one."""
        month, day = book.month(self.month), book.day(self.day)
        if _is_over(month.used + CREDITS_PER_ANSWER, self.credits_per_month, month.granted):
            renewal = next_month(now)
            raise refusal(
                Text.MONTH_LIMIT_AND_GRANTS if month.granted else Text.MONTH_LIMIT,
                limit=self.credits_per_month,
                granted=month.granted,
                renewal=renewal,
                retry_after=seconds_until(renewal, now),
            )
        if _is_over(day.used + CREDITS_PER_ANSWER, self.requests_per_day):
            wait = seconds_until(next_day(now), now)
            raise refusal(Text.DAY_LIMIT, limit=self.requests_per_day, retry_after=wait)


def accounts_in_need(allowances: Iterable[Allowance], book: Book) -> set[str]:
    """Accounts where one credit for each may not fit unless overdue reservations are given back."""
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
