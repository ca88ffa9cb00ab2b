"""Reconciliation: a ledger's totals held against its rows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from services.quota.ledger.entry import State, Totals, is_counted_apart
from services.quota.periods import month_of, period_of

Key = tuple[str, str, str, str]
"""Account, chatbot (empty: the account's month), channel (empty: all of the day), period."""

TIMES = "times"
"""Of a drift that counts rows whose state, amount and times contradict each other."""

PERIOD = "period"
"""Of a drift that counts rows that stand in another day or month than the one they were made in."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A total, and the actual sum of its rows; of `times` and `period`: 0, and so many rows."""

    account_id: str
    chatbot_id: str
    channel: str
    period: str
    what: str
    recorded: int
    actual: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The findings of a page of accounts. `last`: its last account if more follow, else empty."""

    accounts: int
    entries: int
    drifts: tuple[Drift, ...]
    last: str


@dataclass(frozen=True, slots=True)
class RowGroup:
    """All rows of a channel's day in one state, and how many of them contradict themselves.

    `first_ms` and `last_ms`: when the first and the last of them were made, in Unix milliseconds.
    """

    account_id: str
    chatbot_id: str
    channel: str
    month: str
    day: str
    state: str
    count: int
    amount: int
    contradicting: int
    first_ms: int
    last_ms: int


def drifts(recorded: Mapping[Key, Totals], groups: Iterable[RowGroup]) -> tuple[Drift, ...]:
    """Everything that does not add up, in the order of accounts, periods, chatbots and channels."""
    found = [*_differences(recorded, _added_up(groups)), *_contradictions(groups)]
    return tuple(sorted(found, key=_order))


def _order(drift: Drift) -> tuple[str, ...]:
    return drift.account_id, drift.period, drift.chatbot_id, drift.channel, drift.what


def _added_up(groups: Iterable[RowGroup]) -> dict[Key, Totals]:
    totals: dict[Key, Totals] = {}
    for rows in groups:
        keys = [(rows.account_id, "", "", rows.month)]
        if rows.state != State.GRANTED:
            keys.append((rows.account_id, rows.chatbot_id, "", rows.day))
            if is_counted_apart(rows.channel):
                keys.append((rows.account_id, rows.chatbot_id, rows.channel, rows.day))
        for key in keys:
            totals[key] = totals.get(key, Totals()).plus(rows.state, rows.amount)
    return totals


def _differences(recorded: Mapping[Key, Totals], actual: Mapping[Key, Totals]) -> Iterator[Drift]:
    for key in recorded.keys() | actual.keys():
        should_be = asdict(actual.get(key, Totals()))
        for what, amount in asdict(recorded.get(key, Totals())).items():
            if amount != should_be[what]:
                yield Drift(*key, what, amount, should_be[what])


def _contradictions(groups: Iterable[RowGroup]) -> Iterator[Drift]:
    """Rows that can't be right, whatever the totals say."""
    for rows in groups:
        if rows.contradicting:
            yield Drift(rows.account_id, rows.chatbot_id, "", rows.day, TIMES, 0, rows.contradicting)
        if {period_of(moment / 1000).day for moment in (rows.first_ms, rows.last_ms)} != {rows.day} or (
            rows.month != month_of(rows.day)
        ):
            yield Drift(rows.account_id, rows.chatbot_id, "", rows.day, PERIOD, 0, rows.count)
