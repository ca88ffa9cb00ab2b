"""Rows of the credit ledger as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from chatmount.quota.v1 import quota_pb2 as pb

from services.web.dashboard.chatbot_names import ChatbotNames
from services.web.dashboard.daily_credits import CHANNELS


@dataclass(frozen=True, slots=True)
class State:
    """A state of an entry. `kind`: that of its badge."""

    name: str
    label: str
    kind: str
    value: pb.LedgerState.ValueType


STATES = {
    state.name: state
    for state in (
        State("charged", "Charged", "good", pb.LEDGER_STATE_SETTLED),
        State("reserved", "Reserved", "busy", pb.LEDGER_STATE_RESERVED),
        State("released", "Given back", "plain", pb.LEDGER_STATE_RELEASED),
        State("expired", "Expired", "plain", pb.LEDGER_STATE_EXPIRED),
        State("granted", "Granted", "good", pb.LEDGER_STATE_GRANTED),
    )
}
_BY_VALUE = {state.value: state for state in STATES.values()}


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A row. `answer_path`: where to see the question; "" where nothing can be seen."""

    id: str
    created_at: int
    state: State
    amount: int
    chatbot: str
    channel: str
    api_key_id: str
    note: str
    answer_path: str

    @classmethod
    def of(cls, entry: pb.LedgerEntry, names: ChatbotNames) -> "LedgerEntry":
        """From the message."""
        state = _BY_VALUE[entry.state]
        chatbot_path = names.path(entry.chatbot_id) if state.name == "charged" else ""
        return cls(
            entry.id,
            entry.created_at_ms // 1000,
            state,
            entry.amount,
            names.of(entry.chatbot_id) if entry.chatbot_id else "",
            CHANNELS.get(entry.channel, entry.channel),
            entry.api_key_id,
            entry.note,
            f"{chatbot_path}turns/{quote(entry.request_id, safe='')}" if chatbot_path and entry.request_id else "",
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the ledger, the newest first."""

    entries: Sequence[LedgerEntry]
    next_token: str

    @classmethod
    def of(cls, page: pb.ListLedgerEntriesResponse, names: ChatbotNames) -> "Listed":
        """From the message."""
        return cls([LedgerEntry.of(entry, names) for entry in page.entries], page.next_page_token)
