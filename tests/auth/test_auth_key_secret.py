"""The format of secrets."""

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from services.auth import key_secret as api_keys
from services.auth.decision import read_secret
from services.errors import Text
from tests.each import for_each

CHARACTERS = string.ascii_letters + string.digits


def test_a_secret_has_the_published_shape() -> None:
    for _ in range(200):
        assert re.fullmatch(r"cm_live_[A-Za-z0-9]{32}", api_keys.generate())


def test_no_two_secrets_are_alike_and_all_characters_occur() -> None:
    secrets = [api_keys.generate() for _ in range(2000)]
    assert len({secret[8:34] for secret in secrets}) == len(secrets)
    assert set("".join(secret[8:34] for secret in secrets)) == set(CHARACTERS)


def test_the_checksum_is_pinned() -> None:
    """Keys in the hands of users must stay well formed over versions."""
    assert api_keys.is_well_formed("cm_live_" + "A" * 26 + "4BJFA4")
    assert not api_keys.is_well_formed("cm_live_" + "A" * 26 + "4BJFA5")


@given(st.text(alphabet=CHARACTERS, min_size=26, max_size=26))
def test_what_is_made_is_well_formed(body: str) -> None:
    secret = "cm_live_" + body + api_keys._checksum("cm_live_" + body)
    assert len(secret) == 40
    assert api_keys.is_well_formed(secret)
    assert read_secret(f"Bearer {secret}") == secret


@given(st.integers(0, 39), st.sampled_from(CHARACTERS))
def test_one_wrong_character_is_noticed(position: int, character: str) -> None:
    secret = api_keys.generate()
    changed = secret[:position] + character + secret[position + 1 :]
    assert api_keys.is_well_formed(changed) == (changed == secret)


@given(st.integers(8, 38))
def test_two_swapped_characters_are_noticed(position: int) -> None:
    secret = api_keys.generate()
    changed = secret[:position] + secret[position + 1] + secret[position] + secret[position + 2 :]
    assert api_keys.is_well_formed(changed) == (changed == secret)


@given(st.text())
def test_any_text_is_judged_without_an_error(text: str) -> None:
    assert not api_keys.is_well_formed(text)
    assert read_secret(text) is Text.MISSING_API_KEY or read_secret(text) is Text.INVALID_API_KEY
    assert read_secret(f"Bearer x{text}") is Text.INVALID_API_KEY or not text.strip(" ").startswith("cm_live_")


@for_each("change", [str.upper, str.lower, str.swapcase, lambda s: s + "\n", lambda s: s[:-1]])
def test_a_secret_in_another_shape_is_none(change: object) -> None:
    secret = api_keys.generate()
    assert callable(change)
    changed = change(secret)
    assert api_keys.is_well_formed(changed) == (changed == secret)


@for_each("header", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer   {}", " Bearer {} "])
def test_the_scheme_may_be_written_in_any_case_with_any_spaces(header: str) -> None:
    secret = api_keys.generate()
    assert read_secret(header.format(secret)) == secret


MISSING = ["", " ", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "{}", "Bearer{}", "Basic {}", "Token {}", "Bearer: {}"]
INVALID = ['Bearer "{}"', "Bearer {} extra", "Bearer {0},Bearer {0}", "Bearer {0}, Bearer {0}", "Bearer Bearer {}"]


@for_each("header", [*MISSING, "Bearer\t{}", *INVALID, "Bearer {}\x00", "Bearer {}="])
def test_any_other_way_to_send_a_right_key_is_refused(header: str) -> None:
    expected = Text.INVALID_API_KEY if header.startswith("Bearer ") and header.strip() != "Bearer" else None
    assert read_secret(header.format(api_keys.generate())) is (expected or Text.MISSING_API_KEY)


def test_digits_of_other_scripts_are_no_digits() -> None:
    assert not api_keys.is_well_formed("cm_live_" + "٣" * 32)


def test_a_digest_is_32_bytes_and_does_not_contain_the_secret() -> None:
    secret = api_keys.generate()
    assert len(api_keys.digest(secret)) == 32
    assert api_keys.digest(secret) == api_keys.digest(secret) != api_keys.digest(api_keys.generate())
    assert api_keys.last_characters(secret) == secret[-4:]
