"""Names and ids."""

import pytest

from services.auth.fields import check_id, clean_name
from services.errors import ChatmountError, Reason
from tests.each import for_each


def test_a_name_is_composed_and_stripped() -> None:
    assert clean_name("  Cafe\u0301 \t\n") == "Caf\u00e9"


@for_each("name", ["x", "x" * 200, "é" * 200, "e\u0301" * 200, "👩‍💻 Zoë & Søn <b>", "مرحبا"])
def test_a_name_of_1_to_200_characters_is_kept(name: str) -> None:
    assert 1 <= len(clean_name(name)) <= 200


@for_each("name", ["", "   ", "\n", "x" * 201, "a\x00b", "a\nb", "a\x1bb", "a\x7fb", "a\u0085b", "a\u2028b"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ChatmountError, match="name must") as caught:
        clean_name(name)
    assert caught.value.reason == Reason.INVALID_FIELD


def test_a_keys_name_may_be_empty() -> None:
    assert clean_name(" ", may_be_empty=True) == ""


def test_an_id_is_short_plain_ascii() -> None:
    assert check_id("acct_4fQ", "account_id") == "acct_4fQ"
    with pytest.raises(ChatmountError, match="account_id is required"):
        check_id("", "account_id")
    for text in ("acct", "acct_", "acct_\x00", "acct_ä", "acct_" + "x" * 65, "acct_x\n", "' OR 1=1", "acct_x/../y"):
        with pytest.raises(ChatmountError, match="no such account") as caught:
            check_id(text, "account_id")
        assert caught.value.reason == Reason.NOT_FOUND
