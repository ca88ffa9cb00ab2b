"""Puts Chat's parts together."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from chatmount.chat.v1 import chat_pb2_grpc, replay_pb2_grpc, visitor_pb2_grpc
from chatmount.quota.v1 import quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2_grpc

from services.chat.answerers.choose import Answers
from services.chat.background import BackgroundWork
from services.chat.clients.downstream import Patience
from services.chat.clients.quota import RELEASE, RESERVE, SETTLE, QuotaClient
from services.chat.clients.retrieval import SEARCH, RetrievalClient
from services.chat.conversation import Conversation
from services.chat.gate import Gate
from services.chat.idempotency.answers import IdempotentAnswers
from services.chat.replay import Replay
from services.chat.search import Search
from services.chat.servicers.appearance import AppearanceServicer
from services.chat.servicers.chat import ChatServicer
from services.chat.servicers.profile import ProfileServicer
from services.chat.servicers.replay import ReplayServicer
from services.chat.servicers.review import ReviewServicer
from services.chat.servicers.session import SessionServicer
from services.chat.servicers.visitor import VisitorServicer
from services.chat.session_retention import SWEEP_SECONDS, Retention, sweep
from services.chat.store.appearances import AppearanceStore
from services.chat.store.idempotency import IdempotencyStore
from services.chat.store.profiles import ProfileStore
from services.chat.store.replays import ReplayStore
from services.chat.store.sessions import SessionStore
from services.chat.store.turns import TurnStore
from services.chat.store.unanswered import UnansweredStore
from services.chat.store.visits import VisitStore
from services.clock import Clock, system_clock
from services.config.settings import Settings
from services.contract import PING_SECONDS
from services.database import open_database
from services.database.migrations import migrate_patiently
from services.rpc.links import Neighbours, stub_on
from services.rpc.server import Registration
from services.tasks import Tasks
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
    sweeps_at_once: bool = True


USUAL_TIMING = Timing()


@asynccontextmanager
async def open_chat(
    settings: Settings,
    answers: Answers,
    signer: TokenSigner,
    clock: Clock = system_clock,
    timing: Timing = USUAL_TIMING,
    neighbours: Neighbours | None = None,
) -> AsyncIterator[Sequence[Registration]]:
    """Opens what Chat needs and yields what to serve; closes it all on leaving.

    Its tables are brought up to date. `neighbours`: by default where the settings say.
    """
    async with AsyncExitStack() as stack:
        stack.push_async_callback(answers.close)
        database = open_database(settings, SERVICE)
        stack.push_async_callback(database.close)
        await migrate_patiently(database)
        sessions, requests = SessionStore(database), IdempotencyStore(database)
        profiles = ProfileStore(database)
        visits, appearances = VisitStore(database), AppearanceStore(database)
        retention = Retention(settings.session_days, clock)
        neighbours = neighbours or Neighbours(settings, signer, internal_tls(settings))
        quota = await stack.enter_async_context(neighbours.link("quota"))
        retrieval = await stack.enter_async_context(neighbours.link("retrieval"))
        background, gate = BackgroundWork(), Gate(settings.questions_at_once)
        stack.push_async_callback(background.drain, DRAIN_SECONDS)
        search = Search(
            RetrievalClient(stub_on(retrieval, retrieval_pb2_grpc.RetrievalServiceStub), patience=timing.search),
            answers.follow_ups,
            gate,
        )
        conversation = Conversation(
            turns=TurnStore(database),
            visits=visits,
            quota=QuotaClient(
                stub_on(quota, quota_pb2_grpc.QuotaServiceStub),
                settings.reservation_seconds,
                reserve=timing.reserve,
                settle=timing.settle,
                release=timing.release,
            ),
            search=search,
            answerer=answers.answerer,
            background=background,
            retention=retention,
            gate=gate,
        )
        replay = Replay(sessions, ReplayStore(database), profiles, search, answers.answerer, retention, gate)
        idempotent = IdempotentAnswers(requests, background, clock, settings.idempotency_hours)
        tasks = await stack.enter_async_context(Tasks())
        for name, store, kept in (("sessions", sessions, retention), ("replies", requests, idempotent)):
            sweeping = partial(sweep, store.sweep, kept.since_ms)
            tasks.every(SWEEP_SECONDS, sweeping, f"sweep of {name}", at_once=timing.sweeps_at_once)
        yield (
            (
                ChatServicer(conversation, idempotent, background, appearances, gate, timing.ping_seconds),
                chat_pb2_grpc.add_ChatServiceServicer_to_server,
            ),
            (ProfileServicer(profiles), chat_pb2_grpc.add_ChatbotProfileServiceServicer_to_server),
            (SessionServicer(sessions, retention), chat_pb2_grpc.add_SessionServiceServicer_to_server),
            (AppearanceServicer(appearances), visitor_pb2_grpc.add_AppearanceServiceServicer_to_server),
            (
                VisitorServicer(visits, appearances, retention),
                visitor_pb2_grpc.add_VisitorServiceServicer_to_server,
            ),
            (ReplayServicer(replay), replay_pb2_grpc.add_ReplayServiceServicer_to_server),
            (ReviewServicer(UnansweredStore(database), retention), chat_pb2_grpc.add_ReviewServiceServicer_to_server),
        )
