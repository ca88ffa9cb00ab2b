"""Accounts and chatbots over gRPC."""

import asyncio

import grpc
from auth_harness import NOW, OPERATOR, Auth, refusal_of, touching

from services.errors import ChatmountError, from_rpc_error
from tests.each import for_each


def reason_of(error: grpc.aio.AioRpcError) -> str:
    refusal = from_rpc_error(error)
    assert isinstance(refusal, ChatmountError)
    return refusal.reason.name


async def test_an_account_is_created_and_found_again(auth: Auth) -> None:
    account = await auth.new_account("plus", "  Cafe\u0301 ")
    assert account.id.startswith("acct_")
    assert (account.name, account.plan, account.created_at) == ("Caf\u00e9", "plus", int(NOW))
    assert (await auth.call("GetAccount", account_id=account.id)).account == account


@for_each("plan", ["", "gold", "Plus", "plus "])
async def test_an_unknown_plan_is_refused_with_the_known_ones(auth: Auth, plan: str) -> None:
    error = await refusal_of(auth.call("CreateAccount", name="Acme", plan=plan))
    assert reason_of(error) == "INVALID_FIELD"
    assert error.details() == "plan must be one of free, go, plus, enterprise, single."
    account = await auth.new_account()
    error = await refusal_of(auth.call("SetAccountPlan", account_id=account.id, plan=plan))
    assert reason_of(error) == "INVALID_FIELD"


async def test_a_bad_name_is_refused(auth: Auth) -> None:
    account = await auth.new_account()
    for name in ("", " ", "a\nb", "x" * 201):
        for call in (
            auth.call("CreateAccount", name=name, plan="plus"),
            auth.call("CreateChatbot", account_id=account.id, name=name),
        ):
            assert reason_of(await refusal_of(call)) == "INVALID_FIELD"


async def test_a_plan_is_changed(auth: Auth) -> None:
    account = await auth.new_account("free")
    assert (await auth.call("SetAccountPlan", account_id=account.id, plan="enterprise")).account.plan == "enterprise"
    assert (await auth.call("GetAccount", account_id=account.id)).account.plan == "enterprise"


