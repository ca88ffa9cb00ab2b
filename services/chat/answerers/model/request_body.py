"""The JSON body by which a model is asked."""

from collections.abc import Sequence
from typing import Any

from services.chat.answerers.model.dialect import Quirk, Quirks
from services.chat.answerers.model.request import Message, ModelRequest


def body(request: ModelRequest, model: str, quirks: Quirks) -> dict[str, Any]:
    """The JSON body for a model that has the quirks."""
    messages = _without_system(request.messages) if Quirk.NO_SYSTEM in quirks else list(request.messages)
    made: dict[str, Any] = {"model": model, "messages": messages, "stream": True}
    length = "max_completion_tokens" if Quirk.NEW_NAME_OF_LENGTH in quirks else "max_tokens"
    made[length] = request.maximum_tokens
    if Quirk.NO_TEMPERATURE not in quirks:
        made["temperature"] = request.temperature
    if Quirk.NO_USAGE not in quirks:
        made["stream_options"] = {"include_usage": True}
    return made


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """What a system message says stands at the beginning of the visitor's first instead."""
    system = "\n\n".join(message["content"] for message in messages if message["role"] == "system")
    others = [message for message in messages if message["role"] != "system"]
    if system and others:
        others[0] = {**others[0], "content": f"{system}\n\n{others[0]['content']}"}
    return others
