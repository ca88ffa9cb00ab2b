"""Methods of people: of those who sign in, of users, of an account's members. See cases.py."""

from tests.promises.tenancy.case import ACCOUNT, CHATBOT, Case, always, names, plus
from tests.promises.tenancy.tenant import PASSWORD, Tenant

_LINK, _USER, _INVITATION = always({"secret": "s" * 43}), names(user_id="user_id"), names(invitation_id="invitation_id")
_NEXT = {"password": PASSWORD, "new_password": f"next {PASSWORD}"}


def _of_own(tenant: Tenant) -> list[dict[str, object]]:
    return [*CHATBOT(tenant), *ACCOUNT(tenant)]


PEOPLE = {
    "SignInService/SignIn": Case("web", "web", names(email="email", password="word"), owner_code="UNAUTHENTICATED"),
    "SignInService/GetSignInLink": Case("web", "web", _LINK, owner_code="NOT_FOUND"),
    "SignInService/UseSignInLink": Case("web", "web", _LINK, owner_code="NOT_FOUND"),
    "SignInService/GetInvitation": Case("web", "web", _LINK, owner_code="NOT_FOUND"),
    "SignInService/AcceptInvitation": Case("web", "web", _LINK, owner_code="NOT_FOUND"),
    "UserService/GetMe": Case("user", "user", always({})),
    "UserService/UpdateMe": Case("user", "user", always({"name": "New"}), ends=True),
    "UserService/ChangePassword": Case("user", "user", always(_NEXT), ends=True),
    "UserService/ListMyAccounts": Case("user", "user", always({})),
    "UserService/ListMySessions": Case("user", "user", always({})),
    "UserService/EndMySessions": Case("user", "user", names(session_id="user_session_id"), ends=True),
    "UserService/CreateUser": Case(
        "operator@!", "operator", always({"email": "new@example.com", "name": "New"}), ends=True
    ),
    "UserService/ListUsers": Case("operator@!", "operator", always({})),
    "UserService/SetUserEnabled": Case("operator@!", "operator", _USER, ends=True),
    "UserService/CreateSignInLink": Case("operator@!", "operator", _USER, ends=True),
    "MemberService/ListMembers": Case("operator@account owner@account", "operator@account", always({})),
    "MemberService/GetMember": Case("operator@account owner@account", "operator@account", _USER),
    # Users are the installation's: an operator can add anyone whose address they know.
    "MemberService/AddMember": Case(
        "operator@account",
        "operator@account",
        always({"email": "nobody@example.com", "role": "MEMBER_ROLE_EDITOR"}),
        owner_code="NOT_FOUND",
    ),
    "MemberService/SetMemberRole": Case(
        "operator@account owner@account",
        "operator@account",
        plus(_USER, role="MEMBER_ROLE_EDITOR"),
        ends=True,
    ),
    "MemberService/RemoveMember": Case("operator@account owner@account", "operator@account", _USER, ends=True),
    "MemberService/CreateInvitation": Case(
        "operator@account owner@account",
        "operator@account",
        always({"email": "new@example.com", "role": "MEMBER_ROLE_VIEWER"}),
        ends=True,
    ),
    "MemberService/GetOpenInvitation": Case("operator@account owner@account", "operator@account", _INVITATION),
    "MemberService/WithdrawInvitation": Case(
        "operator@account owner@account", "operator@account", _INVITATION, ends=True
    ),
    "TokenService/IssueMemberToken": Case("user", "user", _of_own),
    "TokenService/IssueOperatorToken": Case("user", "user", always({}), owner_code="PERMISSION_DENIED"),
}
