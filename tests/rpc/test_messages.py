from dataclasses import dataclass
from enum import Enum, auto

import pytest
from chatmount.auth.v1 import auth_pb2
from chatmount.quota.v1 import quota_pb2

from services.rpc.messages import to_member, to_message
from tests.each import for_each


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    plan: str
    created_ms: int


class State(Enum):
    RESERVED = auto()
    SETTLED = auto()


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    state: State
    created_ms: int
    expires_ms: int
    decided_ms: int | None = None


REST = {
    name: lambda entry: None
    for name in quota_pb2.LedgerEntry.DESCRIPTOR.fields_by_name
    if name not in {"id", "state", "created_at_ms", "decided_at_ms", "expires_at_ms"}
}


def test_fields_are_taken_by_name_and_times_in_the_unit_of_the_message() -> None:
    write = to_message(Account, auth_pb2.Account)
    assert write(Account("acc_1", "Acme", "pro", 1_999)) == auth_pb2.Account(
        id="acc_1", name="Acme", plan="pro", created_at=1
    )


def test_a_member_becomes_the_value_of_its_name_and_none_leaves_a_field_unset() -> None:
    message = to_message(Entry, quota_pb2.LedgerEntry, **REST)(Entry("led_1", State.SETTLED, 1_999, 3))
    assert (message.state, message.created_at_ms) == (quota_pb2.LEDGER_STATE_SETTLED, 1_999)
    assert not message.HasField("decided_at_ms")


@for_each(
    ("number", "member"),
    [(quota_pb2.LEDGER_STATE_SETTLED, State.SETTLED), (quota_pb2.LEDGER_STATE_UNSPECIFIED, None), (77, None)],
)
def test_a_number_names_a_member_or_nothing(number: int, member: State | None) -> None:
    assert to_member(State, quota_pb2.LedgerState.DESCRIPTOR, number) == member


def test_a_field_that_comes_from_nowhere_is_found_at_import() -> None:
    with pytest.raises(TypeError, match=r"Entry has nothing for chatmount\.auth\.v1\.Account\.name"):
        to_message(Entry, auth_pb2.Account)


def test_a_maker_of_a_field_that_is_not_there_is_found_at_import() -> None:
    with pytest.raises(TypeError, match="has no field colour"):
        to_message(Account, auth_pb2.Account, colour=lambda account: "red")
