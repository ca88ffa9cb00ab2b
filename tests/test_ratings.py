"""Ratings by name."""

from chatmount.chat.v1 import chat_pb2

from services.ratings import RATINGS, name_of, rating_named


def test_every_rating_is_found_by_its_name() -> None:
    known = [value for value in chat_pb2.Rating.values() if value != chat_pb2.RATING_UNSPECIFIED]
    assert [rating_named(name) for name in RATINGS] == known
    assert [name_of(rating) for rating in known] == ["up", "down"]


def test_what_is_not_rated_has_no_name() -> None:
    assert name_of(chat_pb2.RATING_UNSPECIFIED) == ""
    assert rating_named("") == rating_named("sideways") == chat_pb2.RATING_UNSPECIFIED
