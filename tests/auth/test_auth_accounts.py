"""Accounts and chatbots over gRPC."""

import asyncio
from typing import Any

import grpc
import pytest
from auth_harness import NOW, Auth, refusal_of
from chatmount.auth.v1 import auth_pb2 as pb

from services.errors import ChatmountError, from_rpc_error


def reason_of(error: grpc.aio.AioRpcError) -> str:
    refusal = from_rpc_error(error)
    assert isinstance(refusal, ChatmountError)
    return refusal.reason.name


async def test_an_account_is_created_and_found_again(auth: Auth) -> None:
    account = await auth.new_account("plus", "  Cafe\u0301 ")
    assert account.id.startswith("acct_")
    assert (account.name, account.plan, account.created_at) == ("Caf\u00e9", "plus", int(NOW))
    assert (await auth.accounts().GetAccount(pb.GetAccountRequest(account_id=account.id))).account == account


@pytest.mark.parametrize("plan", ["", "gold", "Plus", "plus "])
async def test_an_unknown_plan_is_refused_with_the_known_ones(auth: Auth, plan: str) -> None:
    error = await refusal_of(auth.accounts().CreateAccount(pb.CreateAccountRequest(name="Acme", plan=plan)))
    assert reason_of(error) == "INVALID_FIELD"
    assert error.details() == "plan must be one of free, go, plus, enterprise, single."
    account = await auth.new_account()
    error = await refusal_of(auth.accounts().SetAccountPlan(pb.SetAccountPlanRequest(account_id=account.id, plan=plan)))
    assert reason_of(error) == "INVALID_FIELD"


async def test_a_bad_name_is_refused(auth: Auth) -> None:
    account = await auth.new_account()
    for name in ("", " ", "a\nb", "x" * 201):
        for call in (
            auth.accounts().CreateAccount(pb.CreateAccountRequest(name=name, plan="plus")),
            auth.chatbots().CreateChatbot(pb.CreateChatbotRequest(account_id=account.id, name=name)),
        ):
            assert reason_of(await refusal_of(call)) == "INVALID_FIELD"


async def test_a_plan_is_changed(auth: Auth) -> None:
    account = await auth.new_account("free")
    request = pb.SetAccountPlanRequest(account_id=account.id, plan="enterprise")
    assert (await auth.accounts().SetAccountPlan(request)).account.plan == "enterprise"
    assert (await auth.accounts().GetAccount(pb.GetAccountRequest(account_id=account.id))).account.plan == "enterprise"


