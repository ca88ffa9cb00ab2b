"""Scoped operator tokens: how they are issued, and that they never reach beyond their scope."""

from dataclasses import dataclass, replace
from typing import Any

import grpc
import pytest
from auth_harness import NOW, OPERATOR, Auth, refusal_of, touching
from chatmount.auth.v1 import auth_pb2 as pb

from services.trust.principal import Principal, Role
from services.trust.principal_tokens import CLOCK_SKEW_SECONDS

NOT_FOUND, DENIED = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED


@dataclass
class Tenants:
    """Two accounts; the first has two chatbots. Each chatbot has a key."""

    account: str
    chatbot: str
    sibling: str
    other_account: str
    other_chatbot: str
    key: str
    sibling_key: str
    other_key: str


@pytest.fixture
async def tenants(auth: Auth) -> Tenants:
    first = await auth.new_chatbot()
    sibling = (await auth.call("CreateChatbot", account_id=first.account_id, name="Sibling")).chatbot
    other = await auth.new_chatbot()
    keys = [(await auth.new_key(chatbot.id)).api_key.id for chatbot in (first, sibling, other)]
    return Tenants(first.account_id, first.id, sibling.id, other.account_id, other.id, *keys)


async def issue(auth: Auth, caller: Principal = OPERATOR, **scope: str) -> pb.IssueScopedTokenResponse:
    return await auth.call("IssueScopedToken", caller, **scope)


def of_account(tenants: Tenants) -> Principal:
    return Principal(Role.ROLE_OPERATOR, tenants.account, plan="plus")


def of_chatbot(tenants: Tenants) -> Principal:
    return Principal(Role.ROLE_OPERATOR, tenants.account, tenants.chatbot, plan="plus")


@pytest.mark.parametrize("scoped", [of_account, of_chatbot])
async def test_a_token_is_scoped_and_says_who_asked_for_it(auth: Auth, tenants: Tenants, scoped: Any) -> None:
    expected = replace(scoped(tenants), subject="ada@laptop")
    field = "chatbot_id" if expected.chatbot_id else "account_id"
    caller = Principal(Role.ROLE_OPERATOR, subject="ada@laptop")
    reply = await issue(auth, caller, **{field: getattr(expected, field)})
    principal = auth.signer.verify(reply.token, "auth")
    assert principal == expected
    assert reply.expires_at == principal.expires_at == int(NOW) + 300


async def test_a_request_without_a_scope_is_refused(auth: Auth) -> None:
    error = await refusal_of(issue(auth))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_scoped_token_gets_tokens_within_its_scope_only(auth: Auth, tenants: Tenants) -> None:
    for chatbot_id in (tenants.chatbot, tenants.sibling):
        assert (await issue(auth, of_account(tenants), chatbot_id=chatbot_id)).token
    assert (await issue(auth, of_account(tenants), account_id=tenants.account)).token
    assert (await issue(auth, of_chatbot(tenants), chatbot_id=tenants.chatbot)).token
    for caller, scope in (
        (of_account(tenants), {"chatbot_id": tenants.other_chatbot}),
        (of_account(tenants), {"account_id": tenants.other_account}),
        (of_chatbot(tenants), {"chatbot_id": tenants.sibling}),
        (of_chatbot(tenants), {"chatbot_id": tenants.other_chatbot}),
        (of_chatbot(tenants), {"account_id": tenants.account}),
        (of_chatbot(tenants), {"account_id": tenants.other_account}),
    ):
        assert (await refusal_of(issue(auth, caller, **scope))).code() == NOT_FOUND


async def test_a_token_got_for_a_scoped_token_does_not_outlive_it(auth: Auth, tenants: Tenants) -> None:
    first = await issue(auth, chatbot_id=tenants.chatbot)
    auth.clock.now = NOW + 200
    second = await auth.call_with(first.token, "IssueScopedToken", chatbot_id=tenants.chatbot)
    assert second.expires_at == first.expires_at
    assert auth.signer.verify(second.token, "auth").expires_at == first.expires_at
    auth.clock.now = first.expires_at + CLOCK_SKEW_SECONDS + 1
    call = auth.call_with(second.token, "IssueScopedToken", chatbot_id=tenants.chatbot)
    assert (await refusal_of(call)).code() == grpc.StatusCode.UNAUTHENTICATED


