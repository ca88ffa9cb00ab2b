"""What people do, in the audit log."""

from typing import Any

import pytest
from auth_harness import METHODS, Auth, refusal_of
from chatmount.auth.v1 import auth_pb2 as pb
from chatmount.auth.v1 import people_pb2
from google.protobuf.json_format import MessageToDict
from people_harness import ANOTHER, CLIENT, PASSWORD, WEB, Person, at, first_owner, joined, new_user, sign_in, use_link

from services.auth.records import Action

Told = tuple[str, str, str, dict[str, Any]]


@pytest.fixture
async def account(auth: Auth) -> str:
    return (await auth.new_account()).id


async def told(auth: Auth, number: int, caller: Any = None) -> list[pb.AuditEvent]:
    """The newest events, oldest first."""
    listed = await auth.call("ListAuditEvents", *([caller] if caller else []), page_size=number)
    return list(listed.events)[::-1]


def in_short(event: pb.AuditEvent) -> tuple[str, str, str, dict[str, Any]]:
    return event.action, event.actor_email or event.actor, event.user_id, MessageToDict(event.details)


async def test_the_first_owner_makes_themselves(auth: Auth, account: str) -> None:
    ada = await first_owner(auth, account)
    own = await ada.user_id()
    events = await told(auth, 4)
    assert [in_short(event) for event in events] == [
        ("user.link", "", "", {}),
        ("user.create", "ada@example.com", own, {"email": "ada@example.com", "name": "Ada", "is_operator": "true"}),
        ("member.add", "ada@example.com", own, {"email": "ada@example.com", "role": "owner"}),
        ("user.sign-in", "ada@example.com", own, {"address": "203.0.113.7"}),
    ]
    assert [event.account_id for event in events] == [account, "", account, ""]
    assert {event.actor for event in events[1:]} == {own}


async def test_what_an_owner_does_to_others_names_both(auth: Auth, account: str) -> None:
    ada = await first_owner(auth, account)
    bob = await joined(auth, "bob@example.com", account, "VIEWER")
    owner, bobs = await ada.member(account_id=account), await bob.user_id()
    await auth.call("SetMemberRole", owner, user_id=bobs, role=2)
    await auth.call("SetMemberRole", owner, user_id=bobs, role=2)
    await auth.call("RemoveMember", owner, user_id=bobs)
    made = await auth.call("CreateInvitation", owner, email="eve@example.com", role=1)
    await auth.call("WithdrawInvitation", owner, invitation_id=made.invitation.id)
    await auth.call("WithdrawInvitation", owner, invitation_id=made.invitation.id)
    invitation = {"email": "eve@example.com", "role": "viewer"}
    roles = {"role": "editor", "role_before": "viewer"}
    assert [in_short(event) for event in await told(auth, 4, owner)] == [
        ("member.set-role", "ada@example.com", bobs, {"email": "bob@example.com", **roles}),
        ("member.remove", "ada@example.com", bobs, {"email": "bob@example.com", "role": "editor"}),
        ("invitation.create", "ada@example.com", "", invitation),
        ("invitation.withdraw", "ada@example.com", "", invitation),
    ]
    assert {(event.actor, event.account_id) for event in await told(auth, 4, owner)} == {(await ada.user_id(), account)}


async def test_who_accepts_an_invitation_does_it_themselves(auth: Auth, account: str) -> None:
    made = await auth.call("CreateInvitation", at(account), email="eve@example.com", role=1)
    fields = {"secret": made.secret, "name": "Eve", "password": PASSWORD, "client": CLIENT}
    await auth.call("AcceptInvitation", WEB, **fields)
    events = await told(auth, 4)
    assert [event.action for event in events] == ["user.create", "invitation.accept", "member.add", "user.sign-in"]
    assert {event.actor_email for event in events} == {"eve@example.com"}


async def test_what_operators_and_people_do_to_a_user(auth: Auth) -> None:
    bob = await new_user(auth, "bob@example.com")
    bobs = await bob.user_id()
    await bob.call("UpdateMe", name="Robert")
    await bob.call("UpdateMe", name="Robert")
    await bob.call("ChangePassword", password=PASSWORD, new_password=ANOTHER)
    await sign_in(auth, "bob@example.com", ANOTHER)
    await bob.call("EndMySessions", others=True)
    await bob.call("EndMySessions", others=True)
    await auth.call("SetUserEnabled", user_id=bobs, enabled=False)
    await auth.call("SetUserEnabled", user_id=bobs, enabled=True)
    link = (await auth.call("CreateSignInLink", user_id=bobs)).secret
    await use_link(auth, link, "bob@example.com")
    assert [in_short(event) for event in await told(auth, 9)] == [
        ("user.rename", "bob@example.com", bobs, {"name": "Robert", "name_before": "bob"}),
        ("user.password", "bob@example.com", bobs, {}),
        ("user.sign-in", "bob@example.com", bobs, {"address": "203.0.113.7"}),
        ("user.sign-out", "bob@example.com", bobs, {"sessions": "1"}),
        ("user.disable", "", bobs, {}),
        ("user.enable", "", bobs, {}),
        ("user.link", "", bobs, {}),
        ("user.password", "bob@example.com", bobs, {}),
        ("user.sign-in", "bob@example.com", bobs, {"address": "203.0.113.7"}),
    ]


async def test_what_is_refused_leaves_no_event(auth: Auth, account: str) -> None:
    ada = await first_owner(auth, account)
    before = await told(auth, 100)
    await refusal_of(sign_in(auth, "ada@example.com", ANOTHER))
    await refusal_of(ada.call("ChangePassword", password=ANOTHER, new_password=ANOTHER))
    await refusal_of(auth.call("RemoveMember", at(account), user_id=await ada.user_id()))
    await refusal_of(auth.call("SetUserEnabled", user_id=await ada.user_id(), enabled=False))
    await ada.call("IssueMemberToken", account_id=account)
    assert await told(auth, 100) == before


async def test_an_event_of_an_account_names_who_acted_there_and_of_nobody_else(auth: Auth, account: str) -> None:
    ada = await first_owner(auth, account)
    chatbot = (await auth.call("CreateChatbot", account_id=account, name="Helper")).chatbot
    await auth.call("SetChatbotEnabled", await ada.member(chatbot_id=chatbot.id), chatbot_id=chatbot.id)
    made, switched = await told(auth, 2)
    assert (made.actor_email, switched.actor_email) == ("", "ada@example.com")
    assert switched.actor == await ada.user_id()


async def test_an_owner_sees_no_events_of_users_but_those_of_the_account(auth: Auth, account: str) -> None:
    ada: Person = await joined(auth, "ada@example.com", account, "OWNER")
    seen = {event.action for event in await told(auth, 100, await ada.member(account_id=account))}
    assert seen == {"account.create", "member.add"}


def test_every_method_of_people_changes_what_these_tests_tell_of_or_nothing() -> None:
    changing = {name for name, method in METHODS.items() if method.containing_service.file is people_pb2.DESCRIPTOR}
    assert {name for name in changing if not name.startswith(("Get", "List"))} == {
        *("SignIn", "UseSignInLink", "AcceptInvitation", "UpdateMe", "ChangePassword", "EndMySessions"),
        *("CreateUser", "SetUserEnabled", "CreateSignInLink", "AddMember", "SetMemberRole", "RemoveMember"),
        *("CreateInvitation", "WithdrawInvitation"),
    }
    assert len([action for action in Action if action.startswith(("user.", "member.", "invitation."))]) == 14
