"""Usage as its owner sees it, and the filters of lists of it."""

from dataclasses import dataclass
from enum import StrEnum

from services.errors import invalid
from services.quota.ledger.entry import State, Totals
from services.quota.periods import count_days, is_day
from services.trust.principal import Channel

MAXIMUM_DAYS = 400


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


class CreditsPart(StrEnum):
    """What credits can be told apart by."""

    DAY = "day"
    CHATBOT = "chatbot"
    CHANNEL = "channel"


ALL_PARTS = frozenset(CreditsPart)


@dataclass(frozen=True, slots=True)
class DailyCredits:
    """What one chatbot has used in a day by one channel.

    Where they are added up, `chatbot_id` or `channel` is empty, and `day` the last of the days.
    """

    day: str
    chatbot_id: str
    channel: str
    credits_used: int
    credits_reserved: int


@dataclass(frozen=True, slots=True)
class Days:
    """UTC days such as `2026-11-23`, the first and the last included."""

    since: str
    until: str

    def __post_init__(self) -> None:
        """INVALID_FIELD for anything but days, for too many, and for none."""
        for field, day in (("since_day", self.since), ("until_day", self.until)):
            if not is_day(day):
                raise invalid(f"{field} must be a day such as 2026-11-23.")
        if not 1 <= count_days(self.since, self.until) <= MAXIMUM_DAYS:
            raise invalid(f"until_day must be since_day or later, and both at most {MAXIMUM_DAYS} days apart.")


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """The entries that are wanted. Empty fields narrow nothing; `until_ms` is not included."""

    states: frozenset[State] = frozenset()
    request_id: str = ""
    chatbot_id: str = ""
    since_ms: int = 0
    until_ms: int = 0
    channel: str = ""

    def __post_init__(self) -> None:
        """INVALID_FIELD for a channel that there is not."""
        if self.channel and self.channel not in [*Channel]:
            raise invalid(f"channel must be one of {', '.join(Channel)}, or empty for all.")


EVERY_ENTRY = EntryFilter()
