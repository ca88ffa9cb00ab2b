"""A real Chat between a scripted Quota and a scripted Retrieval, all of them gRPC servers."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc, replay_pb2, replay_pb2_grpc, visitor_pb2, visitor_pb2_grpc
from google.protobuf.field_mask_pb2 import FieldMask

from services.chat.answerers.answerer import Answerer
from services.chat.answerers.choose import Answers
from services.chat.answerers.follow_ups import FollowUps
from services.chat.build import Timing, open_chat
from services.chat.clients.downstream import Patience
from services.clock import Clock
from services.config.settings import load_settings
from services.errors import ChatmountError, Reason, from_rpc_error
from services.trust.principal import Principal
from services.trust.principal_tokens import TokenSigner
from tests.ready_tables import lay_tables
from tests.serving import serving
from tests.waiting import PATIENCE, until

from .callers import KEY, MEMBER, OPERATOR, RETURNING
from .scripted_neighbours import ScriptedQuota, ScriptedRetrieval

# Pauses as in production, in less time; a try has all the time that a busy machine needs. A sweep at each start is a
# sixth of what most tests would cost.
QUICK = Timing(
    ping_seconds=15.0,
    reserve=Patience(deadline=PATIENCE, pauses=(0.02,)),
    settle=Patience(deadline=PATIENCE, pauses=(0.02, 0.05), last_pause_repeats=True, total=0.6, also_when_slow=True),
    release=Patience(deadline=PATIENCE, pauses=(0.02, 0.05), last_pause_repeats=True, total=20.0, also_when_slow=True),
    search=Patience(deadline=PATIENCE, pauses=(0.02,)),
    sweeps_at_once=False,
)

PATIENT = replace(
    QUICK,
    reserve=Patience(deadline=PATIENCE),
    settle=replace(QUICK.settle, total=PATIENCE),
    search=Patience(deadline=PATIENCE),
)
"""Where many wait for what hangs on purpose, all of which must arrive, or where a try after the first must come."""


@dataclass
class Chat:
    """A running Chat and all that is around it."""

    channel: grpc.aio.Channel
    signer: TokenSigner
    quota: ScriptedQuota
    retrieval: ScriptedRetrieval
    answerer: Any

    def metadata(self, principal: Principal, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.signer.sign(principal)}"), *more)

    async def ask(
        self, message: str = "How long?", principal: Principal = KEY, headers: Any = (), **fields: Any
    ) -> chat_pb2.ChatResponse:
        """One unary answer."""
        stub = chat_pb2_grpc.ChatServiceStub(self.channel)
        request = chat_pb2.ChatRequest(message=message, **fields)
        return await stub.Chat(request, metadata=self.metadata(principal, *headers), timeout=2 * PATIENCE)

    def stream(self, message: str = "How long?", principal: Principal = KEY, headers: Any = (), **fields: Any) -> Any:
        """A stream that has begun; iterate over it."""
        stub = chat_pb2_grpc.ChatServiceStub(self.channel)
        request = chat_pb2.StreamChatRequest(message=message, stream=True, **fields)
        return stub.StreamChat(request, metadata=self.metadata(principal, *headers), timeout=2 * PATIENCE)

    async def events(self, message: str = "How long?", **fields: Any) -> list[chat_pb2.StreamChatResponse]:
        """All events of one stream."""
        return [event async for event in self.stream(message, **fields)]

    async def of_sessions(self, method: str, principal: Principal = OPERATOR, **fields: Any) -> Any:
        """The reply of a method of SessionService."""
        return await self._call(chat_pb2_grpc.SessionServiceStub, method, principal, fields)

    async def of_review(self, method: str, principal: Principal = MEMBER, **fields: Any) -> Any:
        """The reply of a method of ReviewService."""
        return await self._call(chat_pb2_grpc.ReviewServiceStub, method, principal, fields)

    async def of_replay(self, method: str, principal: Principal = MEMBER, **fields: Any) -> Any:
        """The reply of a method of ReplayService."""
        return await self._call(replay_pb2_grpc.ReplayServiceStub, method, principal, fields, replay_pb2)

    async def of_visitor(self, method: str, principal: Principal = RETURNING, **fields: Any) -> Any:
        """The reply of a method of VisitorService."""
        return await self._call(visitor_pb2_grpc.VisitorServiceStub, method, principal, fields, visitor_pb2)

    async def of_appearance(self, method: str, principal: Principal = MEMBER, **fields: Any) -> visitor_pb2.Appearance:
        """The appearance that a method of AppearanceService replies."""
        reply = await self._call(visitor_pb2_grpc.AppearanceServiceStub, method, principal, fields, visitor_pb2)
        appearance: visitor_pb2.Appearance = reply.appearance
        return appearance

    async def look(self, principal: Principal = MEMBER, **settings: Any) -> visitor_pb2.Appearance:
        """Changes settings of the appearance; returns it."""
        appearance, mask = visitor_pb2.Appearance(**settings), FieldMask(paths=settings)
        return await self.of_appearance("UpdateAppearance", principal, appearance=appearance, update_mask=mask)

    async def _call(self, stub: Any, method: str, principal: Principal, fields: Any, messages: Any = chat_pb2) -> Any:
        request = getattr(messages, f"{method}Request")(**fields)
        return await getattr(stub(self.channel), method)(request, metadata=self.metadata(principal))

    async def pages(self, method: str, **fields: Any) -> AsyncIterator[Any]:
        """All pages of such a method; none but the last may be empty."""
        token = ""
        while True:
            page = await self.of_sessions(method, page_token=token, **fields)
            yield page
            token = page.next_page_token
            if not token:
                return

    async def turns(self, session_id: str, principal: Principal = OPERATOR) -> list[chat_pb2.Turn]:
        return list((await self.of_sessions("GetSession", principal, session_id=session_id)).turns)

    async def sessions(self, principal: Principal = OPERATOR) -> list[chat_pb2.Session]:
        return list((await self.of_sessions("ListSessions", principal)).sessions)

    async def nothing_is_left(self) -> None:
        """Waits until no credit is held or charged, and no session has a turn."""
        await until(lambda: (self.quota.held, self.quota.charged) == (0, 0))
        await until_turns(self, 0)


def settings_for(tmp_path: Path, **variables: str) -> Any:
    patience = {"CHATMOUNT_DATABASE_TIMEOUT_MS": "20000"}
    return load_settings({"CHATMOUNT_HOME": str(tmp_path), **patience, **variables})


@asynccontextmanager
async def serving_chat(
    tmp_path: Path,
    signer: TokenSigner,
    clock: Clock,
    answerer: Answerer,
    timing: Timing = QUICK,
    database_url: str = "",
    beside: Chat | None = None,
    follow_ups: FollowUps | None = None,
    **more: str,
) -> AsyncIterator[Chat]:
    """Chat and its neighbours, until the block ends.

    `beside`: another replica, whose neighbours are shared. `more`: environment variables.
    """
    async with AsyncExitStack() as stack:
        quota = beside.quota if beside else await stack.enter_async_context(ScriptedQuota(signer))
        retrieval = beside.retrieval if beside else await stack.enter_async_context(ScriptedRetrieval(signer))
        variables = {
            "CHATMOUNT_QUOTA_ADDRESS": quota.address,
            "CHATMOUNT_RETRIEVAL_ADDRESS": retrieval.address,
            **more,
        }
        if database_url.startswith("postgresql"):
            variables["CHATMOUNT_DATABASE_URL"] = database_url
        settings = settings_for(tmp_path, **variables)
        lay_tables(settings.service_database_url("chat"), "chat")
        opened = open_chat(settings, Answers(answerer, follow_ups), signer, clock, timing)
        address = await stack.enter_async_context(serving(signer, *await stack.enter_async_context(opened)))
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(address))
        yield Chat(channel, signer, quota, retrieval, answerer)


def refusal_of(error: object) -> ChatmountError:
    """What a service refused."""
    assert isinstance(error, grpc.aio.AioRpcError)
    ours = from_rpc_error(error)
    assert ours is not None, error
    return ours


async def refused(call: Awaitable[object]) -> Reason:
    """Why a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal_of(caught.value).reason


async def until_turns(chat: Chat, turns: int) -> None:
    """Waits until the sessions of the chatbot have so many turns in all."""

    async def are_there() -> bool:
        return sum(session.turns for session in await chat.sessions()) == turns

    await until(are_there)