async def test_an_account_goes_when_its_chatbots_are_gone(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    error = await refusal_of(auth.call("DeleteAccount", account_id=chatbot.account_id))
    assert (error.code(), reason_of(error)) == (grpc.StatusCode.FAILED_PRECONDITION, "WRONG_STATE")
    await auth.call("DeleteChatbot", chatbot_id=chatbot.id)
    await auth.call("DeleteAccount", account_id=chatbot.account_id)
    assert reason_of(await refusal_of(auth.call("DeleteAccount", account_id=chatbot.account_id))) == "NOT_FOUND"


async def test_a_chatbot_is_created_switched_and_deleted_with_its_keys(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    assert chatbot.id.startswith("bot_")
    assert (chatbot.name, chatbot.enabled, chatbot.created_at) == ("Helper", True, int(NOW))
    key = (await auth.new_key(chatbot.id)).api_key
    assert not (await auth.call("SetChatbotEnabled", chatbot_id=chatbot.id, enabled=False)).chatbot.enabled
    assert not (await auth.call("GetChatbot", chatbot_id=chatbot.id)).chatbot.enabled
    await auth.call("DeleteChatbot", chatbot_id=chatbot.id)
    for call in (
        auth.call("GetChatbot", chatbot_id=chatbot.id),
        auth.call("DeleteChatbot", chatbot_id=chatbot.id),
        auth.call("ListApiKeys", chatbot_id=chatbot.id),
        auth.call("RotateApiKey", api_key_id=key.id),
    ):
        assert reason_of(await refusal_of(call)) == "NOT_FOUND"


async def test_a_chatbot_is_renamed_and_nothing_else_of_it_changes(auth: Auth) -> None:
    chatbot = await auth.new_chatbot()
    renamed = (await auth.call("UpdateChatbot", chatbot_id=chatbot.id, name=" Help Desk ")).chatbot
    chatbot.name = "Help Desk"
    assert renamed == chatbot == (await auth.call("GetChatbot", chatbot_id=chatbot.id)).chatbot
    # What is not given stays; an empty name is no name.
    assert (await auth.call("UpdateChatbot", chatbot_id=chatbot.id)).chatbot == chatbot
    for name in ("", " ", "a\nb", "x" * 201):
        error = await refusal_of(auth.call("UpdateChatbot", chatbot_id=chatbot.id, name=name))
        assert reason_of(error) == "INVALID_FIELD"


@for_each("wrong", ["acct_unknown", "nonsense", "\x00", "acct_\x00", "acct_" + "x" * 5000, "' OR ''='"])
async def test_an_unknown_id_is_not_found_whatever_it_looks_like(replicas: tuple[Auth, Auth], wrong: str) -> None:
    auth = replicas[0]
    calls = [
        auth.call("SetAccountPlan", account_id=wrong, plan="plus"),
        auth.call("DeleteAccount", account_id=wrong),
        auth.call("ListChatbots", account_id=wrong),
        auth.call("IssueScopedToken", chatbot_id=wrong),
        auth.call("IssueScopedToken", account_id=wrong),
        *touching(auth, OPERATOR, wrong, wrong, wrong),
    ]
    for call in calls:
        error = await refusal_of(call)
        assert error.code() == grpc.StatusCode.NOT_FOUND
        assert wrong not in (error.details() or "")


async def test_a_missing_id_is_named(auth: Auth) -> None:
    error = await refusal_of(auth.call("GetAccount"))
    assert (error.code(), error.details()) == (grpc.StatusCode.INVALID_ARGUMENT, "account_id is required.")
    error = await refusal_of(auth.call("RevokeApiKey"))
    assert error.details() == "api_key_id is required."


async def test_pages_hold_everything_once_though_accounts_come_and_go_between_them(
    replicas: tuple[Auth, Auth],
) -> None:
    auth, other = replicas
    created = [(await auth.new_account(name=f"Account {number}")).id for number in range(11)]
    seen: list[str] = []
    token = ""
    while True:
        page = await auth.call("ListAccounts", page_size=4, page_token=token)
        assert len(page.accounts) <= 4
        seen += [account.id for account in page.accounts]
        token = page.next_page_token
        if not token:
            break
        # The last one seen goes, so that a page which counted rows would skip one; and a new one comes.
        await other.call("DeleteAccount", account_id=seen[-1])
        if len(seen) <= 8:
            created.append((await other.new_account(name="Late")).id)
    assert seen == created


async def test_chatbots_are_listed_by_account_and_all_together(auth: Auth) -> None:
    first, second = await auth.new_account(), await auth.new_account()
    mine, theirs = [], []
    for _ in range(3):
        for account, ids in ((first, mine), (second, theirs)):
            ids.append((await auth.call("CreateChatbot", account_id=account.id, name="Bot")).chatbot.id)

    async def listed(account_id: str) -> list[str]:
        return [chatbot.id for chatbot in (await auth.call("ListChatbots", account_id=account_id)).chatbots]

    assert await listed(first.id) == mine
    assert await listed(second.id) == theirs
    assert await listed("") == [chatbot for pair in zip(mine, theirs, strict=True) for chatbot in pair]


async def test_page_rules_are_told(auth: Auth) -> None:
    for call in (
        auth.call("ListAccounts", page_size=1001),
        auth.call("ListAccounts", page_size=-1),
        auth.call("ListAccounts", page_token="made-up"),
        auth.call("ListChatbots", page_token="made-up"),
    ):
        assert reason_of(await refusal_of(call)) == "INVALID_FIELD"


async def test_no_chatbot_is_left_without_an_account(replicas: tuple[Auth, Auth]) -> None:
    here, there = replicas
    for _ in range(5):
        account = await here.new_account()
        outcomes = await asyncio.gather(
            *(here.call("CreateChatbot", account_id=account.id, name="Bot") for _ in range(3)),
            there.call("DeleteAccount", account_id=account.id),
            return_exceptions=True,
        )
        codes = [error.code() if isinstance(error, grpc.aio.AioRpcError) else grpc.StatusCode.OK for error in outcomes]
        was_deleted = codes[-1] == grpc.StatusCode.OK
        assert codes[-1] in (grpc.StatusCode.OK, grpc.StatusCode.FAILED_PRECONDITION)
        expected = grpc.StatusCode.NOT_FOUND if was_deleted else grpc.StatusCode.OK
        assert set(codes[:-1]) == {expected}
