"""How the credits of an account's month stand, and what the month comes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from chatmount.quota.v1 import quota_pb2

WARNED_AT = 80
"""Percent of the credits."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Credits of the current month. `per_month` and `left` None: unlimited."""

    used: int
    reserved: int
    granted: int
    per_month: int | None
    left: int | None

    @classmethod
    def of(cls, usage: quota_pb2.GetUsageResponse) -> "Standing":
        """From the message."""
        return cls(
            usage.credits_used,
            usage.credits_reserved,
            usage.credits_granted,
            usage.credits_per_month if usage.HasField("credits_per_month") else None,
            usage.credits_remaining if usage.HasField("credits_remaining") else None,
        )

    @property
    def spent(self) -> int:
        """Credits that are not there any more, reserved ones included."""
        return self.used + self.reserved

    @property
    def allowance(self) -> int | None:
        """Credits of the plan and given ones."""
        return None if self.per_month is None else self.per_month + self.granted

    @property
    def percent(self) -> int:
        """How much of the allowance is spent; 0 where there is none."""
        return self.spent * 100 // self.allowance if self.allowance else 0

    @property
    def is_used_up(self) -> bool:
        """Whether the next question is refused."""
        return self.left == 0

    @property
    def is_warned(self) -> bool:
        """Whether so much is spent that people had better know."""
        return self.percent >= WARNED_AT


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a month comes to at the pace of its days so far.

    `pace`: credits a day; `runs_out`: the day of the month on which no credits are left, None for none.
    """

    total: int
    pace: float
    runs_out: int | None


def forecast(days: Sequence[int], length: int, left: int | None) -> Forecast | None:
    """What a month of `length` days comes to. `days`: credits so far, the last is today.

    The pace is the mean of the days that are over, from the first day with a credit on: an account that began
    yesterday was not idle before. Today counts as an average day unless more is used already. None until there is a day
    that is over.
    """
    first = next((place for place, credits in enumerate(days) if credits), len(days))
    *past, today = days[first:] or [0]
    if not past:
        return None
    pace = Fraction(sum(past), len(past))
    rest, following = max(pace - today, Fraction(0)), length - len(days)
    total = ceil(sum(days) + rest + pace * following)
    return Forecast(total, float(pace), None if left is None else _runs_out(left - rest, pace, len(days), following))


def _runs_out(left_tonight: Fraction, pace: Fraction, today: int, following: int) -> int | None:
    if left_tonight < 0:
        return today
    later = floor(left_tonight / pace) + 1
    return today + later if later <= following else None
