"""Usage as its owner sees it, and the filter of a list of entries."""

from dataclasses import dataclass

from services.quota.ledger.entry import State, Totals


@dataclass(frozen=True, slots=True)
class ChatbotUsage:
    """One chatbot: credits settled this month, answers settled or reserved today."""

    chatbot_id: str
    credits_used: int
    requests_today: int


@dataclass(frozen=True, slots=True)
class AccountUsage:
    """One account in the current UTC month and day."""

    month: str
    totals: Totals
    chatbots: tuple[ChatbotUsage, ...]


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """The entries that are wanted. Empty fields narrow nothing; `until_ms` is not included."""

    states: frozenset[State] = frozenset()
    request_id: str = ""
    chatbot_id: str = ""
    since_ms: int = 0
    until_ms: int = 0


EVERY_ENTRY = EntryFilter()
