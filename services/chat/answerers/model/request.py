"""What a model is asked for, in the words of the chat completions protocol, as far as an endpoint knows them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Message = Mapping[str, str]
"""`role` (system, user, assistant) and `content`."""

_NO_SYSTEM_ROLE = re.compile(
    r"system (?:role|message|prompt|instruction)s?\b.{0,40}\bnot (?:supported|allowed|enabled|available)"
    r"|(?:does not|doesn't|do not) support.{0,20}\bsystem|developer instruction is not enabled"
    r"|roles must alternate user/assistant|only user(?:,| and|/)\s?assistant",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """`model` "": the endpoint's own. `maximum_tokens` of the answer. `whole`: nobody reads along while it is made.

    `fit` makes the messages anew, of so many tokens; None where they can't be shorter. `room`: as many they have now.
    """

    messages: Sequence[Message]
    maximum_tokens: int
    model: str = ""
    temperature: float = 0.0
    whole: bool = False
    fit: Callable[[int], Sequence[Message]] | None = None
    room: int = 0

    def without_model(self) -> "ModelRequest":
        """The same for whichever model an endpoint has."""
        return replace(self, model="")

    def shorter(self, limit: int | None) -> "ModelRequest | None":
        """One that fits where prompt and answer may have `limit` tokens together; None when there is no such thing.

        Where the limit is not known, or should have held, the prompt gets half of its room.
        """
        if self.fit is None or self.room < 2:
            return None
        answer = self.maximum_tokens if limit is None else min(self.maximum_tokens, limit // 2)
        told = self.room if limit is None else limit - answer
        room = told if told < self.room else self.room // 2
        return replace(self, messages=self.fit(room), maximum_tokens=answer, room=room)


class Dialect:
    """How one endpoint wants to be asked, learnt from what it refuses and how it answers, for each of its models.

    Newer models take `max_completion_tokens` alone and no temperature; older servers know only `max_tokens`. What a
    streamed answer cost is told by most where it is asked for; some know no such question. Some models have no system
    messages, some begin with a thought that no mark opens, and some have less room than they were said to have.
    """

    def __init__(self) -> None:
        self._new_name_of_length: set[str] = set()
        self._without_temperature: set[str] = set()
        self._without_usage: set[str] = set()
        self._without_system: set[str] = set()
        self._thinking_unmarked: set[str] = set()
        self._limits: dict[str, int] = {}

    def body(self, request: ModelRequest, model: str) -> dict[str, Any]:
        """The JSON body for `model`."""
        messages = _without_system(request.messages) if model in self._without_system else list(request.messages)
        body: dict[str, Any] = {"model": model, "messages": messages, "stream": True}
        length = "max_completion_tokens" if model in self._new_name_of_length else "max_tokens"
        body[length] = request.maximum_tokens
        if model not in self._without_temperature:
            body["temperature"] = request.temperature
        if model not in self._without_usage:
            body["stream_options"] = {"include_usage": True}
        return body

    def fitted(self, request: ModelRequest, model: str) -> ModelRequest:
        """The request as it fits in what the model is known to take."""
        limit = self._limits.get(model)
        if limit is None or request.room + request.maximum_tokens <= limit:
            return request
        return request.shorter(limit) or request

    def learn_limit(self, model: str, limit: int) -> None:
        """Remembers how many tokens prompt and answer may have."""
        self._limits[model] = limit

    def thinks_unmarked(self, model: str) -> bool:
        """Whether the model's answers begin within a thought, without an opening mark."""
        return model in self._thinking_unmarked

    def learn_thinking(self, model: str, *, unmarked: bool | None) -> None:
        """Takes into account how an answer began; None: it does not tell."""
        if unmarked:
            self._thinking_unmarked.add(model)
        elif unmarked is False:
            self._thinking_unmarked.discard(model)

    def learn(self, model: str, refusal: str) -> bool:
        """Takes the text of a refusal into account; True if the next body will be another."""
        learnt = (
            (self._without_system, _NO_SYSTEM_ROLE.search(refusal)),
            (self._new_name_of_length, "max_completion_tokens" in refusal and "context length" not in refusal),
            (self._without_temperature, "temperature" in refusal),
            (self._without_usage, "stream_options" in refusal or "include_usage" in refusal),
        )
        for models, says_so in learnt:
            if says_so and model not in models:
                models.add(model)
                return True
        return False


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """What a system message says stands at the beginning of the visitor's first instead."""
    system = "\n\n".join(message["content"] for message in messages if message["role"] == "system")
    others = [message for message in messages if message["role"] != "system"]
    if system and others:
        others[0] = {**others[0], "content": f"{system}\n\n{others[0]['content']}"}
    return others
