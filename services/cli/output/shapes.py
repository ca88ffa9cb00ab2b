"""Messages as JSON: lower-case words, times as RFC 3339 in UTC, null for what is unset.

Every field of a message is shown under its name and in its order. `EXCEPTIONS` holds what differs.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chatmount.auth.v1 import auth_pb2
from chatmount.chat.v1 import chat_pb2
from chatmount.quota.v1 import quota_pb2
from chatmount.retrieval.v1 import retrieval_pb2
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from services.written_times import moment, precise_moment

Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exceptions:
    """How the JSON of one message differs from its fields.

    `null`: fields that are null when they are empty or zero. `first`: fields that come before all others.
    `grouped`: fields in an object of their own, which is null when its first field is. `spread`: messages whose
    fields stand among the others. `read`: what is made of a field's value.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    null: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()
    grouped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    read: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


def _origin(text: str) -> Shape | None:
    """Where a source was read, as this command line or another client wrote it down."""
    try:
        value = json.loads(text or "null")
    except (ValueError, RecursionError):
        value = text
    return value if isinstance(value, dict | None) else {"kind": "other", "text": text}


EXCEPTIONS: Mapping[type[Message], Exceptions] = {
    auth_pb2.AuditEvent: Exceptions(
        null=("actor", "account_id", "chatbot_id", "api_key_id", "request_id", "actor_email", "user_id")
    ),
    chat_pb2.Profile: Exceptions(names={"abstention_threshold": "threshold"}, null=("model",)),
    chat_pb2.Session: Exceptions(first=("id", "turns")),
    chat_pb2.Turn: Exceptions(null=("rating",)),
    chat_pb2.GetTraceResponse: Exceptions(null=("session_id",), spread=("turn",)),
    chat_pb2.Trace: Exceptions(
        names={
            "maker": "made_by",
            "qa_pair_id": "id",
            "qa_similarity": "similarity",
            "is_fallback_provider": "fallback_provider",
        },
        null=(
            *("maker", "error", "searched_for", "qa_pair_id", "prompt_version", "model", "provider", "finish"),
            "trace_id",
        ),
        first=("maker", "error", "searched_for", "closeness", "threshold", "qa_pair_id", "qa_similarity"),
        grouped={"qa_pair": ("qa_pair_id", "qa_similarity")},
    ),
    chat_pb2.TracedPassage: Exceptions(
        names={"passage_id": "id"}, grouped={"scores": ("fused", "lexical", "vector", "sentence")}
    ),
    chat_pb2.UnansweredQuestion: Exceptions(null=("decided_by",)),
    quota_pb2.GetUsageResponse: Exceptions(
        first=("month", "credits_used", "credits_reserved", "credits_remaining", "credits_granted", "credits_per_month")
    ),
    quota_pb2.LedgerEntry: Exceptions(hidden=("account_id",)),
    quota_pb2.LedgerDrift: Exceptions(null=("chatbot_id", "channel")),
    retrieval_pb2.Settings: Exceptions(null=("next_language",)),
    retrieval_pb2.Source: Exceptions(null=("error",), read={"origin": _origin}),
    retrieval_pb2.Sync: Exceptions(null=("every_seconds",)),
    retrieval_pb2.Ingest: Exceptions(null=("passages_all",)),
    retrieval_pb2.QaPair: Exceptions(null=("url", "title")),
}


def shape(message: Message) -> Shape:
    """The JSON of a message."""
    exceptions = EXCEPTIONS.get(type(message), Exceptions())
    groups = {name: group for group, names in exceptions.grouped.items() for name in names}
    fields = {each.name: each for each in message.DESCRIPTOR.fields}
    value: Shape = {}
    for name in dict.fromkeys((*exceptions.first, *fields)):
        if name in exceptions.hidden:
            continue
        if name in exceptions.spread:
            value |= shape(getattr(message, name))
            continue
        content = _content(message, fields[name])
        if name in exceptions.read:
            content = exceptions.read[name](content)
        if name in exceptions.null and not getattr(message, name):
            content = None
        target = value.setdefault(groups[name], {}) if name in groups else value
        target[exceptions.names.get(name) or name.removesuffix("_ms" if name.endswith("_at_ms") else "")] = content
    return value | {group: None for group in exceptions.grouped if next(iter(value[group].values())) is None}


def _content(message: Message, of: Any) -> Any:
    value = getattr(message, of.name)
    if of.is_repeated:
        return [_single(one, of) for one in value]
    # An empty Struct is an object without members.
    if of.has_presence and not isinstance(value, Struct) and not message.HasField(of.name):
        return None
    return _single(value, of)


def _single(value: Any, of: Any) -> Any:
    if isinstance(value, Struct):
        return dict(sorted(MessageToDict(value).items()))
    if isinstance(value, Message):
        return shape(value)
    if of.enum_type is not None:
        # The first value of every enum is its prefix and UNSPECIFIED, as buf's lint asks.
        prefix = of.enum_type.values[0].name.removesuffix("UNSPECIFIED")
        return of.enum_type.values_by_number[value].name.removeprefix(prefix).lower().replace("_", " ")
    if of.name.endswith("_at"):
        return moment(value)
    return precise_moment(value) if of.name.endswith("_at_ms") else value


def short(time: object) -> str | None:
    """A time of a shape as people read it in a table: `2026-11-23 06:56:00`."""
    return str(time).replace("T", " ").removesuffix("Z")[:19] if time else None
