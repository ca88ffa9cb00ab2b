"""What a model is asked for, in the words of the chat completions protocol, as far as an endpoint knows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Message = Mapping[str, str]
"""`role` (system, user, assistant) and `content`."""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """`model` "": the endpoint's own. `temperature` None: the model's own. `maximum_tokens` of the answer."""

    messages: Sequence[Message]
    maximum_tokens: int
    model: str = ""
    temperature: float | None = None
    stream: bool = True

    def without_model(self) -> "ModelRequest":
        """The same for whichever model an endpoint has."""
        return replace(self, model="")


class Dialect:
    """How one endpoint wants to be asked, learnt from its refusals.

    Newer models take `max_completion_tokens` alone and no temperature; older servers know only `max_tokens`. What a
    streamed answer cost is told by most where it is asked for; some know no such question.
    """

    def __init__(self) -> None:
        self._new_name_of_length: set[str] = set()
        self._without_temperature: set[str] = set()
        self._without_usage: set[str] = set()

    def body(self, request: ModelRequest, model: str) -> dict[str, Any]:
        """The JSON body for `model`."""
        body: dict[str, Any] = {"model": model, "messages": list(request.messages), "stream": request.stream}
        length = "max_completion_tokens" if model in self._new_name_of_length else "max_tokens"
        body[length] = request.maximum_tokens
        if request.temperature is not None and model not in self._without_temperature:
            body["temperature"] = request.temperature
        if request.stream and model not in self._without_usage:
            body["stream_options"] = {"include_usage": True}
        return body

    def learn(self, model: str, refusal: str) -> bool:
        """Takes the text of a 400 or 422 into account; True if the next body will be another."""
        if "max_completion_tokens" in refusal and model not in self._new_name_of_length:
            self._new_name_of_length.add(model)
            return True
        if "temperature" in refusal and model not in self._without_temperature:
            self._without_temperature.add(model)
            return True
        if ("stream_options" in refusal or "include_usage" in refusal) and model not in self._without_usage:
            self._without_usage.add(model)
            return True
        return False
