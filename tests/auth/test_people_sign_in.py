"""Signing in with a password, and how often it may fail."""

import asyncio
from typing import Any

import grpc
import pytest
from auth_harness import NOW, Auth, refusal_of
from people_harness import PASSWORD, WEB, new_user, sign_in

WRONG = "E-mail address or password is wrong."
ATTEMPTS = 5


async def fail(auth: Auth, email: str, typed: str = "not the password") -> grpc.aio.AioRpcError:
    return await refusal_of(sign_in(auth, email, typed))


async def test_a_right_password_begins_a_session_of_thirty_days(auth: Auth) -> None:
    await new_user(auth, "Ada@Example.com")
    reply = await auth.call("SignIn", WEB, email=" ada@EXAMPLE.com ", password=PASSWORD)
    assert len(reply.session.secret) == 43
    assert reply.session.expires_at == int(NOW) + 30 * 24 * 3600
    assert await (await sign_in(auth, "ada@example.com")).is_in()


async def test_a_password_is_the_same_however_a_keyboard_composes_it(auth: Auth) -> None:
    person = await new_user(auth, "ada@example.com")
    await person.call("ChangePassword", password=PASSWORD, new_password="Zw\u00f6lf Gr\u00f6\u00dfen")
    assert await (await sign_in(auth, "ada@example.com", "Zwo\u0308lf Gro\u0308\u00dfen")).is_in()
    await fail(auth, "ada@example.com", "ZW\u00f6LF GR\u00f6\u00dfEN")


async def test_what_is_unknown_and_what_is_wrong_read_the_same(auth: Auth) -> None:
    disabled = await new_user(auth, "off@example.com")
    await new_user(auth, "ada@example.com")
    await auth.call("CreateUser", email="new@example.com", name="Without a password")
    await auth.call("SetUserEnabled", user_id=await disabled.user_id(), enabled=False)
    errors = [
        await fail(auth, "ada@example.com"),
        await fail(auth, "nobody@example.com"),
        await fail(auth, "no address"),
        await fail(auth, ""),
        await fail(auth, "off@example.com", PASSWORD),
        await fail(auth, "new@example.com", PASSWORD),
        await fail(auth, "ada@example.com", ""),
    ]
    assert {(error.code(), error.details()) for error in errors} == {(grpc.StatusCode.UNAUTHENTICATED, WRONG)}
    assert len({tuple(error.trailing_metadata() or ()) for error in errors}) == 1


async def test_what_can_be_no_password_and_no_address_is_refused_before_it_is_tried(auth: Auth) -> None:
    for email, password in (("a" * 255, PASSWORD), ("ada@example.com", "x" * 1001)):
        assert (await fail(auth, email, password)).code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
async def test_after_five_failures_an_address_waits_for_the_minute_to_end(auth: Auth, email: str) -> None:
    await new_user(auth, "ada@example.com")
    for _ in range(ATTEMPTS):
        assert (await fail(auth, email)).details() == WRONG
    auth.clock.now = NOW + 20
    for password in ("not the password", PASSWORD):
        error = await fail(auth, email.upper(), password)
        assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert error.details() == "Too many failed attempts for this e-mail address. Try again in 40 seconds."
    await new_user(auth, "bob@example.com")
    assert await (await sign_in(auth, "bob@example.com")).is_in()
    auth.clock.now = NOW + 60
    assert (await fail(auth, email)).details() == WRONG


@pytest.mark.parametrize("email", ["ada\0@example.com", "x" * 255])
async def test_what_can_be_no_address_is_looked_up_nowhere(auth: Auth, email: str) -> None:
    assert (await fail(auth, email)).code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_right_passwords_are_no_attempts(auth: Auth) -> None:
    await new_user(auth, "ada@example.com")
    for _ in range(ATTEMPTS + 2):
        await sign_in(auth, "ada@example.com")


async def test_many_at_once_learn_no_more_than_one_after_the_other(auth: Auth) -> None:
    await new_user(auth, "ada@example.com")

    async def attempt(password: str) -> Any:
        try:
            return await sign_in(auth, "ada@example.com", password)
        except grpc.aio.AioRpcError as error:
            return error.code()

    found = await asyncio.gather(*(attempt(f"wrong number {number}") for number in range(12)), attempt(PASSWORD))
    assert found.count(grpc.StatusCode.UNAUTHENTICATED) == ATTEMPTS
    assert found.count(grpc.StatusCode.RESOURCE_EXHAUSTED) == 12 + 1 - ATTEMPTS


async def test_a_session_is_new_at_each_sign_in(auth: Auth) -> None:
    first = await new_user(auth, "ada@example.com")
    second = await sign_in(auth, "ada@example.com")
    assert first.secret != second.secret
    assert await first.is_in()
    assert await second.is_in()
