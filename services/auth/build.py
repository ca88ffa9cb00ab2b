"""The composition of Auth."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from chatmount.auth.v1 import auth_pb2_grpc, widget_pb2_grpc
from chatmount.quota.v1 import quota_pb2_grpc
from envoy.service.auth.v3 import external_auth_pb2_grpc
from envoy.service.ratelimit.v3 import rls_pb2_grpc

from services.auth.accounts import Accounts
from services.auth.api_keys import Keys
from services.auth.audit_log import AuditLog
from services.auth.chatbots import Chatbots
from services.auth.clients.quota import QuotaWindows
from services.auth.doors.api_key import ApiKeyDoor
from services.auth.doors.question import QuestionDoor
from services.auth.doors.session import SessionDoor
from services.auth.doors.widget import WidgetDoor
from services.auth.failed_keys import FailedKeys
from services.auth.key_check import KeyCheck
from services.auth.last_used import LastUsed
from services.auth.people.build import open_people
from services.auth.people.member_tokens import MemberTokens
from services.auth.scoped_tokens import ScopedTokens
from services.auth.servicers.account import AccountServicer
from services.auth.servicers.api_key import ApiKeyServicer
from services.auth.servicers.audit import AuditServicer
from services.auth.servicers.chatbot import ChatbotServicer
from services.auth.servicers.check import API_KEY_DOOR, QUESTION_DOOR, SESSION_DOOR, WIDGET_DOOR, CheckServicer
from services.auth.servicers.token import TokenServicer
from services.auth.servicers.widget import WidgetServicer
from services.auth.store import REFUSED, AuthStore, Visits, WidgetStore
from services.auth.widget.visitors import Visitors
from services.auth.widget.widgets import Widgets
from services.clock import Clock, system_clock
from services.config.plans import Plans
from services.config.settings import Settings
from services.database import open_database
from services.database.migrations import migrate_patiently
from services.database.refused_visitors import RefusalCounts
from services.rpc.channels import act_as_service, forward_caller
from services.rpc.links import Neighbours, stub_on
from services.rpc.server import Registration
from services.trust.principal_tokens import TokenSigner
from services.trust.tickets import TicketSigner
from services.trust.transport import internal_tls
from services.windows.choose import open_windows

SERVICE = "auth"
SIGHTING_SECONDS = 60.0


@asynccontextmanager
async def open_auth(
    settings: Settings,
    plans: Plans,
    signer: TokenSigner,
    clock: Clock = system_clock,
    neighbours: Neighbours | None = None,
) -> AsyncIterator[Sequence[Registration]]:
    """Open what Auth needs, bring its tables up to date, yield what to serve, and close it all.

    `neighbours`: by default where the settings say.
    """
    async with AsyncExitStack() as stack:
        database = open_database(settings, SERVICE)
        stack.push_async_callback(database.close)
        await migrate_patiently(database)
        windows = await open_windows(settings.redis_url, clock, redis_timeout_ms=settings.redis_timeout_ms)
        stack.push_async_callback(windows.close)
        neighbours = neighbours or Neighbours(settings, signer, internal_tls(settings))
        to_quota = await stack.enter_async_context(neighbours.link("quota", act_as_service))
        quota = QuotaWindows(stub_on(to_quota, quota_pb2_grpc.QuotaServiceStub), clock)
        # In the edge's name, who else would ask this.
        for_the_edge = await stack.enter_async_context(neighbours.link("quota", forward_caller))
        limits = stub_on(for_the_edge, rls_pb2_grpc.RateLimitServiceStub)
        store = AuthStore(database)
        last_used = LastUsed(store.mark_used, clock, "writing when keys were last used")
        await stack.enter_async_context(last_used.flushing())
        sessions, people = await stack.enter_async_context(open_people(database, windows, clock))
        failed_keys = FailedKeys(windows, settings.failed_attempts_per_minute)
        key_check = KeyCheck(store, plans, failed_keys, quota, last_used, clock)
        accounts, chatbots = Accounts(store, plans, clock), Chatbots(store, clock)
        keys = Keys(store, plans, last_used, clock)
        tokens = ScopedTokens(accounts, chatbots, signer, clock)
        member_tokens = MemberTokens(Visits(database), signer, clock)
        widget_store = WidgetStore(database)
        seen = LastUsed(widget_store.mark_seen, clock, "writing where widgets were seen", SIGHTING_SECONDS)
        await stack.enter_async_context(seen.flushing())
        refused = RefusalCounts(database, REFUSED, clock)
        await stack.enter_async_context(refused.flushing())
        visitors = Visitors(widget_store, TicketSigner(signer.source, clock), seen, refused)
        widgets = Widgets(store, widget_store, seen, refused, clock)
        keys_door = ApiKeyDoor(key_check, signer).check
        doors = {
            API_KEY_DOOR: keys_door,
            QUESTION_DOOR: QuestionDoor(keys_door, limits).check,
            SESSION_DOOR: SessionDoor(sessions, signer).check,
            WIDGET_DOOR: WidgetDoor(visitors, signer).check,
        }
        yield (
            (AccountServicer(accounts), auth_pb2_grpc.add_AccountServiceServicer_to_server),
            (ChatbotServicer(chatbots), auth_pb2_grpc.add_ChatbotServiceServicer_to_server),
            (ApiKeyServicer(keys, clock), auth_pb2_grpc.add_ApiKeyServiceServicer_to_server),
            (TokenServicer(tokens, member_tokens), auth_pb2_grpc.add_TokenServiceServicer_to_server),
            (AuditServicer(AuditLog(store)), auth_pb2_grpc.add_AuditServiceServicer_to_server),
            (WidgetServicer(widgets, visitors, signer), widget_pb2_grpc.add_WidgetServiceServicer_to_server),
            (CheckServicer(doors), external_auth_pb2_grpc.add_AuthorizationServicer_to_server),
            *people,
        )
