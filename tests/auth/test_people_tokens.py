"""Members' and operators' tokens, which users get for the account that they are at work in."""

from typing import Any

import grpc
import pytest
from auth_harness import METHODS, NOW, Auth, refusal_of
from chatmount.access.v1.access_pb2 import MemberRole
from people_harness import Person, at, first_owner, joined, new_user

from services.rpc.access import rule_of
from services.trust.principal import Channel, Principal, Role

NOT_FOUND, DENIED = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED


@pytest.fixture
async def account(auth: Auth) -> str:
    return (await auth.new_account()).id


@pytest.fixture
async def ada(auth: Auth, account: str) -> Person:
    """The first owner, an operator."""
    return await first_owner(auth, account)


@pytest.mark.parametrize("role", ["VIEWER", "EDITOR", "OWNER"])
async def test_a_member_gets_a_token_for_their_role_in_an_account(
    auth: Auth, account: str, ada: Person, role: str
) -> None:
    bob = await joined(auth, "bob@example.com", account, role)
    chatbot = (await auth.call("CreateChatbot", account_id=account, name="Helper")).chatbot
    for scope in ({"account_id": account}, {"chatbot_id": chatbot.id}):
        reply = await bob.call("IssueMemberToken", **scope)
        assert (reply.role, reply.account.id) == (MemberRole.Value(f"MEMBER_ROLE_{role}"), account)
        assert reply.chatbot.id == scope.get("chatbot_id", "")
        assert reply.HasField("chatbot") == ("chatbot_id" in scope)
        for service in ("auth", "quota", "retrieval", "chat"):
            principal = auth.signer.verify(reply.token, service)
            assert principal == Principal(
                Role.ROLE_MEMBER,
                account,
                scope.get("chatbot_id", ""),
                plan="plus",
                channel=Channel.PLAYGROUND,
                subject=await bob.user_id(),
                member_role=f"MEMBER_ROLE_{role}",
            )
            assert principal.expires_at == reply.expires_at == int(NOW) + 60


async def test_what_is_foreign_and_what_is_missing_read_the_same(auth: Auth, account: str, ada: Person) -> None:
    bob = await joined(auth, "bob@example.com", account, "OWNER")
    other = await auth.new_chatbot()
    for there, missing in (
        ({"account_id": other.account_id}, {"account_id": "acct_no"}),
        ({"chatbot_id": other.id}, {"chatbot_id": "bot_no"}),
    ):
        errors = [await refusal_of(bob.call("IssueMemberToken", **scope)) for scope in (there, missing)]
        assert {error.code() for error in errors} == {NOT_FOUND}
        assert len({error.details() for error in errors}) == 1
    error = await refusal_of(bob.call("IssueMemberToken"))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_removal_and_another_role_hold_for_the_next_token(auth: Auth, account: str, ada: Person) -> None:
    bob = await joined(auth, "bob@example.com", account, "EDITOR")
    bobs = {"user_id": await bob.user_id()}
    await auth.call("SetMemberRole", at(account), **bobs, role="MEMBER_ROLE_VIEWER")
    assert (await bob.member(account_id=account)).member_role == "MEMBER_ROLE_VIEWER"
    await auth.call("RemoveMember", at(account), **bobs)
    assert (await refusal_of(bob.call("IssueMemberToken", account_id=account))).code() == NOT_FOUND


async def test_an_operator_is_an_owner_everywhere_and_more(auth: Auth, ada: Person) -> None:
    other = await auth.new_chatbot()
    assert (await ada.member(chatbot_id=other.id)).member_role == "MEMBER_ROLE_OWNER"
    reply = await ada.call("IssueOperatorToken")
    principal = auth.signer.verify(reply.token, "quota")
    assert principal == Principal(Role.ROLE_OPERATOR, subject=await ada.user_id())
    assert principal.expires_at == reply.expires_at == int(NOW) + 60
    bob = await new_user(auth, "bob@example.com")
    assert (await refusal_of(bob.call("IssueOperatorToken"))).code() == DENIED


async def test_a_token_that_a_user_still_has_opens_nothing_when_the_session_is_over(auth: Auth, ada: Person) -> None:
    bob = await new_user(auth, "bob@example.com", is_operator=True)
    principal = await bob.principal()
    calls: list[tuple[str, dict[str, Any]]] = [
        ("GetMe", {}),
        ("UpdateMe", {"name": "x"}),
        ("ChangePassword", {"password": "x", "new_password": "long enough for all"}),
        ("ListMyAccounts", {}),
        ("ListMySessions", {}),
        ("EndMySessions", {"others": True}),
        ("IssueMemberToken", {"account_id": "acct_x"}),
        ("IssueOperatorToken", {}),
    ]
    await bob.call("EndMySessions", current=True)
    for method, fields in calls:
        error = await refusal_of(auth.call(method, principal, **fields))
        assert error.code() == grpc.StatusCode.UNAUTHENTICATED
        assert error.details() == "Your session has ended. Please sign in again."


async def test_a_member_without_an_account_is_refused_by_every_method(auth: Auth) -> None:
    """An empty account means every account where operators call."""
    nowhere = Principal(Role.ROLE_MEMBER, member_role="MEMBER_ROLE_OWNER", subject="usr_x")
    await auth.new_chatbot()
    refused = 0
    for name, method in METHODS.items():
        rule = rule_of(f"/{method.containing_service.full_name}/{name}")
        assert rule is not None
        if Role.ROLE_MEMBER in rule.roles:
            assert (await refusal_of(auth.call(name, nowhere))).code() == grpc.StatusCode.UNAUTHENTICATED, name
            refused += 1
    assert refused > 15
