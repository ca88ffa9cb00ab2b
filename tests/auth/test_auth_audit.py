"""The audit log over gRPC: changes leave events, and callers see those of their scope."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from auth_harness import METHODS, NOW, Auth, refusal_of
from chatmount.auth.v1 import auth_pb2 as pb
from google.protobuf.json_format import MessageToDict
from sqlalchemy import create_engine, text

from services.auth.records import Action
from services.trust.principal import Principal, Role

ADA = Principal(Role.ROLE_OPERATOR, subject="ada@laptop")
# Of people: test_people_audit.py.
OURS = {name for name, method in METHODS.items() if method.containing_service.file is pb.DESCRIPTOR}
LOOKING = {name for name in OURS if name.startswith(("Get", "List", "Issue"))}

KEY = {"name": "new", "allowlist": ["10.0.0.0/8"]}
# Each action: a method, its request, and what the event says beside the ids. Names in braces are of `place`.
CHANGES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "account.create": ("CreateAccount", {"name": " New ", "plan": "go"}, {"name": "New", "plan": "go"}),
    "account.set-plan": (
        "SetAccountPlan",
        {"account_id": "{account}", "plan": "enterprise"},
        {"plan": "enterprise", "plan_before": "plus"},
    ),
    "account.delete": ("DeleteAccount", {"account_id": "{empty}"}, {"name": "Empty", "plan": "free"}),
    "chatbot.create": ("CreateChatbot", {"account_id": "{account}", "name": "Second"}, {"name": "Second"}),
    "chatbot.update": (
        "UpdateChatbot",
        {"chatbot_id": "{chatbot}", "name": " Renamed "},
        {"name": "Renamed", "name_before": "Helper"},
    ),
    "chatbot.disable": ("SetChatbotEnabled", {"chatbot_id": "{chatbot}"}, {}),
    "chatbot.enable": ("SetChatbotEnabled", {"chatbot_id": "{disabled}", "enabled": True}, {}),
    "chatbot.delete": ("DeleteChatbot", {"chatbot_id": "{chatbot}"}, {"name": "Helper"}),
    "key.create": (
        "CreateApiKey",
        {"chatbot_id": "{chatbot}", "expires_at": 1_900_000_000, **KEY},
        {"last4": "{last4}", "expires_at": "2030-03-17T17:46:40Z", **KEY},
    ),
    "key.rotate": ("RotateApiKey", {"api_key_id": "{key}"}, {"last4": "{last4}", "last4_before": "{before}"}),
    "key.revoke": ("RevokeApiKey", {"api_key_id": "{key}"}, {"last4": "{last4}"}),
    "key.allow": (
        "SetApiKeyAllowlist",
        {"api_key_id": "{key}", "allowlist": ["::1", "10.0.0.1"]},
        {"allowlist": ["::1", "10.0.0.1"], "allowlist_before": []},
    ),
}
THINGS = ("account", "chatbot", "key")

Place = dict[str, str]
"""The ids of what there is to change."""


@pytest.fixture
async def place(auth: Auth) -> Place:
    chatbot, empty = await auth.new_chatbot(), await auth.new_account("free", "Empty")
    key = (await auth.new_key(chatbot.id, name="shop")).api_key
    ids = {"account": chatbot.account_id, "chatbot": chatbot.id, "disabled": chatbot.id, "key": key.id}
    return ids | {"empty": empty.id, "last4": key.last4, "before": key.last4}


async def events(auth: Auth, caller: Principal = ADA, **fields: Any) -> list[pb.AuditEvent]:
    return list((await auth.call("ListAuditEvents", caller, **fields)).events)


def filled(fields: dict[str, Any], place: Place) -> dict[str, Any]:
    return {name: value.format(**place) if isinstance(value, str) else value for name, value in fields.items()}


def test_every_method_is_known_to_change_something_or_nothing() -> None:
    changing = {method for method, _, _ in CHANGES.values()}
    assert changing | LOOKING == OURS
    assert not changing & LOOKING
    assert {*CHANGES, Action.KEY_DELETE} == {
        action for action in Action if action.startswith(("account.", "chatbot.", "key."))
    }


@pytest.mark.parametrize("action", CHANGES)
async def test_a_change_leaves_an_event_that_tells_it(auth: Auth, place: Place, action: str) -> None:
    method, fields, details = CHANGES[action]
    if action == "chatbot.enable":
        await auth.call("SetChatbotEnabled", chatbot_id=place["disabled"])
    auth.clock.now = NOW + 60
    reply = await auth.call(method, ADA, **filled(fields, place))
    # A new thing, or another than the fixture's.
    place["account"] = filled(fields, place).get("account_id", place["account"])
    for name, thing in (("account", "account"), ("chatbot", "chatbot"), ("api_key", "key")):
        if name in reply.DESCRIPTOR.fields_by_name:
            place[thing] = getattr(reply, name).id
            place["last4"] = getattr(getattr(reply, name), "last4", "")
    newest = (await events(auth))[0]
    ids = (newest.account_id, newest.chatbot_id, newest.api_key_id)
    named = THINGS[: THINGS.index(action.partition(".")[0]) + 1]
    assert ids == tuple(place[thing] if thing in named else "" for thing in THINGS)
    assert (newest.action, MessageToDict(newest.details)) == (action, filled(details, place))
    assert (newest.actor, newest.created_at_ms) == ("ada@laptop", int((NOW + 60) * 1000))
    assert newest.id.startswith("evt_")
    assert next(event.id for event in await events(auth, action=newest.action)) == newest.id


async def test_what_changes_nothing_leaves_no_event(auth: Auth, place: Place) -> None:
    await auth.call("RevokeApiKey", ADA, api_key_id=place["key"])
    before = await events(auth)
    await auth.call("RevokeApiKey", ADA, api_key_id=place["key"])
    await auth.call("SetApiKeyAllowlist", ADA, api_key_id=place["key"])
    await auth.call("SetChatbotEnabled", ADA, chatbot_id=place["chatbot"], enabled=True)
    await auth.call("SetAccountPlan", ADA, account_id=place["account"], plan="plus")
    await auth.call("UpdateChatbot", ADA, chatbot_id=place["chatbot"], name="Helper")
    await auth.call("UpdateChatbot", ADA, chatbot_id=place["chatbot"])
    await refusal_of(auth.call("RotateApiKey", ADA, api_key_id=place["key"]))
    await refusal_of(auth.call("DeleteAccount", ADA, account_id=place["account"]))
    await auth.call("IssueScopedToken", ADA, chatbot_id=place["chatbot"])
    await auth.check_key("cm_live_nothing")
    assert await events(auth) == before


async def test_a_change_that_can_not_be_told_is_not_made(auth: Auth, tmp_path: Path) -> None:
    created = await auth.new_key()
    engine = create_engine(f"sqlite:///{tmp_path / 'auth.db'}", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ALTER TABLE audit_events RENAME TO elsewhere"))
    engine.dispose()
    assert (await refusal_of(auth.call("RevokeApiKey", api_key_id=created.api_key.id))).code() != grpc.StatusCode.OK
    assert (await auth.check_key(created.secret)).status.code == 0


async def test_keys_that_go_with_their_chatbot_have_an_end_of_their_own(auth: Auth, place: Place) -> None:
    dead = (await auth.new_key(place["chatbot"])).api_key
    await auth.call("RevokeApiKey", api_key_id=dead.id)
    await auth.call("DeleteChatbot", ADA, chatbot_id=place["chatbot"])
    assert [event.action for event in await events(auth, api_key_id=place["key"])] == ["key.delete", "key.create"]
    assert [event.action for event in await events(auth, api_key_id=dead.id)] == ["key.revoke", "key.create"]


async def test_events_outlive_what_they_tell_of(auth: Auth, place: Place) -> None:
    await auth.call("DeleteChatbot", ADA, chatbot_id=place["chatbot"])
    await auth.call("DeleteAccount", ADA, account_id=place["account"])
    actions = [event.action for event in await events(auth, account_id=place["account"])]
    assert actions == [
        "account.delete", "chatbot.delete", "key.delete", "key.create", "chatbot.create", "account.create",
    ]  # fmt: skip


async def test_an_event_names_the_request_and_the_operator_whose_scoped_token_it_was(auth: Auth, place: Place) -> None:
    token = (await auth.call("IssueScopedToken", ADA, chatbot_id=place["chatbot"])).token
    await auth.call_with(token, "RevokeApiKey", "r" * 300, api_key_id=place["key"])
    newest, before, *_ = await events(auth, api_key_id=place["key"])
    assert (newest.actor, newest.request_id) == ("ada@laptop", "r" * 200)
    # The harness's own operator has no name, and its calls no id.
    assert (before.actor, before.request_id) == ("", "")


async def test_a_scoped_token_sees_the_events_of_its_scope_only(auth: Auth, place: Place) -> None:
    other = await auth.new_key()
    sibling = await auth.call("CreateChatbot", account_id=place["account"], name="Sibling")
    of_account = Principal(Role.ROLE_OPERATOR, place["account"])
    of_chatbot = Principal(Role.ROLE_OPERATOR, place["account"], place["chatbot"])
    seen = {event.account_id for event in await events(auth, of_account)}
    assert seen == {place["account"]}
    assert sibling.chatbot.id in {event.chatbot_id for event in await events(auth, of_account)}
    seen = {event.chatbot_id for event in await events(auth, of_chatbot)}
    assert seen == {place["chatbot"]}
    # What is there and what is made up look the same.
    there = (await auth.call("GetChatbot", chatbot_id=other.api_key.chatbot_id)).chatbot
    for caller in (of_account, of_chatbot):
        for account, chatbot, key in (
            (there.account_id, there.id, other.api_key.id),
            ("acct_no", "bot_no", "key_no"),
        ):
            assert await events(auth, caller, account_id=account) == []
            assert await events(auth, caller, chatbot_id=chatbot) == []
            assert await events(auth, caller, api_key_id=key) == []
    assert await events(auth, of_chatbot, chatbot_id=sibling.chatbot.id) == []


async def test_a_filter_that_can_not_be_is_refused(auth: Auth) -> None:
    error = await refusal_of(events(auth, action="key.steal"))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "key.rotate" in (error.details() or "")
    for fields in ({"page_token": "made-up"}, {"page_size": 1001}):
        assert (await refusal_of(events(auth, **fields))).code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_no_event_holds_a_secret(auth: Auth, place: Place) -> None:
    created = await auth.new_key(place["chatbot"])
    rotated = await auth.call("RotateApiKey", api_key_id=created.api_key.id)
    await auth.call("RevokeApiKey", api_key_id=created.api_key.id)
    listed = str(await events(auth))
    for secret in (created.secret, rotated.secret):
        assert not any(secret[start : start + 8] in listed for start in range(len(secret) - 8))
