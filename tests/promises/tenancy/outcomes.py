"""What becomes of any call of any method, in a form in which two can be compared."""

import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass

from tests.waiting import PATIENCE

# What differs from one call to the next although nothing else does: what was just made, and when.
OF_THE_MOMENT = frozenset(
    {
        "id",
        "created_at",
        "updated_at",
        "last_used_at",
        "created_at_ms",
        "decided_at_ms",
        "expires_at_ms",
        "expires_at",
        "reset_at",
        "reservation_id",
        "next_page_token",
        "request_id",
        "token",
        "secret",
    }
)


@dataclass(frozen=True)
class Outcome:
    """Status, text, trailing metadata and the replies (as JSON objects) that came before it."""

    code: str
    text: str = ""
    details: tuple[tuple[str, str | bytes], ...] = ()
    replies: tuple[dict[str, Any], ...] = ()

    def refusal(self) -> tuple[object, ...]:
        """All that a refusal tells, to the byte."""
        return self.code, self.text, self.details

    def without(self, names: Mapping[str, str]) -> tuple[object, ...]:
        """All that it tells but for the moment, with the request's names made neutral."""
        text = json.dumps([without_fields(reply, OF_THE_MOMENT) for reply in self.replies], sort_keys=True)
        for field, value in names.items():
            text = text.replace(value, f"<{field}>")
        return *self.refusal(), text

    def tells(self, secrets: Sequence[str]) -> list[str]:
        """Which of the secrets can be read in it."""
        everything = repr(self)
        return [secret for secret in secrets if secret in everything]


async def call(
    channel: grpc.aio.Channel,
    method: Any,
    path: str,
    messages: Sequence[Mapping[str, Any]],
    metadata: Mapping[str, str],
) -> Outcome:
    """Calls a method of any kind that its descriptor tells."""
    request_class, reply_class = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    requests = [ParseDict(message, request_class()) for message in messages]
    kind = f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
    multicallable = getattr(channel, kind)(
        path, request_serializer=request_class.SerializeToString, response_deserializer=reply_class.FromString
    )
    request = _stream(requests) if method.client_streaming else requests[0]
    begun = multicallable(request, metadata=tuple(metadata.items()), timeout=PATIENCE)
    replies: list[dict[str, Any]] = []
    try:
        if method.server_streaming:
            replies.extend([_as_dict(reply) async for reply in begun])
        else:
            replies.append(_as_dict(await begun))
    except grpc.aio.AioRpcError as error:
        trailing = tuple(sorted((key, value) for key, value in error.trailing_metadata() or ()))
        return Outcome(error.code().name, error.details() or "", trailing, tuple(replies))
    return Outcome("OK", replies=tuple(replies))


async def _stream(messages: Sequence[Any]) -> AsyncIterator[Any]:
    for message in messages:
        yield message


def _as_dict(message: Any) -> dict[str, Any]:
    return dict(MessageToDict(message, preserving_proto_field_name=True))


def without_fields(value: Any, names: Collection[str]) -> Any:
    """The reply, or a part of it, without the fields of these names at any depth."""
    if isinstance(value, dict):
        return {name: without_fields(part, names) for name, part in value.items() if name not in names}
    return [without_fields(part, names) for part in value] if isinstance(value, list) else value
