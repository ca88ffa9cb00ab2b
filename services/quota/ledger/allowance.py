"""What an operation draws on, and the refusal when that is used up."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.contract import CREDITS_PER_ANSWER
from services.errors import Text, refusal
from services.quota.ledger.book import Book
from services.quota.ledger.entry import ChannelDayKey, DayKey, MonthKey
from services.quota.periods import next_day, next_month, seconds_until


@dataclass(frozen=True, slots=True)
class Budget:
    """A channel's part of a chatbot's day, and what it may use of it where nobody has set it."""

    key: ChannelDayKey
    default: int

    def is_over(self, book: Book, used: int) -> bool:
        """Whether so much is too much."""
        return _is_over(used, book.set_budget(self.key, self.default))


@dataclass(frozen=True, slots=True)
class Allowance:
    """An account's month and a chatbot's day, and what the plan grants of each (None: no limit).

    `budget` is that of the visitors of websites; others have none.
    """

    month: MonthKey
    day: DayKey
    credits_per_month: int | None = None
    requests_per_day: int | None = None
    budget: Budget | None = None

    def refuse_when_used_up(self, book: Book, now: float) -> None:
        """MONTH_LIMIT before DAY_LIMIT: of two waits the longer one is the true one."""
        month, day = book.month(self.month), book.day(self.day)
        if _is_over(month.used + CREDITS_PER_ANSWER, self.credits_per_month, month.granted):
            renewal = next_month(now)
            raise refusal(
                self._month_text(month.granted),
                limit=self.credits_per_month,
                granted=month.granted,
                renewal=renewal,
                retry_after=seconds_until(renewal, now),
            )
        budget = self.budget
        if _is_over(day.used + CREDITS_PER_ANSWER, self.requests_per_day) or (
            budget is not None and budget.is_over(book, book.channel_used(budget.key) + CREDITS_PER_ANSWER)
        ):
            text = Text.DAY_LIMIT if budget is None else Text.RESTING_TODAY
            raise refusal(text, limit=self.requests_per_day, retry_after=seconds_until(next_day(now), now))

    def _month_text(self, granted: int) -> Text:
        if self.budget is not None:
            return Text.RESTING
        return Text.MONTH_LIMIT_AND_GRANTS if granted else Text.MONTH_LIMIT


def accounts_in_need(allowances: Iterable[Allowance], book: Book) -> set[str]:
    """Accounts where one credit for each may not fit unless overdue reservations are given back."""
    months: dict[MonthKey, int] = {}
    days: dict[DayKey, int] = {}
    channels: dict[ChannelDayKey, int] = {}
    needy = set()
    for allowance in allowances:
        month, day = allowance.month, allowance.day
        months[month] = months.get(month, book.month(month).used) + CREDITS_PER_ANSWER
        days[day] = days.get(day, book.day(day).used) + CREDITS_PER_ANSWER
        if _is_over(months[month], allowance.credits_per_month, book.month(month).granted) or _is_over(
            days[day], allowance.requests_per_day
        ):
            needy.add(month.account_id)
        if (budget := allowance.budget) is not None:
            used = channels.get(budget.key, book.channel_used(budget.key)) + CREDITS_PER_ANSWER
            channels[budget.key] = used
            if budget.is_over(book, used):
                needy.add(month.account_id)
    return needy


def _is_over(used: int, limit: int | None, granted: int = 0) -> bool:
    return limit is not None and used > limit + granted
