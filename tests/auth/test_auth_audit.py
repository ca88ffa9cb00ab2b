"""The audit log over gRPC: every change leaves an event, and whoever may see it sees no more."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from auth_harness import NOW, Auth, refusal_of
from chatmount.auth.v1 import auth_pb2 as pb
from google.protobuf.json_format import MessageToDict
from sqlalchemy import create_engine, text

from services.auth.records import Action
from services.observe.telemetry import REQUEST_ID_HEADER
from services.trust.principal import Principal, Role
from tests.pages import rows, text_of

ADA = Principal(Role.ROLE_OPERATOR, subject="ada@laptop")
METHODS = {method.name for service in pb.DESCRIPTOR.services_by_name.values() for method in service.methods}
# These change nothing.
LOOKING = {
    "GetAccount",
    "ListAccounts",
    "GetChatbot",
    "ListChatbots",
    "ListApiKeys",
    "IssueScopedToken",
    "ListAuditEvents",
}


@dataclass(frozen=True)
class Place:
    """What there is to change."""

    account: str
    chatbot: str
    key: pb.ApiKey


@pytest.fixture
async def place(auth: Auth) -> Place:
    chatbot = await auth.new_chatbot()
    return Place(chatbot.account_id, chatbot.id, (await auth.new_key(chatbot.id, name="shop")).api_key)


async def events(auth: Auth, caller: Principal = ADA, **fields: Any) -> list[pb.AuditEvent]:
    return list((await auth.audit(caller).ListAuditEvents(pb.ListAuditEventsRequest(**fields))).events)


def told(event: pb.AuditEvent) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """The action, the ids and the details."""
    ids = tuple(part for part in (event.account_id, event.chatbot_id, event.api_key_id) if part)
    return event.action, ids, MessageToDict(event.details)


async def create_account(auth: Auth, place: Place) -> Any:
    made = await auth.accounts(ADA).CreateAccount(pb.CreateAccountRequest(name=" New ", plan="go"))
    return "account.create", (made.account.id,), {"name": "New", "plan": "go"}


async def set_plan(auth: Auth, place: Place) -> Any:
    await auth.accounts(ADA).SetAccountPlan(pb.SetAccountPlanRequest(account_id=place.account, plan="enterprise"))
    return "account.set-plan", (place.account,), {"plan": "enterprise", "plan_before": "plus"}


async def delete_account(auth: Auth, place: Place) -> Any:
    empty = await auth.new_account("free", "Empty")
    await auth.accounts(ADA).DeleteAccount(pb.DeleteAccountRequest(account_id=empty.id))
    return "account.delete", (empty.id,), {"name": "Empty", "plan": "free"}


async def create_chatbot(auth: Auth, place: Place) -> Any:
    request = pb.CreateChatbotRequest(account_id=place.account, name="Second")
    made = await auth.chatbots(ADA).CreateChatbot(request)
    return "chatbot.create", (place.account, made.chatbot.id), {"name": "Second"}


async def disable(auth: Auth, place: Place) -> Any:
    await auth.chatbots(ADA).SetChatbotEnabled(pb.SetChatbotEnabledRequest(chatbot_id=place.chatbot))
    return "chatbot.disable", (place.account, place.chatbot), {}


async def enable(auth: Auth, place: Place) -> Any:
    await disable(auth, place)
    await auth.chatbots(ADA).SetChatbotEnabled(pb.SetChatbotEnabledRequest(chatbot_id=place.chatbot, enabled=True))
    return "chatbot.enable", (place.account, place.chatbot), {}


async def delete_chatbot(auth: Auth, place: Place) -> Any:
    await auth.chatbots(ADA).DeleteChatbot(pb.DeleteChatbotRequest(chatbot_id=place.chatbot))
    return "chatbot.delete", (place.account, place.chatbot), {"name": "Helper"}


async def create_key(auth: Auth, place: Place) -> Any:
    request = pb.CreateApiKeyRequest(
        chatbot_id=place.chatbot, name="new", allowlist=["10.0.0.0/8"], expires_at=1_900_000_000
    )
    made = (await auth.keys(ADA).CreateApiKey(request)).api_key
    expected = {"name": "new", "last4": made.last4, "allowlist": ["10.0.0.0/8"], "expires_at": "2030-03-17T17:46:40Z"}
    return "key.create", (place.account, place.chatbot, made.id), expected


async def rotate(auth: Auth, place: Place) -> Any:
    made = (await auth.keys(ADA).RotateApiKey(pb.RotateApiKeyRequest(api_key_id=place.key.id))).api_key
    expected = {"last4": made.last4, "last4_before": place.key.last4}
    return "key.rotate", (place.account, place.chatbot, place.key.id), expected


async def revoke(auth: Auth, place: Place) -> Any:
    await auth.keys(ADA).RevokeApiKey(pb.RevokeApiKeyRequest(api_key_id=place.key.id))
    return "key.revoke", (place.account, place.chatbot, place.key.id), {"last4": place.key.last4}


async def allow(auth: Auth, place: Place) -> Any:
    await auth.keys(ADA).SetApiKeyAllowlist(
        pb.SetApiKeyAllowlistRequest(api_key_id=place.key.id, allowlist=["::1", "10.0.0.1"])
    )
    expected = {"allowlist": ["::1", "10.0.0.1"], "allowlist_before": []}
    return "key.allow", (place.account, place.chatbot, place.key.id), expected


Change = Callable[[Auth, Place], Awaitable[Any]]
CHANGES: list[tuple[str, Change]] = [
    ("CreateAccount", create_account),
    ("SetAccountPlan", set_plan),
    ("DeleteAccount", delete_account),
    ("CreateChatbot", create_chatbot),
    ("SetChatbotEnabled", disable),
    ("SetChatbotEnabled", enable),
    ("DeleteChatbot", delete_chatbot),
    ("CreateApiKey", create_key),
    ("RotateApiKey", rotate),
    ("RevokeApiKey", revoke),
    ("SetApiKeyAllowlist", allow),
]


def test_every_method_is_known_to_change_something_or_nothing() -> None:
    assert {name for name, _ in CHANGES} | LOOKING == METHODS
    assert not {name for name, _ in CHANGES} & LOOKING


def test_every_action_is_documented_and_no_other() -> None:
    documented = [word.strip("`") for row in rows(text_of("docs/keys.md")) for word in row[0].split(", ")]
    assert sorted(word for word in documented if "." in word) == sorted(Action)


@pytest.mark.parametrize("change", [change for _, change in CHANGES], ids=lambda change: change.__name__)
async def test_a_change_leaves_an_event_that_tells_it(auth: Auth, place: Place, change: Change) -> None:
    auth.clock.now = NOW + 60
    expected = await change(auth, place)
    newest = (await events(auth))[0]
    assert told(newest) == expected
    assert (newest.actor, newest.created_at_ms) == ("ada@laptop", int((NOW + 60) * 1000))
    assert newest.id.startswith("evt_")
    assert next(event.id for event in await events(auth, action=newest.action)) == newest.id


async def test_what_changes_nothing_leaves_no_event(auth: Auth, place: Place) -> None:
    await revoke(auth, place)
    before = await events(auth)
    await auth.keys(ADA).RevokeApiKey(pb.RevokeApiKeyRequest(api_key_id=place.key.id))
    await auth.keys(ADA).SetApiKeyAllowlist(pb.SetApiKeyAllowlistRequest(api_key_id=place.key.id))
    await auth.chatbots(ADA).SetChatbotEnabled(pb.SetChatbotEnabledRequest(chatbot_id=place.chatbot, enabled=True))
    await auth.accounts(ADA).SetAccountPlan(pb.SetAccountPlanRequest(account_id=place.account, plan="plus"))
    await refusal_of(auth.keys(ADA).RotateApiKey(pb.RotateApiKeyRequest(api_key_id=place.key.id)))
    await refusal_of(auth.accounts(ADA).DeleteAccount(pb.DeleteAccountRequest(account_id=place.account)))
    await auth.tokens(ADA).IssueScopedToken(pb.IssueScopedTokenRequest(chatbot_id=place.chatbot))
    await auth.check_key("cm_live_nothing")
    assert await events(auth) == before


async def test_a_change_that_can_not_be_told_is_not_made(auth: Auth, tmp_path: Path) -> None:
    created = await auth.new_key()
    engine = create_engine(f"sqlite:///{tmp_path / 'auth.db'}", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ALTER TABLE audit_events RENAME TO elsewhere"))
    engine.dispose()
    request = pb.RevokeApiKeyRequest(api_key_id=created.api_key.id)
    assert (await refusal_of(auth.keys().RevokeApiKey(request))).code() != grpc.StatusCode.OK
    assert (await auth.check_key(created.secret)).status.code == 0


async def test_keys_that_go_with_their_chatbot_have_an_end_of_their_own(auth: Auth, place: Place) -> None:
    dead = (await auth.new_key(place.chatbot)).api_key
    await auth.keys().RevokeApiKey(pb.RevokeApiKeyRequest(api_key_id=dead.id))
    await delete_chatbot(auth, place)
    assert [event.action for event in await events(auth, api_key_id=place.key.id)] == ["key.delete", "key.create"]
    assert [event.action for event in await events(auth, api_key_id=dead.id)] == ["key.revoke", "key.create"]


async def test_events_outlive_what_they_tell_of(auth: Auth, place: Place) -> None:
    await delete_chatbot(auth, place)
    await auth.accounts(ADA).DeleteAccount(pb.DeleteAccountRequest(account_id=place.account))
    actions = [event.action for event in await events(auth, account_id=place.account)]
    assert actions == [
        "account.delete", "chatbot.delete", "key.delete", "key.create", "chatbot.create", "account.create",
    ]  # fmt: skip


async def test_an_event_names_the_request_and_the_operator_whose_scoped_token_it_was(auth: Auth, place: Place) -> None:
    request = pb.IssueScopedTokenRequest(chatbot_id=place.chatbot)
    token = (await auth.tokens(ADA).IssueScopedToken(request)).token
    async with grpc.aio.insecure_channel(auth.address) as channel:
        call: Any = channel.unary_unary("/chatmount.auth.v1.ApiKeyService/RevokeApiKey")
        metadata = (("authorization", f"Bearer {token}"), (REQUEST_ID_HEADER, "r" * 300))
        await call(pb.RevokeApiKeyRequest(api_key_id=place.key.id).SerializeToString(), metadata=metadata)
    newest, before, *_ = await events(auth, api_key_id=place.key.id)
    assert (newest.actor, newest.request_id) == ("ada@laptop", "r" * 200)
    # The harness's own operator has no name, and its calls no id.
    assert (before.actor, before.request_id) == ("", "")


async def test_a_scoped_token_sees_the_events_of_its_scope_only(auth: Auth, place: Place) -> None:
    other = await auth.new_key()
    sibling = await auth.chatbots().CreateChatbot(pb.CreateChatbotRequest(account_id=place.account, name="Sibling"))
    of_account = Principal(Role.ROLE_OPERATOR, place.account)
    of_chatbot = Principal(Role.ROLE_OPERATOR, place.account, place.chatbot)
    seen = {event.account_id for event in await events(auth, of_account)}
    assert seen == {place.account}
    assert sibling.chatbot.id in {event.chatbot_id for event in await events(auth, of_account)}
    seen = {event.chatbot_id for event in await events(auth, of_chatbot)}
    assert seen == {place.chatbot}
    # What is there and what is made up look the same.
    there = (await auth.chatbots().GetChatbot(pb.GetChatbotRequest(chatbot_id=other.api_key.chatbot_id))).chatbot
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
    created = await auth.new_key(place.chatbot)
    rotated = await auth.keys().RotateApiKey(pb.RotateApiKeyRequest(api_key_id=created.api_key.id))
    await auth.keys().RevokeApiKey(pb.RevokeApiKeyRequest(api_key_id=created.api_key.id))
    listed = str(await events(auth))
    for secret in (created.secret, rotated.secret):
        assert not any(secret[start : start + 8] in listed for start in range(len(secret) - 8))