async def test_a_scoped_token_changes_nothing_that_accounts_pay_for(auth: Auth, tenants: Tenants) -> None:
    for caller in (of_account(tenants), of_chatbot(tenants)):
        for call in (
            auth.call("CreateAccount", caller, name="Mine", plan="enterprise"),
            auth.call("SetAccountPlan", caller, account_id=tenants.account, plan="enterprise"),
            auth.call("DeleteAccount", caller, account_id=tenants.account),
        ):
            assert (await refusal_of(call)).code() == DENIED
    account = await auth.call("GetAccount", account_id=tenants.account)
    assert account.account.plan == "plus"


async def test_an_accounts_token_sees_and_changes_its_own_chatbots(auth: Auth, tenants: Tenants) -> None:
    caller = of_account(tenants)
    assert (await auth.call("GetAccount", caller, account_id=tenants.account)).account.id == tenants.account
    listed = await auth.call("ListAccounts", caller)
    assert [account.id for account in listed.accounts] == [tenants.account]
    for account_id in ("", tenants.account):
        found = await auth.call("ListChatbots", caller, account_id=account_id)
        assert [chatbot.id for chatbot in found.chatbots] == [tenants.chatbot, tenants.sibling]
    made = await auth.call("CreateChatbot", caller, account_id=tenants.account, name="New")
    await auth.call("DeleteChatbot", caller, chatbot_id=made.chatbot.id)
    await auth.call("RotateApiKey", caller, api_key_id=tenants.sibling_key)


async def test_a_chatbots_token_sees_and_changes_its_own_keys(auth: Auth, tenants: Tenants) -> None:
    caller = of_chatbot(tenants)
    for account_id in ("", tenants.account):
        found = await auth.call("ListChatbots", caller, account_id=account_id)
        assert [chatbot.id for chatbot in found.chatbots] == [tenants.chatbot]
    assert not (await auth.call("ListAccounts", caller)).accounts
    await auth.call("GetChatbot", caller, chatbot_id=tenants.chatbot)
    made = await auth.call("CreateApiKey", caller, chatbot_id=tenants.chatbot)
    assert len((await auth.call("ListApiKeys", caller, chatbot_id=tenants.chatbot)).api_keys) == 2
    await auth.call("SetApiKeyAllowlist", caller, api_key_id=made.api_key.id, allowlist=["::1"])
    await auth.call("RotateApiKey", caller, api_key_id=made.api_key.id)
    await auth.call("RevokeApiKey", caller, api_key_id=made.api_key.id)


async def test_what_lies_beyond_a_scope_is_answered_like_what_does_not_exist(auth: Auth, tenants: Tenants) -> None:
    there = (tenants.other_account, tenants.other_chatbot, tenants.other_key)
    sibling = (tenants.account, tenants.sibling, tenants.sibling_key)
    nowhere = ("acct_no", "bot_no", "key_no")
    answers = []
    for caller, target in (
        (of_account(tenants), there),
        (of_account(tenants), nowhere),
        (of_chatbot(tenants), there),
        (of_chatbot(tenants), sibling),
        (of_chatbot(tenants), nowhere),
    ):
        errors = [await refusal_of(call) for call in touching(auth, caller, *target)]
        answers.append([(error.code(), error.details()) for error in errors])
    assert all(answer == answers[0] for answer in answers)
    assert {code for code, _ in answers[0]} == {NOT_FOUND}
    for caller in (of_account(tenants), of_chatbot(tenants)):
        call = auth.call("ListChatbots", caller, account_id=tenants.other_account)
        assert (await refusal_of(call)).code() == NOT_FOUND
    # Nothing was touched.
    for chatbot, key in ((tenants.other_chatbot, tenants.other_key), (tenants.sibling, tenants.sibling_key)):
        assert (await auth.call("GetChatbot", chatbot_id=chatbot)).chatbot.enabled
        (found,) = (await auth.call("ListApiKeys", chatbot_id=chatbot)).api_keys
        assert (found.id, found.status, list(found.allowlist)) == (key, pb.API_KEY_STATUS_ACTIVE, [])
