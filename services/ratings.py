"""What visitors think of an answer, by the names that people and files know."""

from collections.abc import Mapping

from chatmount.chat.v1 import chat_pb2

_NAMES: Mapping[chat_pb2.Rating.ValueType, str] = {chat_pb2.RATING_UP: "up", chat_pb2.RATING_DOWN: "down"}
RATINGS = tuple(_NAMES.values())


def name_of(rating: chat_pb2.Rating.ValueType) -> str:
    """`up` or `down`; "" for an answer that was not rated."""
    return _NAMES.get(rating, "")


def rating_named(name: str) -> chat_pb2.Rating.ValueType:
    """The rating of that name; unspecified for ""."""
    return next((rating for rating, each in _NAMES.items() if each == name), chat_pb2.RATING_UNSPECIFIED)
