"""The dashboard's door, asked as Envoy asks it: who has a session is let in as a user."""

from pathlib import Path

import grpc
import pytest
from auth_harness import CLIENT, NOW, Auth, check_request, headers_of, refusal_of
from people_harness import Person, door_request, new_user, sign_in
from sqlalchemy import create_engine, text

from services.trust.principal import Role
from tests.each import for_each

HOUR = 3600
OK, UNAUTHENTICATED, DENIED = 0, 16, 7
COOKIE = "__Host-chatmount"


def change(folder: Path, statement: str) -> None:
    """What somebody does to the database by hand."""
    engine = create_engine(f"sqlite:///{folder / 'auth.db'}")
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
async def ada(auth: Auth) -> Person:
    return await new_user(auth, "ada@example.com")


async def test_a_session_becomes_a_signed_user_and_its_cookie_is_taken_off(auth: Auth, ada: Person) -> None:
    response = await ada.knock(method="POST")
    assert response.status.code == OK
    (header,) = response.ok_response.headers
    assert header.header.key == "authorization"
    assert header.append_action == header.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD
    assert list(response.ok_response.headers_to_remove) == ["cookie"]
    token = header.header.value.removeprefix("Bearer ")
    principal = auth.signer.verify(token, "auth")
    assert (principal.role, principal.account_id, principal.chatbot_id) == (Role.ROLE_USER, "", "")
    assert principal.subject.startswith("usr_")
    assert dict(response.dynamic_metadata) == {"user_id": principal.subject}, "for the access log"
    assert principal.user_session_id.startswith("uss_")
    assert principal.expires_at == int(NOW) + 60
    for other in ("quota", "retrieval", "chat"):
        with pytest.raises(Exception, match="token is not valid"):
            auth.signer.verify(token, other)


@for_each(
    ("path", "location"),
    [
        ("/dashboard/", "?next=%2Fdashboard%2F"),
        ("/dashboard/bot_x/sources?page=2&q=ä", "?next=%2Fdashboard%2Fbot_x%2Fsources%3Fpage%3D2%26q%3D%C3%A4"),
        ("/dashboard", ""),
        ("//evil.example/dashboard/", ""),
        ("/dashboardish", ""),
        ("/dashboard/" + "x" * 2000, ""),
    ],
)
async def test_who_has_none_is_sent_to_sign_in_and_back(auth: Auth, path: str, location: str) -> None:
    response = await auth.knock(door_request(None, path))
    assert response.status.code == UNAUTHENTICATED
    assert response.denied_response.status.code == 303
    assert headers_of(response) == {"location": f"/dashboard/sign-in{location}", "cache-control": "no-store"}


async def test_a_part_of_a_page_is_told_to_go_there_as_a_whole(auth: Auth) -> None:
    response = await auth.knock(door_request(None, "/dashboard/me", hx_request="true"))
    assert response.denied_response.status.code == 401
    url = "/dashboard/sign-in?next=%2Fdashboard%2Fme"
    assert headers_of(response) == {"hx-redirect": url, "cache-control": "no-store"}


async def test_only_a_whole_cookie_opens_and_only_once(auth: Auth, ada: Person) -> None:
    pair = f"{COOKIE}={ada.secret}"
    for cookie in (pair, f"a=b; {pair}", f"{pair};theme=dark", f"other__Host-chatmount=x;  {pair} "):
        assert (await auth.knock(door_request(cookie))).status.code == OK, cookie
    for cookie in (
        "",
        ada.secret,
        f"{COOKIE}=",
        f"{pair}; {pair}",
        f"{pair}; {COOKIE}=",
        f'{COOKIE}="{ada.secret}"',
        f"{COOKIE}={ada.secret}x",
        f"{COOKIE}={ada.secret[:-1]}",
        f"{COOKIE}={ada.secret[:-1]}\u017f",
        f"{COOKIE} ={ada.secret}",
        f"__host-chatmount={ada.secret}",
        f"chatmount={ada.secret}",
        f"{pair},{pair}",
        "\x00=;;==;" * 50,
    ):
        assert (await auth.knock(door_request(cookie))).denied_response.status.code == 303, cookie
    # A right one on the wrong header.
    assert (await auth.knock(door_request(None, authorization=f"Bearer {ada.secret}"))).status.code == UNAUTHENTICATED


async def test_a_session_ends_when_it_is_left_alone_for_twelve_hours(auth: Auth, ada: Person) -> None:
    for _ in range(3):
        auth.clock.now += 12 * HOUR - 1
        assert await ada.is_in()
        await auth.seen[0].flush()
    auth.clock.now += 12 * HOUR
    assert not await ada.is_in()


async def test_a_session_ends_after_thirty_days_however_much_it_is_used(auth: Auth, ada: Person) -> None:
    while auth.clock.now < NOW + 30 * 24 * HOUR - 1:
        assert await ada.is_in()
        await auth.seen[0].flush()
        auth.clock.now = min(auth.clock.now + 11 * HOUR, NOW + 30 * 24 * HOUR - 1)
    assert await ada.is_in()
    auth.clock.now += 1
    assert not await ada.is_in()


async def test_disabling_a_user_ends_their_sessions_at_once_and_for_good(auth: Auth, ada: Person) -> None:
    user_id = await ada.user_id()
    await auth.call("SetUserEnabled", user_id=user_id, enabled=False)
    assert not await ada.is_in()
    await auth.call("SetUserEnabled", user_id=user_id, enabled=True)
    assert not await ada.is_in()
    assert await (await sign_in(auth, "ada@example.com")).is_in()


async def test_who_is_disabled_is_out_whatever_became_of_their_sessions(
    auth: Auth, ada: Person, tmp_path: Path
) -> None:
    change(tmp_path, "UPDATE users SET disabled_ms = 1")
    assert not await ada.is_in()
    change(tmp_path, "UPDATE users SET disabled_ms = NULL")
    assert await ada.is_in()


async def test_each_door_opens_to_what_it_is_for(auth: Auth, ada: Person) -> None:
    key = (await auth.new_key()).secret
    request = check_request(f"Bearer {key}", CLIENT)
    assert (await auth.knock(request)).status.code == OK
    request.attributes.context_extensions["door"] = "session"
    assert (await auth.knock(request)).status.code == UNAUTHENTICATED
    for door in ("Widget", "Session", "api-key"):
        response = await auth.knock(door_request(f"{COOKIE}={ada.secret}", door=door))
        assert (response.status.code, response.denied_response.status.code) == (DENIED, 403)


async def test_a_database_that_is_gone_does_not_look_like_an_ended_session(
    auth: Auth, ada: Person, tmp_path: Path
) -> None:
    change(tmp_path, "ALTER TABLE user_sessions RENAME TO elsewhere")
    error = await refusal_of(ada.knock())
    assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL)
