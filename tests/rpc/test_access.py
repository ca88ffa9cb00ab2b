"""Access rules: every method of every service has one, and members may do what their role says."""

import pytest
from chatmount.auth.v1 import auth_pb2, people_pb2
from chatmount.chat.v1 import chat_pb2, replay_pb2, visitor_pb2
from chatmount.quota.v1 import quota_pb2
from chatmount.retrieval.v1 import index_pb2, retrieval_pb2

from services.errors import ChatmountError
from services.rpc.access import AccessRule, role_name, rule_of, service_of
from services.trust.principal import SERVICES, MemberRole, Principal, Role
from tests.each import for_each

FILES = [
    module.DESCRIPTOR
    for module in (auth_pb2, people_pb2, chat_pb2, replay_pb2, visitor_pb2, quota_pb2, retrieval_pb2, index_pb2)
]
METHODS = [
    f"/{service.full_name}/{method.name}"
    for file in FILES
    for service in file.services_by_name.values()
    for method in service.methods
]
# Not read from the protos, so that a method which is opened to a role by mistake is found out.
LEAST = {
    "viewer": """
        AccountService/GetAccount ChatbotService/GetChatbot ChatbotService/ListChatbots ApiKeyService/ListApiKeys
        ChatbotProfileService/GetProfile AppearanceService/GetAppearance QuotaService/GetChannelBudget
        SessionService/ListSessions SessionService/GetSession SessionService/ExportTurns SessionService/GetTrace
        ReviewService/ListUnanswered ReviewService/GetUnanswered
        QuotaService/GetUsage QuotaService/ListLedgerEntries QuotaService/ListDailyCredits QuotaService/ListPlans
        RetrievalService/Search RetrievalService/GetSettings
        SourceService/GetSource SourceService/ListSources SourceService/GetSourceCounts SourceService/WatchIngest
        QaPairService/GetQaPair QaPairService/ListQaPairs
    """,
    "editor": """
        ApiKeyService/CreateApiKey ApiKeyService/RotateApiKey ApiKeyService/RevokeApiKey
        ApiKeyService/SetApiKeyAllowlist
        ChatService/StreamChat ChatbotProfileService/UpdateProfile SessionService/DeleteSession
        AppearanceService/UpdateAppearance
        ReviewService/ResolveUnanswered ReplayService/Replay
        QuotaService/Reserve QuotaService/Settle QuotaService/Release
        RetrievalService/UpdateSettings
        SourceService/AddSource SourceService/RemoveSource SourceService/SetSourceEnabled
        QaPairService/AddQaPair QaPairService/RemoveQaPair
    """,
    "owner": """
        ChatbotService/CreateChatbot ChatbotService/UpdateChatbot ChatbotService/SetChatbotEnabled
        ChatbotService/DeleteChatbot
        AuditService/ListAuditEvents
        MemberService/ListMembers MemberService/GetMember MemberService/SetMemberRole MemberService/RemoveMember
        MemberService/CreateInvitation MemberService/GetOpenInvitation MemberService/WithdrawInvitation
        SessionService/DeleteAllSessions SourceService/RemoveAllSources
        QuotaService/SetChannelBudget
    """,
}
VISITORS = """
    ChatService/StreamChat AppearanceService/GetAppearance
    VisitorService/GetConversation VisitorService/DeleteConversation VisitorService/RateTurn
    QuotaService/Reserve QuotaService/Settle QuotaService/Release RetrievalService/Search
"""
OWNER = Principal(Role.ROLE_MEMBER, "acct_1", "bot_1", plan="plus", member_role="MEMBER_ROLE_OWNER")


@for_each("method", METHODS)
def test_every_method_says_who_may_call_it(method: str) -> None:
    assert service_of(method) in SERVICES
    assert rule(method).roles


def rule(method: str) -> AccessRule:
    found = rule_of(method)
    assert found is not None
    return found


def test_a_method_without_a_rule_is_nobodys() -> None:
    assert rule_of("/chatmount.chat.v1.ChatService/Nothing") is None
    assert rule_of("/some.Other/Thing") is None
    for other in ("/some.Other/Thing", "/chatmount.errors.v1.Nothing/Thing", "/chatmount", ""):
        assert service_of(other) == ""


@for_each("method", METHODS)
def test_a_method_that_members_may_call_says_which_role_it_takes(method: str) -> None:
    assert (Role.ROLE_MEMBER in rule(method).roles) == (rule(method).least != MemberRole.MEMBER_ROLE_UNSPECIFIED)


def test_members_may_do_what_their_role_says_and_no_more() -> None:
    by_role: dict[str, set[str]] = {role: set(methods.split()) for role, methods in LEAST.items()}
    found: dict[str, set[str]] = {role: set() for role in by_role}
    for method in METHODS:
        if Role.ROLE_MEMBER in rule(method).roles:
            found[role_name(rule(method).least)].add(method.rpartition(".")[2])
    assert found == by_role


def test_visitors_ask_and_have_their_own_conversation_and_nothing_else() -> None:
    found = {method.rpartition(".")[2] for method in METHODS if Role.ROLE_VISITOR in rule(method).roles}
    assert found == set(VISITORS.split())


@for_each(
    "principal",
    [
        Principal(Role.ROLE_MEMBER, "", "bot_1", member_role="MEMBER_ROLE_OWNER"),
        Principal(Role.ROLE_MEMBER, member_role="MEMBER_ROLE_OWNER"),
        *(
            Principal(Role.ROLE_MEMBER, "acct_1", "bot_1", member_role=role)
            for role in ("", "MEMBER_ROLE_UNSPECIFIED", "MEMBER_ROLE_KING", "OWNER", "member_role_owner", "3")
        ),
    ],
)
def test_a_member_without_an_account_or_a_role_that_there_is_may_do_nothing(principal: Principal) -> None:
    for method in METHODS:
        with pytest.raises(ChatmountError) as caught:
            rule(method).check(principal)
        expected = "INVALID_TOKEN" if Role.ROLE_MEMBER in rule(method).roles else "ROLE_NOT_ALLOWED"
        assert caught.value.reason.name == expected, method


def test_a_method_that_names_members_and_no_least_role_is_no_members() -> None:
    with pytest.raises(ChatmountError) as caught:
        AccessRule(frozenset({Role.ROLE_MEMBER})).check(OWNER)
    assert caught.value.reason.name == "MEMBER_ROLE"
