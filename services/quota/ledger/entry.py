"""What stands in the ledger: entries, and the totals that add them up."""

from dataclasses import dataclass, replace
from enum import StrEnum

from services.quota.periods import period_of
from services.trust.principal import Channel


class State(StrEnum):
    """The state of an entry: open when reserved, else decided. Granted ones give credits."""

    RESERVED = "reserved"
    SETTLED = "settled"
    RELEASED = "released"
    EXPIRED = "expired"
    GRANTED = "granted"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom an entry is charged to, and by which way the question came in."""

    account_id: str
    chatbot_id: str
    api_key_id: str
    channel: str


@dataclass(frozen=True, slots=True)
class MonthKey:
    """An account's month; ordering it orders the locks."""

    account_id: str
    month: str


@dataclass(frozen=True, slots=True)
class DayKey:
    """A chatbot's day."""

    account_id: str
    chatbot_id: str
    day: str


@dataclass(frozen=True, slots=True)
class ChannelDayKey:
    """The part of a chatbot's day that came in by one channel, unless that is the API."""

    account_id: str
    chatbot_id: str
    day: str
    channel: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger. Times are Unix milliseconds; its period is the one it was made in."""

    id: str
    account_id: str
    chatbot_id: str
    api_key_id: str
    channel: str
    request_id: str
    amount: int
    state: State
    created_ms: int
    decided_ms: int | None
    expires_ms: int
    month: str
    day: str
    # Of granted ones: what for, and by whom.
    note: str = ""
    granted_by: str = ""

    @classmethod
    def new(
        cls,
        entry_id: str,
        owner: Owner,
        state: State,
        amount: int,
        now: float,
        *,
        request_id: str = "",
        lifetime_ms: int = 0,
        note: str = "",
        granted_by: str = "",
    ) -> "Entry":
        """An entry that is made now, and decided now unless it is reserved."""
        period, now_ms = period_of(now), int(now * 1000)
        return cls(
            id=entry_id,
            account_id=owner.account_id,
            chatbot_id=owner.chatbot_id,
            api_key_id=owner.api_key_id,
            channel=owner.channel,
            request_id=request_id,
            amount=amount,
            state=state,
            created_ms=now_ms,
            decided_ms=None if state is State.RESERVED else now_ms,
            expires_ms=now_ms + lifetime_ms,
            month=period.month,
            day=period.day,
            note=note,
            granted_by=granted_by,
        )

    def decided(self, state: State, now: float) -> "Entry":
        """The entry as decided now."""
        # Another replica, whose clock is ahead, may have made it.
        return replace(self, state=state, decided_ms=max(int(now * 1000), self.created_ms))

    @property
    def owner(self) -> Owner:
        """Whom the entry is charged to."""
        return Owner(self.account_id, self.chatbot_id, self.api_key_id, self.channel)

    @property
    def month_key(self) -> MonthKey:
        """The month that the entry is charged to."""
        return MonthKey(self.account_id, self.month)

    @property
    def day_key(self) -> DayKey:
        """The day that the entry is counted in."""
        return DayKey(self.account_id, self.chatbot_id, self.day)

    @property
    def channel_day_key(self) -> ChannelDayKey | None:
        """The part of the day that the entry is counted in, too; None for none."""
        if not is_counted_apart(self.channel):
            return None
        return ChannelDayKey(self.account_id, self.chatbot_id, self.day, self.channel)


def is_counted_apart(channel: str) -> bool:
    """Whether a channel has totals of its own. The API has what the others leave of the day.

    So a request through the API writes nothing more for it. Granted entries have no channel.
    """
    return channel not in ("", Channel.API)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the entries of a month or a day add up to, by the states that count."""

    settled: int = 0
    reserved: int = 0
    granted: int = 0

    @property
    def used(self) -> int:
        """Credits that can't be had any more: charged, or set aside."""
        return self.settled + self.reserved

    def plus(self, state: str, amount: int) -> "Totals":
        """The totals with an amount in this state added; below 0: taken out."""
        return Totals(
            settled=self.settled + amount * (state == State.SETTLED),
            reserved=self.reserved + amount * (state == State.RESERVED),
            granted=self.granted + amount * (state == State.GRANTED),
        )

    def less(self, part: "Totals") -> "Totals":
        """What is left without a part of it."""
        return Totals(self.settled - part.settled, self.reserved - part.reserved, self.granted - part.granted)
