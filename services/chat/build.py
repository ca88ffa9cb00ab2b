"""Puts Chat's parts together, for its own process, for one that hosts all services, and for tests."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from chatmount.chat.v1 import chat_pb2_grpc
from chatmount.quota.v1 import quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2_grpc

from services.chat.answerers.answerer import Answerer
from services.chat.answerers.follow_ups import NO_FOLLOW_UPS, FollowUps
from services.chat.answering import Answering
from services.chat.background import BackgroundWork
from services.chat.clients.downstream import Patience
from services.chat.clients.quota import RELEASE, RESERVE, SETTLE, QuotaCredits
from services.chat.clients.retrieval import SEARCH, RetrievalSearch
from services.chat.conversation import Conversation
from services.chat.finding import Finder
from services.chat.idempotency.once import Once
from services.chat.pings import PING_SECONDS
from services.chat.retention import Retention, sweeping
from services.chat.servicers.chat import ChatServicer
from services.chat.servicers.profile import ProfileServicer
from services.chat.servicers.reply_bytes import add_chat_service
from services.chat.servicers.session import SessionServicer
from services.chat.store.conversations import ChatStore
from services.chat.store.idempotency import EntryStore
from services.chat.store.traces import TraceStore
from services.chat.store.turn_export import TurnExport
from services.clock import Clock, system_clock
from services.config.settings import Settings
from services.database import open_database
from services.database.migrations import migrate_patiently
from services.rpc.channels import open_channel
from services.rpc.server import Registration
from services.trust.principal_tokens import TokenSigner
from services.trust.transport import internal_tls

SERVICE = "chat"
# What is left of releases and turns when the process is told to stop gets this long.
DRAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things are waited for; tests wait less."""

    ping_seconds: float = PING_SECONDS
    reserve: Patience = RESERVE
    settle: Patience = SETTLE
    release: Patience = RELEASE
    search: Patience = SEARCH


USUAL_TIMING = Timing()


@asynccontextmanager
async def open_chat(
    settings: Settings,
    answerer: Answerer,
    signer: TokenSigner,
    clock: Clock = system_clock,
    timing: Timing = USUAL_TIMING,
    follow_ups: FollowUps = NO_FOLLOW_UPS,
) -> AsyncIterator[Sequence[Registration]]:
    """Opens what Chat needs, brings its tables up to date, and yields what to serve; closes it all on leaving."""
    async with AsyncExitStack() as stack:
        database = open_database(settings, SERVICE)
        stack.push_async_callback(database.close)
        await migrate_patiently(database)
        store = ChatStore(database)
        retention = Retention(settings.session_days, clock)
        await stack.enter_async_context(sweeping("sessions", store.sweep, retention.since_ms))
        traces = TraceStore(database)
        await stack.enter_async_context(sweeping("failed requests", traces.sweep, retention.since_ms))
        tls = internal_tls(settings)
        quota = await stack.enter_async_context(open_channel(settings.quota_address, signer, tls=tls))
        retrieval = await stack.enter_async_context(open_channel(settings.retrieval_address, signer, tls=tls))
        background = BackgroundWork()
        stack.push_async_callback(background.drain, DRAIN_SECONDS)
        conversation = Conversation(
            memory=store,
            ledger=QuotaCredits(
                quota_pb2_grpc.QuotaServiceStub(quota),
                settings.reservation_seconds,
                reserve=timing.reserve,
                settle=timing.settle,
                release=timing.release,
            ),
            finder=Finder(
                RetrievalSearch(retrieval_pb2_grpc.RetrievalServiceStub(retrieval), patience=timing.search), follow_ups
            ),
            answering=Answering(answerer),
            background=background,
            retention=retention,
        )
        entries = EntryStore(database)
        once = Once(entries, background, clock, settings.idempotency_hours)
        await stack.enter_async_context(sweeping("replies", entries.sweep, once.since_ms))
        yield (
            (ChatServicer(conversation, once, background, timing.ping_seconds), add_chat_service),
            (ProfileServicer(store), chat_pb2_grpc.add_ChatbotProfileServiceServicer_to_server),
            (
                SessionServicer(store, TurnExport(database), traces, retention),
                chat_pb2_grpc.add_SessionServiceServicer_to_server,
            ),
        )
