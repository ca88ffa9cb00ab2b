"""Page sizes and page tokens, as every list uses them."""

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import ChatmountError, Reason
from services.rpc.pages import cut_page, page_position, page_size, page_token
from tests.each import for_each


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_page_sizes() -> None:
    assert [page_size(size) for size in (0, 1, 1000)] == [100, 1, 1000]
    assert page_size(0, default=7) == 7
    for size in (-1, 1001, 2**31 - 1):
        with pytest.raises(ChatmountError, match="page_size"):
            page_size(size)


@given(st.integers(0, 2**63 - 1), st.text("abc_XYZ019", max_size=40))
def test_a_token_comes_back_as_its_position(number: int, text: str) -> None:
    assert page_position(page_token(number), int) == (number,)
    assert page_position(page_token(number, text), int, str) == (number, text)


def test_no_token_is_the_first_page() -> None:
    assert page_position("", int) is None


TEXTS = ["x", "5", "é", "\x00", "====", page_token("an", "other")]
POSITIONS = ["5", "{}", "[]", "[true]", "[-1]", "[1.5]", "[9223372036854775808]", '["1"]', "[1,2]", "[" * 100_000]


@for_each("token", [*TEXTS, *map(encoded, POSITIONS)])
def test_a_made_up_token_is_refused(token: str) -> None:
    with pytest.raises(ChatmountError, match="page_token") as caught:
        page_position(token, int)
    assert caught.value.reason == Reason.INVALID_FIELD


@for_each("text", ["a\x00b", "line\nbreak", "é"])
def test_a_text_that_no_database_should_see_is_refused(text: str) -> None:
    with pytest.raises(ChatmountError):
        page_position(page_token(1, text), int, str)


@given(st.text())
def test_any_text_is_a_token_or_refused(token: str) -> None:
    with contextlib.suppress(ChatmountError):
        position = page_position(token, int)
        assert position is None or position[0] >= 0


def test_a_page_is_cut_where_the_next_one_begins() -> None:
    rows = [(number, f"led_{number}") for number in range(4)]
    page, token = cut_page(rows, 3, lambda row: row)
    assert (page, page_position(token, int, str)) == (rows[:3], rows[2])


def test_the_last_page_has_no_token() -> None:
    assert cut_page([1, 2], 2, lambda row: (row,)) == ([1, 2], "")
    assert cut_page([], 2, lambda row: (row,)) == ([], "")
