"""Parts of a page that may fail alone: the rest of the page stands."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.errors import ChatmountError, Reason

Value = TypeVar("Value")
Made = TypeVar("Made")

# All else is true of the whole page: that there is no such thing, or that it is not this person's.
_MAY_PASS = frozenset({Reason.UNAVAILABLE, Reason.OVERLOADED, Reason.TOO_SLOW})


@dataclass(frozen=True, slots=True)
class Part(Generic[Value]):
    """What a part shows, or why it does not."""

    _value: Value | None = None
    failure: str = ""

    @property
    def value(self) -> Value:
        """What it shows; only where there is no `failure`."""
        if self.failure:
            raise ValueError(self.failure)
        return self._value  # type: ignore[return-value]

    def of(self, make: Callable[[Value], Made]) -> "Part[Made]":
        """What `make` makes of it, or why there is none."""
        return Part(make(self.value)) if self else Part(failure=self.failure)

    def __bool__(self) -> bool:
        """Whether it has something to show."""
        return not self.failure


async def part(work: Awaitable[Value]) -> Part[Value]:
    """The outcome of `work`; several go on at the same time within `asyncio.gather`.

    ChatmountError for what no further try would mend.
    """
    try:
        return Part(await work)
    except ChatmountError as refused:
        if refused.reason not in _MAY_PASS:
            raise
        return Part(failure=refused.text)
