"""Chats between neighbours that fail, on a real ledger whose months can be turned."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from chatmount.chat.v1 import chat_pb2_grpc
from chatmount.quota.v1 import quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2_grpc

from services.chat.answerers.choose import Answers
from services.chat.build import Timing, open_chat
from services.chat.clients.downstream import Patience
from services.config.plans import DEFAULT_PLANS
from services.config.settings import Settings, load_settings
from services.quota.build import open_quota
from services.trust.principal_tokens import TokenSigner
from tests.channels import open_channel
from tests.promises.credits.failing_neighbours import Cases, FailingAnswerer, FailingRetrieval, QuotaInBetween
from tests.serving import serving
from tests.turned_clock import at

# Longer than a busy machine is ever late by, of which every hanging case waits for one or two.
DEADLINE = 2.0
TIMING = Timing(
    reserve=Patience(DEADLINE, (0.02,)),
    settle=Patience(DEADLINE, (0.02, 0.05), last_pause_repeats=True, total=0.5, also_when_slow=True),
    release=Patience(DEADLINE, (0.02, 0.05), last_pause_repeats=True, total=20.0, also_when_slow=True),
    search=Patience(DEADLINE, (0.02,)),
)
CALL_SECONDS = 60.0
ACCOUNTS = [f"acct_{number}" for number in range(3)]


class Later:
    """A time in the middle of a month, which goes on, and as much later as it is told to be."""

    def __init__(self) -> None:
        self.seconds = at("2026-11-10 12:00:00") - time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() + self.seconds


@dataclass
class Around:
    """What Chats are opened with, and the real ledger behind them."""

    settings: Settings
    signer: TokenSigner
    cases: Cases
    clock: Later
    quota_address: str


@asynccontextmanager
async def around(tmp_path: Path, database_url: str, signer: TokenSigner) -> AsyncIterator[Around]:
    cases: Cases = {}
    clock = Later()
    variables = {"CHATMOUNT_HOME": str(tmp_path), "CHATMOUNT_DATABASE_TIMEOUT_MS": "20000"}
    if database_url.startswith("postgresql"):
        variables["CHATMOUNT_DATABASE_URL"] = database_url
    retrieval = (FailingRetrieval(cases), retrieval_pb2_grpc.add_RetrievalServiceServicer_to_server)
    async with (
        open_quota(load_settings(variables), DEFAULT_PLANS, clock, sweep_seconds=0.1) as quota,
        serving(signer, *quota) as quota_address,
        open_channel(quota_address, signer) as channel,
    ):
        in_between = QuotaInBetween(cases, quota_pb2_grpc.QuotaServiceStub(channel))
        async with (
            serving(signer, (in_between, quota_pb2_grpc.add_QuotaServiceServicer_to_server)) as in_between_address,
            serving(signer, retrieval) as retrieval_address,
        ):
            variables["CHATMOUNT_QUOTA_ADDRESS"] = in_between_address
            variables["CHATMOUNT_RETRIEVAL_ADDRESS"] = retrieval_address
            yield Around(load_settings(variables), signer, cases, clock, quota_address)


@asynccontextmanager
async def a_chat(around: Around) -> AsyncIterator[chat_pb2_grpc.ChatServiceStub]:
    """A Chat of its own; leaving it stops it, whatever is in flight."""
    answers = Answers(FailingAnswerer(around.cases))
    async with (
        open_chat(around.settings, answers, around.signer, timing=TIMING) as registrations,
        AsyncExitStack() as channels,
        serving(around.signer, *registrations) as address,
    ):
        # Closed only when the server has stopped.
        channel = await channels.enter_async_context(grpc.aio.insecure_channel(address))
        yield chat_pb2_grpc.ChatServiceStub(channel)
