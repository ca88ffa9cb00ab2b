"""How one endpoint wants its models to be asked, learnt from refusals and answers."""

import re
from enum import Enum, auto

from services.chat.answerers.model.request import ModelRequest
from services.clock import Clock

LEARNT_SECONDS = 3600
"""What was learnt from a refusal is held for so long. A server may have been set up in another way since."""

_NO_SYSTEM_ROLE = re.compile(
    r"system (?:role|message|prompt|instruction)s?\b.{0,40}\bnot (?:supported|allowed|enabled|available)"
    r"|(?:does not|doesn't|do not) support.{0,20}\bsystem|developer instruction is not enabled"
    r"|roles must alternate user/assistant|only user(?:,| and|/)\s?assistant",
)


class Quirk(Enum):
    """In what an endpoint's model differs from the usual."""

    NEW_NAME_OF_LENGTH = auto()
    """Newer models take `max_completion_tokens` alone; older servers know only `max_tokens`."""
    NO_TEMPERATURE = auto()
    NO_USAGE = auto()
    """It can't be asked to tell what a streamed answer cost."""
    NO_SYSTEM = auto()
    """It has no system messages."""


Quirks = frozenset[Quirk]


def quirk_in(refusal: str, known: Quirks) -> Quirk | None:
    """The quirk of a model that a refusal tells of, beyond those `known`.

    `refusal`: as `refusals.refusal_text` gives it.
    """
    tells = {
        Quirk.NO_SYSTEM: _NO_SYSTEM_ROLE.search(refusal),
        Quirk.NEW_NAME_OF_LENGTH: "max_completion_tokens" in refusal and "context length" not in refusal,
        Quirk.NO_TEMPERATURE: "temperature" in refusal,
        Quirk.NO_USAGE: "stream_options" in refusal or "include_usage" in refusal,
    }
    return next((quirk for quirk, is_told in tells.items() if is_told and quirk not in known), None)


class Dialect:
    """What is known of an endpoint's models.

    A refusal is believed only after a request that did as it says was taken. Else the words of one visitor,
    repeated in a refusal, would change the requests of all others.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._quirks: dict[str, dict[Quirk, float]] = {}
        self._limits: dict[str, tuple[int, float]] = {}
        self._thinking_unmarked: set[str] = set()

    def quirks(self, model: str) -> Quirks:
        """What is known of the model."""
        now = self._clock()
        return frozenset(quirk for quirk, until in self._quirks.get(model, {}).items() if now < until)

    def learn_quirks(self, model: str, quirks: Quirks) -> None:
        """Remembers that a request that heeded these was taken."""
        for quirk in quirks - self.quirks(model):
            self._quirks.setdefault(model, {})[quirk] = self._clock() + LEARNT_SECONDS

    def fitted(self, request: ModelRequest, model: str) -> ModelRequest:
        """The request as it fits in what the model is known to take."""
        limit, until = self._limits.get(model, (0, 0.0))
        if self._clock() >= until or request.room + request.maximum_tokens <= limit:
            return request
        return request.shorter(limit) or request

    def learn_limit(self, model: str, limit: int) -> None:
        """Remembers how many tokens prompt and answer may have, after such a request was taken."""
        self._limits[model] = (limit, self._clock() + LEARNT_SECONDS)

    def thinks_unmarked(self, model: str) -> bool:
        """Whether the model's answers begin within a thought, without an opening mark."""
        return model in self._thinking_unmarked

    def learn_thinking(self, model: str, *, unmarked: bool | None) -> None:
        """Takes into account how an answer began; None: it does not tell."""
        if unmarked:
            self._thinking_unmarked.add(model)
        elif unmarked is False:
            self._thinking_unmarked.discard(model)
