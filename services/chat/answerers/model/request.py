"""What a model is asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

Message = Mapping[str, str]
"""`role` (system, user, assistant) and `content`."""

Gathering = Callable[[], float]

# To send a piece costs far more than to read a token, and text that grows twenty times a second is seen to flow.
GATHERING_SECONDS = 0.05

LEAST_LIMIT = 512
"""No model that answers from pages takes fewer tokens: a smaller number was not a limit of tokens."""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What a model is asked, and how much it may say.

    `model` "": the endpoint's own. `maximum_tokens` of the answer. `whole`: no user reads along while it is made.

    `gathering`: for how many seconds after a piece of the answer the next one is gathered. Its end is seen so late.

    `fit` makes the messages of so many tokens; None where they can't be shorter. `room`: as many they have now.
    """

    messages: Sequence[Message]
    maximum_tokens: int
    model: str = ""
    temperature: float = 0.0
    whole: bool = False
    gathering: Gathering = lambda: GATHERING_SECONDS
    fit: Callable[[int], Sequence[Message]] | None = None
    room: int = 0

    def is_beyond(self, limit: int | None) -> bool:
        """Whether `limit` can be how many tokens prompt and answer may have, and they have more."""
        return limit is not None and LEAST_LIMIT <= limit < self.room + self.maximum_tokens

    def shorter(self, limit: int | None) -> "ModelRequest | None":
        """A request that fits where prompt and answer may have `limit` tokens; None for none.

        Where the limit is not known, can't be meant, or should have held, the prompt gets half of its room.
        """
        if self.fit is None or self.room < 2:
            return None
        if limit is None or not self.is_beyond(limit):
            answer, room = self.maximum_tokens, self.room // 2
        else:
            answer = min(self.maximum_tokens, limit // 2)
            room = min(limit - answer, self.room)
        return replace(self, messages=self.fit(room), maximum_tokens=answer, room=room)
