"""Members of an account: who they are, what they may do, and that one owner stays."""

import grpc
import pytest
from auth_harness import NOW, Auth, refusal_of
from people_harness import at, joined, new_user

from services.rpc.pages import page_token
from services.trust.principal import Principal, Role

NOT_FOUND, WRONG_STATE = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION
LAST = "This is the only owner of the account. Make somebody else an owner first."
VIEWER, EDITOR, OWNER = "MEMBER_ROLE_VIEWER", "MEMBER_ROLE_EDITOR", "MEMBER_ROLE_OWNER"


@pytest.fixture
async def account(auth: Auth) -> str:
    return (await auth.new_account()).id


async def members(auth: Auth, account: str, caller: Principal | None = None) -> dict[str, int]:
    listed = await auth.call("ListMembers", caller or at(account))
    return {member.user.email: member.role for member in listed.members}


async def test_members_are_listed_by_address_with_when_they_were_seen(auth: Auth, account: str) -> None:
    zoe = await joined(auth, "Zoe@example.com", account, "OWNER")
    auth.clock.now = NOW + 50
    ada = await joined(auth, "ada@example.com", account, "VIEWER")
    auth.clock.now = NOW + 60
    assert await ada.is_in()
    await auth.seen[0].flush()
    listed = (await auth.call("ListMembers", await zoe.member(account_id=account))).members
    assert [(member.user.email, member.role, member.created_at) for member in listed] == [
        ("ada@example.com", 1, int(NOW) + 50),
        ("Zoe@example.com", 3, int(NOW)),
    ]
    assert listed[0].user.last_seen_at == int(NOW) + 60


async def test_a_list_comes_in_pages_and_the_invitations_last(auth: Auth, account: str) -> None:
    zoe = await joined(auth, "zoé@example.com", account, "OWNER")
    await joined(auth, "ada@example.com", account, "OWNER")
    off = await joined(auth, "bob@example.com", account, "OWNER")
    await auth.call("SetUserEnabled", user_id=await off.user_id(), enabled=False)
    owner = await zoe.member(account_id=account)
    for caller, email in ((owner, "x@example.com"), (at(account), "y@example.com"), (owner, "z@example.com")):
        made = (await auth.call("CreateInvitation", caller, email=email, role=VIEWER)).invitation
    await auth.call("WithdrawInvitation", owner, invitation_id=made.id)

    whole = ["ada@example.com", "bob@example.com", "zoé@example.com", "x by zoé@example.com", "y by "]
    for size in (1, 2, 3, 4, 5, 6):
        pages, token = [], ""
        while not pages or token:
            page = await auth.call("ListMembers", owner, page_size=size, page_token=token)
            offers = [f"{each.email[0]} by {each.created_by_email}" for each in page.invitations]
            pages.append([*(member.user.email for member in page.members), *offers])
            token = page.next_page_token
            assert page.owners == 2
        assert pages == [whole[start : start + size] for start in range(0, len(whole), size)]
    for token in ("x", page_token(0, "zz"), page_token(0, "00"), page_token("", 0)):
        error = await refusal_of(auth.call("ListMembers", owner, page_token=token))
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_one_member_and_one_open_invitation(auth: Auth, account: str) -> None:
    zoe = await joined(auth, "zoe@example.com", account, "OWNER")
    owner = await zoe.member(account_id=account)
    member = (await auth.call("GetMember", owner, user_id=await zoe.user_id())).member
    assert (member.user.email, member.role) == ("zoe@example.com", 3)
    made = (await auth.call("CreateInvitation", owner, email="x@example.com", role=VIEWER)).invitation
    found = (await auth.call("GetOpenInvitation", owner, invitation_id=made.id)).invitation
    assert (found.id, found.email, found.created_by_email) == (made.id, "x@example.com", "zoe@example.com")
    await auth.call("WithdrawInvitation", owner, invitation_id=made.id)
    over = await refusal_of(auth.call("GetOpenInvitation", owner, invitation_id=made.id))
    assert (over.code(), over.details()) == (NOT_FOUND, "There is no such invitation.")


async def test_an_owner_changes_roles_and_removes(auth: Auth, account: str) -> None:
    zoe = await joined(auth, "zoe@example.com", account, "OWNER")
    bob = await joined(auth, "bob@example.com", account, "VIEWER")
    owner, bobs = await zoe.member(account_id=account), {"user_id": await bob.user_id()}
    changed = (await auth.call("SetMemberRole", owner, **bobs, role=EDITOR)).member
    assert (changed.user.id, changed.role) == (bobs["user_id"], 2)
    await auth.call("RemoveMember", owner, **bobs)
    assert await members(auth, account, owner) == {"zoe@example.com": 3}
    for call in (
        auth.call("RemoveMember", owner, **bobs),
        auth.call("SetMemberRole", owner, **bobs, role=EDITOR),
        auth.call("RemoveMember", owner, user_id="usr_no"),
    ):
        error = await refusal_of(call)
        assert (error.code(), error.details()) == (NOT_FOUND, "There is no such user.")


