"""The Lua scripts of the edge, behind the texts, statuses and fields that services know too."""

import json
from pathlib import Path
from typing import Any

from chatmount.chat.v1 import chat_pb2
from google.protobuf.descriptor import FieldDescriptor

from services.contract import MAXIMUM_BODY_BYTES, MAXIMUM_IDEMPOTENCY_KEY_LENGTH, WINDOW_SECONDS
from services.errors import EdgeText, Reason, Text
from services.errors.reasons import DEFAULT_RETRY_AFTER

FOLDER = Path(__file__).parents[2] / "envoy" / "lua"

# The type of a field, as chat.lua tells types apart, and in words.
TYPES = {FieldDescriptor.TYPE_STRING: ("string", "a string"), FieldDescriptor.TYPE_BOOL: ("boolean", "true or false")}

# A 401 of a service is about the edge's token, because the client's key has passed; what a 500 says is of the inside.
UNSPOKEN_STATUSES = {401, 500}


def script(name: str) -> str:
    """The source of `name`.lua, behind the table SHARED."""
    return f"local SHARED = {_lua(_shared())}\n{(FOLDER / name).with_suffix('.lua').read_text('utf-8')}"


def chat_fields() -> list[dict[str, str]]:
    """The fields of a chat request. KeyError for a type that chat.lua can't check."""
    fields = []
    for field in chat_pb2.ChatRequest.DESCRIPTOR.fields:
        kind, words = TYPES[field.type]
        fields.append(
            {
                "name": field.name,
                "type": kind,
                "wrong_type": EdgeText.WRONG_TYPE.format(field=field.name, type=words),
                "half_character": EdgeText.HALF_CHARACTER.format(field=field.name),
            }
        )
    return fields


def _shared() -> dict[str, Any]:
    texts: tuple[Text | EdgeText, ...] = (
        Text.INTERNAL,
        Text.UNAVAILABLE,
        Text.OVERLOADED,
        EdgeText.REFUSED,
        EdgeText.NOT_JSON,
        EdgeText.NOT_AN_OBJECT,
    )
    return {
        "texts": {text.name: text.format() for text in texts},
        "fields": chat_fields(),
        # Only their texts were written for the public.
        "spoken_statuses": dict.fromkeys({reason.http_status for reason in Reason} - UNSPOKEN_STATUSES, True),
        "retry_after": str(DEFAULT_RETRY_AFTER),
        "maximum_body_bytes": MAXIMUM_BODY_BYTES,
        "maximum_idempotency_key_length": MAXIMUM_IDEMPOTENCY_KEY_LENGTH,
        "window_seconds": WINDOW_SECONDS,
    }


def _lua(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{_lua(key)}] = {_lua(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(map(_lua, value)) + "}"
    # Strings and numbers are written as in JSON, as long as there are no control characters.
    return json.dumps(value, ensure_ascii=False)
