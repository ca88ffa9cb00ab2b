"""What a question may be."""

import pytest

from services.chat.validation import checked_idempotency_key, checked_message, checked_session_id
from services.errors import ChatmountError, Reason
from tests.each import for_each


@for_each("message", ["", " ", "\t\r\n", "\u00a0\u2003\u3000", "\u200b\u200d\ufeff", "\0\x1b", "x" * 2001])
def test_a_message_without_anything_to_see_or_too_long_is_refused(message: str) -> None:
    with pytest.raises(ChatmountError, match=r"^Message must be between 1 and 2000 characters$") as caught:
        checked_message(message)
    assert caught.value.reason == Reason.MESSAGE_LENGTH


@for_each("message", [".", " x ", "x" * 2000, "🚲" * 2000, "👩‍👩‍👧", "\u202eabc", "a\nb"])
def test_other_messages_are_taken_as_they_are(message: str) -> None:
    assert checked_message(message) == message


def test_a_nul_is_replaced_because_not_every_store_can_keep_it() -> None:
    assert checked_message("a\0b") == "a\N{REPLACEMENT CHARACTER}b"


@for_each("session_id", [None, ""])
def test_no_session_id_and_an_empty_one_are_a_conversation_of_its_own(session_id: str | None) -> None:
    assert checked_session_id(session_id) is None


@for_each("session_id", [" ", "x" * 256, "🚲" * 256, "'; DROP TABLE", "\u2028", "\u200b", "../.."])
def test_a_session_id_may_be_anything_without_controls(session_id: str) -> None:
    assert checked_session_id(session_id) == session_id


@for_each("session_id", ["x" * 257, "🚲" * 257, "a\nb", "\t", "\0", "\x7f", "\x9f"])
def test_a_long_session_id_or_one_with_controls_is_refused(session_id: str) -> None:
    with pytest.raises(ChatmountError, match="session_id") as caught:
        checked_session_id(session_id)
    assert caught.value.reason == Reason.INVALID_SESSION_ID


@for_each("keys", [[], ["a"], ["!~" * 127], ["x" * 255]])
def test_at_most_one_visible_idempotency_key_is_taken(keys: list[str]) -> None:
    checked_idempotency_key(keys)


@for_each("keys", [[""], ["x" * 256], ["a b"], ["a\tb"], ["é"], ["\x7f"], [b"a"], ["a", "b"]])
def test_other_idempotency_keys_are_refused(keys: list[str | bytes]) -> None:
    with pytest.raises(ChatmountError, match="Idempotency-Key") as caught:
        checked_idempotency_key(keys)
    assert caught.value.reason == Reason.INVALID_IDEMPOTENCY_KEY
