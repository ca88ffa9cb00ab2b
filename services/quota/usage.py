"""What has been used, as its owner sees it, and which entries of the ledger are asked for."""

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
    """Which entries are wanted; what is empty narrows nothing. Unix milliseconds, `until_ms` not included."""

    states: frozenset[State] = frozenset()
    request_id: str = ""
    chatbot_id: str = ""
    since_ms: int = 0
    until_ms: int = 0


EVERY_ENTRY = EntryFilter()
