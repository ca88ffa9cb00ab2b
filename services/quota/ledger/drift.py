"""What does not add up in a ledger."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from services.quota.ledger.entry import State
from services.quota.periods import period_of

Key = tuple[str, str, str]
"""Account, chatbot (empty: the account's month), period."""

Sums = Mapping[Key, Mapping[str, int]]
"""By what is added up: `settled`, `reserved`, `granted`."""

TIMES = "times"
"""What a drift is about that counts rows whose state, amount and times contradict each other."""

PERIOD = "period"
"""What a drift is about that counts rows that stand in another day or month than the one they were made in."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A sum that says `recorded` where its rows add up to `actual`; of `times` and `period`: 0, and so many rows."""

    account_id: str
    chatbot_id: str
    period: str
    what: str
    recorded: int
    actual: int


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found in a page of accounts. `last`: the last of them when there are more, else empty."""

    accounts: int
    entries: int
    drifts: tuple[Drift, ...]
    last: str


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of a chatbot's day in one state: how many, what they add up to, how many contradict themselves, and
    when the first and the last of them were made (Unix milliseconds)."""

    account_id: str
    chatbot_id: str
    month: str
    day: str
    state: str
    count: int
    amount: int
    contradicting: int
    first_ms: int
    last_ms: int


def sums_of(groups: Iterable[Rows]) -> tuple[Sums, Sums]:
    """What the months and the days should say."""
    months: dict[Key, dict[str, int]] = {}
    days: dict[Key, dict[str, int]] = {}
    for rows in groups:
        if rows.state in (State.RESERVED, State.SETTLED, State.GRANTED):
            _add(months, (rows.account_id, "", rows.month), rows)
        if rows.state in (State.RESERVED, State.SETTLED):
            _add(days, (rows.account_id, rows.chatbot_id, rows.day), rows)
    return months, days


def differences(recorded: Sums, actual: Sums) -> Iterator[Drift]:
    """Every sum that differs; one that is missing on either side counts as 0."""
    for key in sorted(recorded.keys() | actual.keys()):
        told, found = recorded.get(key, {}), actual.get(key, {})
        for what in sorted(told.keys() | found.keys()):
            if told.get(what, 0) != found.get(what, 0):
                yield Drift(*key, what, told.get(what, 0), found.get(what, 0))


def contradictions(groups: Iterable[Rows]) -> Iterator[Drift]:
    """Rows that can't be right, whatever the sums say."""
    for rows in groups:
        if rows.contradicting:
            yield Drift(rows.account_id, rows.chatbot_id, rows.day, TIMES, 0, rows.contradicting)
        if {period_of(moment / 1000).day for moment in (rows.first_ms, rows.last_ms)} != {rows.day} or (
            rows.month != rows.day[:7]
        ):
            yield Drift(rows.account_id, rows.chatbot_id, rows.day, PERIOD, 0, rows.count)


def _add(sums: dict[Key, dict[str, int]], key: Key, rows: Rows) -> None:
    of_key = sums.setdefault(key, {})
    of_key[rows.state] = of_key.get(rows.state, 0) + rows.amount