async def test_adding_a_member_again_gives_another_role(auth: Auth, account: str) -> None:
    await joined(auth, "zoe@example.com", account, "OWNER")
    bob = await joined(auth, "bob@example.com", account, "VIEWER")
    again = await auth.call("AddMember", at(account), email=" BOB@example.com", role=EDITOR)
    assert (again.member.user.id, again.member.role) == (await bob.user_id(), 2)
    assert await members(auth, account) == {"zoe@example.com": 3, "bob@example.com": 2}
    error = await refusal_of(auth.call("AddMember", at(account), email="nobody@example.com", role=EDITOR))
    assert error.code() == NOT_FOUND


async def test_the_last_owner_stays(auth: Auth, account: str) -> None:
    zoe = await joined(auth, "zoe@example.com", account, "OWNER")
    off = await joined(auth, "off@example.com", account, "OWNER")
    await auth.call("SetUserEnabled", user_id=await off.user_id(), enabled=False)
    owner, own = await zoe.member(account_id=account), {"user_id": await zoe.user_id()}
    for caller in (owner, at(account)):
        for call in (
            auth.call("RemoveMember", caller, **own),
            auth.call("SetMemberRole", caller, **own, role=EDITOR),
        ):
            error = await refusal_of(call)
            assert (error.code(), error.details()) == (WRONG_STATE, LAST)
    assert (await refusal_of(auth.call("AddMember", at(account), email="zoe@example.com", role=VIEWER))).code()
    await joined(auth, "bob@example.com", account, "OWNER")
    await auth.call("RemoveMember", owner, **own)
    assert "zoe@example.com" not in await members(auth, account)


async def test_a_role_must_be_one(auth: Auth, account: str) -> None:
    await new_user(auth, "bob@example.com")
    for role in (0, 4):
        error = await refusal_of(auth.call("AddMember", at(account), email="bob@example.com", role=role))
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert error.details() == "role must be one of viewer, editor, owner."


async def test_a_chatbots_token_reaches_no_members(auth: Auth, account: str) -> None:
    zoe = await joined(auth, "zoe@example.com", account, "OWNER")
    chatbot = (await auth.call("CreateChatbot", account_id=account, name="Helper")).chatbot
    for caller in (await zoe.member(chatbot_id=chatbot.id), Principal(Role.ROLE_OPERATOR, account, chatbot.id)):
        for method, fields in (
            ("ListMembers", {}),
            ("GetMember", {"user_id": await zoe.user_id()}),
            ("GetOpenInvitation", {"invitation_id": "inv_x"}),
            ("SetMemberRole", {"user_id": await zoe.user_id(), "role": OWNER}),
            ("RemoveMember", {"user_id": await zoe.user_id()}),
            ("CreateInvitation", {"email": "x@example.com", "role": OWNER}),
            ("WithdrawInvitation", {"invitation_id": "inv_x"}),
        ):
            assert (await refusal_of(auth.call(method, caller, **fields))).code() == NOT_FOUND, method


async def test_another_accounts_members_and_invitations_are_out_of_reach(auth: Auth, account: str) -> None:
    zoe = await joined(auth, "zoe@example.com", account, "OWNER")
    other = (await auth.new_account()).id
    bob = await joined(auth, "bob@example.com", other, "OWNER")
    made = await auth.call("CreateInvitation", at(other), email="new@example.com", role=VIEWER)
    owner, bobs = await zoe.member(account_id=account), {"user_id": await bob.user_id()}
    for theirs, missing in (
        (("SetMemberRole", bobs | {"role": VIEWER}), ("SetMemberRole", {"user_id": "usr_no", "role": VIEWER})),
        (("RemoveMember", bobs), ("RemoveMember", {"user_id": "usr_no"})),
        (("GetMember", bobs), ("GetMember", {"user_id": "usr_no"})),
        (
            ("GetOpenInvitation", {"invitation_id": made.invitation.id}),
            ("GetOpenInvitation", {"invitation_id": "inv_no"}),
        ),
        (
            ("WithdrawInvitation", {"invitation_id": made.invitation.id}),
            ("WithdrawInvitation", {"invitation_id": "inv_no"}),
        ),
    ):
        errors = [await refusal_of(auth.call(method, owner, **fields)) for method, fields in (theirs, missing)]
        assert {error.code() for error in errors} == {NOT_FOUND}
        assert len({error.details() for error in errors}) == 1
    assert await members(auth, other) == {"bob@example.com": 3}
    assert len((await auth.call("ListMembers", at(other))).invitations) == 1


async def test_an_account_that_is_deleted_takes_its_members_along(auth: Auth, account: str) -> None:
    bob = await joined(auth, "bob@example.com", account, "OWNER")
    other = (await auth.new_account()).id
    for one in (account, other):
        await auth.call("AddMember", at(one), email="bob@example.com", role=OWNER)
        await auth.call("CreateInvitation", at(one), email="new@example.com", role=VIEWER)
    await auth.call("DeleteAccount", account_id=account)
    (left,) = (await bob.call("ListMyAccounts")).accounts
    assert left.account.id == other
    assert len((await auth.call("ListMembers", at(other))).invitations) == 1
    assert (await refusal_of(bob.call("IssueMemberToken", account_id=account))).code() == NOT_FOUND
