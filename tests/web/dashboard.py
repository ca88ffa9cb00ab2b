"""The web process before real services, and a browser with the edge's part of the work."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import grpc
from aiohttp.test_utils import TestClient, TestServer
from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc, people_pb2_grpc

from services.auth.build import open_auth
from services.chat.answerers.choose import choose_answers
from services.chat.build import open_chat
from services.config.plans import DEFAULT_PLANS
from services.config.settings import Settings, load_settings
from services.edge.credential import write_web_token
from services.quota.build import open_quota
from services.retrieval.build import open_retrieval
from services.rpc.channels import open_channel
from services.rpc.server import Registration, start_server
from services.trust.principal import SERVICES, MemberRole, Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.web.build import open_web
from tests.ready_tables import lay_tables
from tests.retrieval.word_embedder import WordEmbedder
from tests.turned_clock import TurnedClock
from tests.waiting import until
from tests.web import people_stand_in
from tests.web.html_check import Element, read

REQUEST_ID = "11111111-2222-4333-8444-555555555555"
CLIENT = "198.51.100.7"
MEMBERS = ("owner", "editor", "viewer")
OPEN_PATHS = ("/dashboard/sign-in", "/dashboard/link", "/dashboard/invitation")


@dataclass
class Reply:
    """What the browser got."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @cached_property
    def page(self) -> Element:
        """The page, which is valid HTML."""
        return read(self.text)


@dataclass
class Dashboard:
    """A dashboard with an account that has an owner, an editor, a viewer and one chatbot.

    `stranger` is a user without an account, `operator` runs the installation.
    """

    client: "TestClient[Any, Any]"
    signer: TokenSigner
    clock: TurnedClock
    services: Mapping[str, "Service"]
    channels: Mapping[str, grpc.aio.Channel]
    request_id: str = REQUEST_ID
    account: auth_pb2.Account = field(init=False)
    chatbot: auth_pb2.Chatbot = field(init=False)

    async def get(self, path: str, who: str = "owner", **headers: str) -> Reply:
        """The page at `path` as `who` sees it; "" for somebody who has not signed in."""
        return await self._send("GET", path, who, headers)

    async def post(self, path: str, fields: Mapping[str, str] | str = "", who: str = "owner", **headers: str) -> Reply:
        """The reply to a form, or to a body as it is. Redirects are not followed."""
        return await self._send(
            "POST", path, who, headers, data=dict(fields) if isinstance(fields, Mapping) else fields
        )

    async def _send(self, method: str, path: str, who: str, headers: Mapping[str, str], **body: Any) -> Reply:
        sent = {"x-request-id": REQUEST_ID, "x-chatmount-client": CLIENT}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if who and not path.startswith(OPEN_PATHS):
            sent.setdefault("authorization", f"Bearer {self.signer.sign(user(who))}")
        async with self.client.request(method, path, headers=sent, allow_redirects=False, **body) as response:
            reply = Reply(response.status, response.headers, await response.text())
        if response.content_type == "text/html" and reply.text:
            assert reply.page
        return reply

    async def auth(self, method: str, **fields: Any) -> Any:
        """A call of Auth, as an operator."""
        service = next(
            service for service in auth_pb2.DESCRIPTOR.services_by_name.values() if method in service.methods_by_name
        )
        stub = getattr(auth_pb2_grpc, f"{service.name}Stub")(self.channels["auth"])
        return await getattr(stub, method)(getattr(auth_pb2, f"{method}Request")(**fields))

    @asynccontextmanager
    async def without(self, name: str) -> AsyncIterator[None]:
        """One of the services is away during the block."""
        await self.services[name].stop()
        try:
            yield
        finally:
            await self.services[name].start()
            await until(lambda: self._is_back(name))

    async def _is_back(self, name: str) -> bool:
        """Whether the web process, which waits a moment between two attempts, has found it again."""
        reply = await self.get(f"/dashboard/{self.account.id}/")
        return reply.status == 200 and f"The {name.capitalize()} service" not in reply.text

    async def new_chatbot(self, name: str = "Help Desk") -> auth_pb2.Chatbot:
        chatbot = (await self.auth("CreateChatbot", account_id=self.account.id, name=name)).chatbot
        people_stand_in.CHATBOTS[chatbot.id] = chatbot
        return chatbot

    async def fill(self) -> None:
        """A new account with its members and its chatbot."""
        self.account = (await self.auth("CreateAccount", name="Acme", plan="plus")).account
        people_stand_in.ACCOUNTS[self.account.id] = self.account
        for name in MEMBERS:
            role = MemberRole.Value(f"MEMBER_ROLE_{name.upper()}")
            people_stand_in.ROLES[self.account.id, user(name).subject] = role
        self.chatbot = await self.new_chatbot()


def user(who: str) -> Principal:
    return Principal(Role.ROLE_USER, subject=f"usr_{who}", user_session_id=f"uss_{who}")


@dataclass
class Service:
    """One of the four, which can be away for a while."""

    signer: TokenSigner
    registrations: Sequence[Registration]
    address: str = "127.0.0.1:0"
    server: grpc.aio.Server | None = None

    async def start(self) -> None:
        self.server, port, _ = await start_server(self.address, self.registrations, self.signer)
        self.address = f"127.0.0.1:{port}"

    async def stop(self) -> None:
        assert self.server is not None
        await self.server.stop(None)


@asynccontextmanager
async def opened(home: Path, signer: TokenSigner, clock: TurnedClock) -> AsyncIterator[Dashboard]:
    """All of it, until the block ends."""
    people_stand_in.install(signer)
    services: dict[str, Service] = {}

    def settings() -> Settings:
        told = {f"CHATMOUNT_{name.upper()}_ADDRESS": service.address for name, service in services.items()}
        return load_settings({"CHATMOUNT_HOME": str(home), "CHATMOUNT_DATABASE_TIMEOUT_MS": "20000", **told})

    async with AsyncExitStack() as stack:

        async def serve(name: str, opening: Any, *more: Registration) -> None:
            services[name] = Service(signer, (*await stack.enter_async_context(opening), *more))
            await services[name].start()
            stack.push_async_callback(services[name].stop)

        for name in SERVICES:
            lay_tables(settings().service_database_url(name), name)
        await serve("quota", open_quota(settings(), DEFAULT_PLANS, clock))
        await serve("retrieval", open_retrieval(settings(), WordEmbedder(), clock))
        users = (people_stand_in.Users(), people_pb2_grpc.add_UserServiceServicer_to_server)
        await serve("auth", open_auth(settings(), DEFAULT_PLANS, signer, clock), users)
        await serve("chat", open_chat(settings(), choose_answers(settings().llm), signer, clock))
        write_web_token(signer.sign(Principal(Role.ROLE_WEB), 3600, ("auth",)), settings().web_token_file)
        app = await stack.enter_async_context(open_web(settings(), clock))
        client = await stack.enter_async_context(TestClient(TestServer(app)))
        channels = {
            name: await stack.enter_async_context(
                open_channel(service.address, signer, lambda: Principal(Role.ROLE_OPERATOR))
            )
            for name, service in services.items()
        }
        yield Dashboard(client, signer, clock, services, channels)
