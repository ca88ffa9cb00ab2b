"""Requests that are sent again: what carries a creation_id is made once, a rotation names its secret."""

import asyncio
from typing import Any

import grpc
from auth_harness import Auth, refusal_of
from chatmount.auth.v1 import auth_pb2 as pb

from services.errors import Text, from_rpc_error
from tests.each import for_each

ID, OTHER = "a-creation_id-of-one-request", "a-creation_id-of-another-one"

Replicas = tuple[Auth, Auth]


def told(error: grpc.aio.AioRpcError) -> tuple[str, str]:
    refusal = from_rpc_error(error)
    assert refusal is not None
    return refusal.reason.name, refusal.text


async def told_of(auth: Auth, action: str) -> int:
    """How many events there are of an action."""
    return len((await auth.call("ListAuditEvents", action=action)).events)


async def at_once(replicas: Replicas, method: str, **fields: Any) -> list[Any]:
    """Replies of a request that both replicas get several times."""
    return await asyncio.gather(*(one.call(method, **fields) for one in (*replicas, *replicas, *replicas)))


async def test_an_account_is_made_once(replicas: Replicas) -> None:
    made = await at_once(replicas, "CreateAccount", name="Acme", plan="plus", creation_id=ID)
    assert {reply.account.id for reply in made} == {made[0].account.id}
    again = await replicas[1].call("CreateAccount", name="Acme", plan="plus", creation_id=ID)
    assert again == made[0]
    assert len((await replicas[0].call("ListAccounts")).accounts) == await told_of(replicas[0], "account.create") == 1
    other = await replicas[0].call("CreateAccount", name="Acme", plan="plus", creation_id=OTHER)
    nameless = [await replicas[0].call("CreateAccount", name="Acme", plan="plus") for _ in range(2)]
    assert len({reply.account.id for reply in (*made, other, *nameless)}) == 4


async def test_a_chatbot_is_made_once_and_not_for_two_accounts(replicas: Replicas) -> None:
    auth, stranger = replicas[0], await replicas[0].new_account()
    account = await auth.new_account()
    request = {"account_id": account.id, "name": "Helper", "creation_id": ID}
    made = await at_once(replicas, "CreateChatbot", **request)
    assert {reply.chatbot.id for reply in made} == {made[0].chatbot.id}
    assert await told_of(auth, "chatbot.create") == 1
    # The reply is the chatbot as it is now.
    renamed = (await auth.call("UpdateChatbot", chatbot_id=made[0].chatbot.id, name="Desk")).chatbot
    assert (await auth.call("CreateChatbot", **request)).chatbot == renamed
    for account_id in (stranger.id, (await auth.new_account()).id):
        error = await refusal_of(auth.call("CreateChatbot", **{**request, "account_id": account_id}))
        assert told(error) == ("WRONG_STATE", Text.CREATION_DIFFERS.template)
    assert len((await auth.call("ListChatbots")).chatbots) == 1
    # What is gone does not come back by itself: it is made again.
    await auth.call("DeleteChatbot", chatbot_id=renamed.id)
    assert (await auth.call("CreateChatbot", **request)).chatbot.id != renamed.id


async def test_two_accounts_that_choose_one_id_at_once_get_one_chatbot(replicas: Replicas) -> None:
    accounts = [await replicas[0].new_account() for _ in range(6)]
    done = await asyncio.gather(
        *(
            replicas[number % 2].call("CreateChatbot", account_id=account.id, name="Helper", creation_id=ID)
            for number, account in enumerate(accounts)
        ),
        return_exceptions=True,
    )
    refused = [told(error)[0] for error in done if isinstance(error, grpc.aio.AioRpcError)]
    assert refused == ["WRONG_STATE"] * 5
    assert len((await replicas[0].call("ListChatbots")).chatbots) == 1


async def test_a_key_is_made_once_and_its_secret_is_shown_once(replicas: Replicas) -> None:
    auth, chatbot = replicas[0], await replicas[0].new_chatbot("single")
    request = {"chatbot_id": chatbot.id, "name": "shop", "creation_id": ID}
    made = await at_once(replicas, "CreateApiKey", **request)
    assert {reply.api_key.id for reply in made} == {made[0].api_key.id}
    (secret,) = filter(None, (reply.secret for reply in made))
    assert (await auth.check_key(secret)).HasField("ok_response")
    # Nothing more is made, so that there is room for no more is no reason to refuse.
    again = await auth.call("CreateApiKey", **request)
    assert (again.api_key.id, again.secret) == (made[0].api_key.id, "")
    assert await told_of(auth, "key.create") == 1
    other = await auth.new_chatbot()
    error = await refusal_of(auth.call("CreateApiKey", chatbot_id=other.id, creation_id=ID))
    assert told(error) == ("WRONG_STATE", Text.CREATION_DIFFERS.template)
    assert not (await auth.call("ListApiKeys", chatbot_id=other.id)).api_keys
    # Later changes show, as in any list.
    await auth.call("RevokeApiKey", api_key_id=again.api_key.id)
    assert (await auth.call("CreateApiKey", **request)).api_key.status == pb.API_KEY_STATUS_REVOKED


@for_each("wrong", ["short", "x" * 65, "a creation id of one", "a-creation-id-with-ä", "x" * 16 + "\n"])
async def test_a_creation_id_that_can_be_none_is_refused(auth: Auth, wrong: str) -> None:
    chatbot = await auth.new_chatbot()
    for call in (
        auth.call("CreateAccount", name="Acme", plan="plus", creation_id=wrong),
        auth.call("CreateChatbot", account_id=chatbot.account_id, name="Helper", creation_id=wrong),
        auth.call("CreateApiKey", chatbot_id=chatbot.id, creation_id=wrong),
    ):
        reason, text = told(await refusal_of(call))
        assert reason == "INVALID_FIELD"
        assert "creation_id" in text


async def test_a_rotation_ends_the_secret_that_it_names_and_no_newer_one(replicas: Replicas) -> None:
    auth = replicas[0]
    key = await auth.new_key()
    named = {"api_key_id": key.api_key.id, "last4": key.api_key.last4}
    done = await asyncio.gather(
        *(one.call("RotateApiKey", **named) for one in (*replicas, *replicas)), return_exceptions=True
    )
    (rotated,) = [reply for reply in done if isinstance(reply, pb.RotateApiKeyResponse)]
    last4 = rotated.api_key.last4
    refused = [told(error) for error in done if isinstance(error, grpc.aio.AioRpcError)]
    assert refused == [("WRONG_STATE", Text.KEY_ROTATED.format(last4=last4))] * 3
    assert (await auth.check_key(rotated.secret)).HasField("ok_response")
    assert (await auth.call("RotateApiKey", api_key_id=key.api_key.id, last4=last4)).secret
    # Without a name it ends whichever there is.
    assert (await auth.call("RotateApiKey", api_key_id=key.api_key.id)).secret
