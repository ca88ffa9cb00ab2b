"""Passwords: which may be one, what is kept of them, and that hashing holds nobody up."""

import asyncio
import time

import pytest

from services.auth.people.emails import clean_email, email_key
from services.auth.people.passwords import AT_ONCE, HASHER, NOBODYS_HASH, Passwords, check_password
from services.errors import ChatmountError, Reason
from tests.each import for_each

PARAMETERS = "$argon2id$v=19$m=19456,t=2,p=1$"


@for_each("password", ["1234567890", " " * 10, "ä" * 1000, "pass word\n!", "\U0001f6b2" * 10])
def test_any_ten_to_a_thousand_characters_will_do(password: str) -> None:
    check_password(password)


@for_each("password", ["", "123456789", "x" * 1001, "e\u0301" * 9])
def test_shorter_and_longer_will_not(password: str) -> None:
    with pytest.raises(ChatmountError, match="password must be 10 to 1000 characters") as caught:
        check_password(password)
    assert caught.value.reason == Reason.INVALID_FIELD


async def test_what_is_kept_is_salted_and_as_dear_as_that_of_nobody() -> None:
    passwords = Passwords()
    kept = [await passwords.hash("correct horse") for _ in range(2)]
    assert kept[0] != kept[1]
    assert all(one.startswith(PARAMETERS) for one in (*kept, NOBODYS_HASH))
    assert not HASHER.check_needs_rehash(NOBODYS_HASH)
    assert await passwords.matches(kept[0], "correct horse")
    assert not await passwords.matches(kept[0], "correct horse ")
    assert not await passwords.matches(None, "nobody knows")
    passwords.close()


async def test_who_gives_up_before_their_turn_costs_nothing() -> None:
    passwords = Passwords()
    before = time.process_time()
    await passwords.hash("correct horse")
    one = time.process_time() - before
    waiting = [asyncio.create_task(passwords.hash("correct horse")) for _ in range(AT_ONCE + 30)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)  # the event loop goes on
    for task in waiting[AT_ONCE:]:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await passwords.hash("correct horse")
    assert time.process_time() - before < 15 * one
    passwords.close()


def test_addresses_are_told_apart_without_case_and_forms() -> None:
    assert clean_email("  Zo\u0065\u0308@Example.COM ") == "Zo\u00eb@Example.COM"
    same = {"STRASSE@x.de", "stra\u00dfe@X.de", " strasse@x.de", "\uff53trasse@x.de"}
    assert {email_key(email) for email in same} == {"strasse@x.de"}
    assert email_key("a@x.de") != email_key("b@x.de")