async def test_an_account_goes_when_its_chatbots_are_gone(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    request = pb.DeleteAccountRequest(account_id=chatbot.account_id)
    error = await refusal_of(auth.accounts().DeleteAccount(request))
    assert (error.code(), reason_of(error)) == (grpc.StatusCode.FAILED_PRECONDITION, "WRONG_STATE")
    await auth.chatbots().DeleteChatbot(pb.DeleteChatbotRequest(chatbot_id=chatbot.id))
    await auth.accounts().DeleteAccount(request)
    assert reason_of(await refusal_of(auth.accounts().DeleteAccount(request))) == "NOT_FOUND"


async def test_a_chatbot_is_created_switched_and_deleted_with_its_keys(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    assert chatbot.id.startswith("bot_")
    assert (chatbot.name, chatbot.enabled, chatbot.created_at) == ("Helper", True, int(NOW))
    key = (await auth.new_key(chatbot.id)).api_key
    request = pb.SetChatbotEnabledRequest(chatbot_id=chatbot.id, enabled=False)
    assert not (await auth.chatbots().SetChatbotEnabled(request)).chatbot.enabled
    assert not (await auth.chatbots().GetChatbot(pb.GetChatbotRequest(chatbot_id=chatbot.id))).chatbot.enabled
    await auth.chatbots().DeleteChatbot(pb.DeleteChatbotRequest(chatbot_id=chatbot.id))
    for call in (
        auth.chatbots().GetChatbot(pb.GetChatbotRequest(chatbot_id=chatbot.id)),
        auth.chatbots().DeleteChatbot(pb.DeleteChatbotRequest(chatbot_id=chatbot.id)),
        auth.keys().ListApiKeys(pb.ListApiKeysRequest(chatbot_id=chatbot.id)),
        auth.keys().RotateApiKey(pb.RotateApiKeyRequest(api_key_id=key.id)),
    ):
        assert reason_of(await refusal_of(call)) == "NOT_FOUND"


@pytest.mark.parametrize("wrong", ["acct_unknown", "nonsense", "\x00", "acct_\x00", "acct_" + "x" * 5000, "' OR ''='"])
async def test_an_unknown_id_is_not_found_whatever_it_looks_like(replicas: tuple[Auth, Auth], wrong: str) -> None:
    auth = replicas[0]
    calls: list[Any] = [
        auth.accounts().GetAccount(pb.GetAccountRequest(account_id=wrong)),
        auth.accounts().SetAccountPlan(pb.SetAccountPlanRequest(account_id=wrong, plan="plus")),
        auth.accounts().DeleteAccount(pb.DeleteAccountRequest(account_id=wrong)),
        auth.chatbots().CreateChatbot(pb.CreateChatbotRequest(account_id=wrong, name="x")),
        auth.chatbots().ListChatbots(pb.ListChatbotsRequest(account_id=wrong)),
        auth.chatbots().GetChatbot(pb.GetChatbotRequest(chatbot_id=wrong)),
        auth.chatbots().SetChatbotEnabled(pb.SetChatbotEnabledRequest(chatbot_id=wrong)),
        auth.chatbots().DeleteChatbot(pb.DeleteChatbotRequest(chatbot_id=wrong)),
        auth.keys().CreateApiKey(pb.CreateApiKeyRequest(chatbot_id=wrong)),
        auth.keys().ListApiKeys(pb.ListApiKeysRequest(chatbot_id=wrong)),
        auth.keys().RotateApiKey(pb.RotateApiKeyRequest(api_key_id=wrong)),
        auth.keys().RevokeApiKey(pb.RevokeApiKeyRequest(api_key_id=wrong)),
        auth.keys().SetApiKeyAllowlist(pb.SetApiKeyAllowlistRequest(api_key_id=wrong)),
        auth.tokens().IssueScopedToken(pb.IssueScopedTokenRequest(chatbot_id=wrong)),
        auth.tokens().IssueScopedToken(pb.IssueScopedTokenRequest(account_id=wrong)),
    ]
    for call in calls:
        error = await refusal_of(call)
        assert error.code() == grpc.StatusCode.NOT_FOUND
        assert wrong not in (error.details() or "")


async def test_a_missing_id_is_named(auth: Auth) -> None:
    error = await refusal_of(auth.accounts().GetAccount(pb.GetAccountRequest()))
    assert (error.code(), error.details()) == (grpc.StatusCode.INVALID_ARGUMENT, "account_id is required.")
    error = await refusal_of(auth.keys().RevokeApiKey(pb.RevokeApiKeyRequest()))
    assert error.details() == "api_key_id is required."


async def test_pages_hold_everything_once_though_accounts_come_and_go_between_them(
    replicas: tuple[Auth, Auth],
) -> None:
    auth, other = replicas
    created = [(await auth.new_account(name=f"Account {number}")).id for number in range(11)]
    seen: list[str] = []
    token = ""
    while True:
        page = await auth.accounts().ListAccounts(pb.ListAccountsRequest(page_size=4, page_token=token))
        assert len(page.accounts) <= 4
        seen += [account.id for account in page.accounts]
        token = page.next_page_token
        if not token:
            break
        # The last one seen goes, so that a page which counted rows would skip one; and a new one comes.
        await other.accounts().DeleteAccount(pb.DeleteAccountRequest(account_id=seen[-1]))
        if len(seen) <= 8:
            created.append((await other.new_account(name="Late")).id)
    assert seen == created


async def test_a_last_page_that_is_just_full_has_no_token(auth: Auth) -> None:
    for _ in range(4):
        await auth.new_account()
    page = await auth.accounts().ListAccounts(pb.ListAccountsRequest(page_size=4))
    assert len(page.accounts) == 4
    assert page.next_page_token == ""
    assert not (await auth.chatbots().ListChatbots(pb.ListChatbotsRequest())).chatbots


async def test_chatbots_are_listed_by_account_and_all_together(auth: Auth) -> None:
    first, second = await auth.new_account(), await auth.new_account()
    mine, theirs = [], []
    for _ in range(3):
        for account, ids in ((first, mine), (second, theirs)):
            request = pb.CreateChatbotRequest(account_id=account.id, name="Bot")
            ids.append((await auth.chatbots().CreateChatbot(request)).chatbot.id)

    async def listed(account_id: str) -> list[str]:
        ids, token = [], ""
        while True:
            request = pb.ListChatbotsRequest(account_id=account_id, page_size=2, page_token=token)
            page = await auth.chatbots().ListChatbots(request)
            ids += [chatbot.id for chatbot in page.chatbots]
            token = page.next_page_token
            if not token:
                return ids

    assert await listed(first.id) == mine
    assert await listed(second.id) == theirs
    assert await listed("") == [chatbot for pair in zip(mine, theirs, strict=True) for chatbot in pair]


async def test_page_rules_are_told(auth: Auth) -> None:
    for call in (
        auth.accounts().ListAccounts(pb.ListAccountsRequest(page_size=1001)),
        auth.accounts().ListAccounts(pb.ListAccountsRequest(page_size=-1)),
        auth.accounts().ListAccounts(pb.ListAccountsRequest(page_token="made-up")),
        auth.chatbots().ListChatbots(pb.ListChatbotsRequest(page_token="made-up")),
    ):
        assert reason_of(await refusal_of(call)) == "INVALID_FIELD"


async def test_no_chatbot_is_left_without_an_account(replicas: tuple[Auth, Auth]) -> None:
    here, there = replicas
    for _ in range(5):
        account = await here.new_account()
        request = pb.CreateChatbotRequest(account_id=account.id, name="Bot")
        outcomes = await asyncio.gather(
            *(here.chatbots().CreateChatbot(request) for _ in range(3)),
            there.accounts().DeleteAccount(pb.DeleteAccountRequest(account_id=account.id)),
            return_exceptions=True,
        )
        codes = [error.code() if isinstance(error, grpc.aio.AioRpcError) else grpc.StatusCode.OK for error in outcomes]
        was_deleted = codes[-1] == grpc.StatusCode.OK
        assert codes[-1] in (grpc.StatusCode.OK, grpc.StatusCode.FAILED_PRECONDITION)
        expected = grpc.StatusCode.NOT_FOUND if was_deleted else grpc.StatusCode.OK
        assert set(codes[:-1]) == {expected}
