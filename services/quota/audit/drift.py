"""What does not add up in a ledger."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Key = tuple[str, str, str]
"""Account, chatbot (empty: the account's month), period."""

Sums = Mapping[Key, Mapping[str, int]]
"""By what is added up: `settled`, `reserved`, `granted`."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A sum that says `recorded` where its rows add up to `actual`; of `times`: how many rows contradict themselves."""

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


def differences(recorded: Sums, actual: Sums) -> Iterator[Drift]:
    """Every sum that differs; one that is missing on either side counts as 0."""
    for key in sorted(recorded.keys() | actual.keys()):
        told, found = recorded.get(key, {}), actual.get(key, {})
        for what in sorted(told.keys() | found.keys()):
            if told.get(what, 0) != found.get(what, 0):
                yield Drift(*key, what, told.get(what, 0), found.get(what, 0))
