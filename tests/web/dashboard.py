"""The web process before real services, and people of every role with their browsers."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from aiohttp import DummyCookieJar
from aiohttp.test_utils import TestClient, TestServer
from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc, people_pb2, people_pb2_grpc

from services.auth.build import open_auth
from services.auth.people.records import AccountRole, Membership
from services.auth.store import AuthStore
from services.chat.answerers.choose import choose_answers
from services.chat.build import open_chat
from services.config.plans import DEFAULT_PLANS
from services.config.settings import Settings, load_settings
from services.database import open_database
from services.ids import new_id
from services.quota.build import open_quota
from services.retrieval.build import open_retrieval
from services.rpc.channels import open_channel
from services.rpc.server import Registration, start_server
from services.trust.principal import SERVICES, Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.web.build import TOKEN_FILE, open_web
from tests.ready_tables import lay_tables
from tests.retrieval.word_embedder import WordEmbedder
from tests.turned_clock import TurnedClock
from tests.waiting import until
from tests.web.browser import REQUEST_ID, Browser, Part, Reply

MEMBERS = ("owner", "editor", "viewer")
# `stranger` has no account, `operator` runs the installation.
PEOPLE = (*MEMBERS, "stranger", "operator")
PASSWORD = "correct horse battery"


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


@dataclass
class Dashboard:
    """A dashboard with an account that has an owner, an editor, a viewer and one chatbot."""

    client: "TestClient[Any, Any]"
    clock: TurnedClock
    services: Mapping[str, Service]
    auth_channel: grpc.aio.Channel
    edge_channel: grpc.aio.Channel
    memberships: AuthStore
    embedder: WordEmbedder
    browsers: dict[str, Browser] = field(default_factory=dict)
    users: dict[str, people_pb2.User] = field(default_factory=dict)
    request_id: str = REQUEST_ID
    account: auth_pb2.Account = field(init=False)
    chatbot: auth_pb2.Chatbot = field(init=False)

    async def get(self, path: str, who: str = "owner", **headers: str) -> Reply:
        """The page at `path` as one of PEOPLE sees it; "" for somebody who has not signed in."""
        return await self._browser(who).get(path, **headers)

    async def post(self, path: str, fields: Mapping[str, str] | str = "", who: str = "owner", **headers: str) -> Reply:
        """The reply to a form of one of PEOPLE."""
        return await self._browser(who).post(path, fields, **headers)

    async def send(
        self, path: str, parts: Sequence[Part], who: str = "owner", *, cut: int = 0, **headers: str
    ) -> Reply:
        """The reply to a form with files of one of PEOPLE."""
        return await self._browser(who).send(path, parts, cut=cut, **headers)

    def _browser(self, who: str) -> Browser:
        return self.browsers[who] if who else self.new_browser()

    def new_browser(self) -> Browser:
        """One that has no cookies yet."""
        return Browser(self.client, self.edge_channel)

    async def auth(self, method: str, **fields: Any) -> Any:
        """A call of Auth, as an operator."""
        for messages, stubs in ((auth_pb2, auth_pb2_grpc), (people_pb2, people_pb2_grpc)):
            for service in messages.DESCRIPTOR.services_by_name.values():
                if method in service.methods_by_name:
                    stub: Any = getattr(stubs, f"{service.name}Stub")(self.auth_channel)
                    return await getattr(stub, method)(getattr(messages, f"{method}Request")(**fields))
        raise KeyError(method)

    async def new_chatbot(self, name: str = "Help Desk") -> auth_pb2.Chatbot:
        return (await self.auth("CreateChatbot", account_id=self.account.id, name=name)).chatbot

    async def new_account(self, name: str = "Acme", members: Sequence[str] = MEMBERS) -> auth_pb2.Account:
        account = (await self.auth("CreateAccount", name=name, plan="plus")).account
        async with self.memberships.write() as transaction:
            for who in members:
                role = AccountRole[who.upper()]
                await transaction.add(Membership(new_id("mbr"), account.id, self.users[who].id, role, 0))
        return account

    async def fill(self) -> None:
        """A new account with its members and its chatbot, and people who have just signed in."""
        for who in PEOPLE:
            if who not in self.users:
                await self._add(who)
        self.account = await self.new_account()
        self.chatbot = await self.new_chatbot()

    async def _add(self, who: str) -> None:
        created = await self.auth(
            "CreateUser", email=f"{who}@example.com", name=who.capitalize(), is_operator=who == "operator"
        )
        link = await self.auth("CreateSignInLink", user_id=created.user.id)
        self.users[who], self.browsers[who] = created.user, self.new_browser()
        await self.get("/dashboard/sign-in", who)
        entered = await self.post("/dashboard/link", {"secret": link.secret, "password": PASSWORD}, who)
        assert entered.status == 303

    @asynccontextmanager
    async def without(self, name: str) -> AsyncIterator[None]:
        """One of the services is away during the block; the edge still asks an Auth."""
        await self.services[name].stop()
        try:
            yield
        finally:
            await self.services[name].start()
            await until(lambda: self._is_back(name))

    async def _is_back(self, name: str) -> bool:
        """Whether the web process, which waits a moment between two attempts, has found it again."""
        for path in (f"{self.account.id}/", f"{self.chatbot.id}/sources"):
            reply = await self.get(f"/dashboard/{path}")
            if reply.status != 200 or f"The {name.capitalize()} service" in reply.text:
                return False
        return True


@asynccontextmanager
async def opened(home: Path, signer: TokenSigner, clock: TurnedClock) -> AsyncIterator[Dashboard]:
    """All of it, until the block ends."""
    services: dict[str, Service] = {}
    embedder = WordEmbedder()

    def settings() -> Settings:
        told = {f"CHATMOUNT_{name.upper()}_ADDRESS": service.address for name, service in services.items()}
        return load_settings({"CHATMOUNT_HOME": str(home), "CHATMOUNT_DATABASE_TIMEOUT_MS": "20000", **told})

    async with AsyncExitStack() as stack:

        async def serve(opening: Any) -> Service:
            service = Service(signer, await stack.enter_async_context(opening))
            await service.start()
            stack.push_async_callback(service.stop)
            return service

        async def channel(service: Service, role: Role.ValueType) -> grpc.aio.Channel:
            return await stack.enter_async_context(open_channel(service.address, signer, lambda: Principal(role)))

        for name in SERVICES:
            lay_tables(settings().service_database_url(name), name)
        services["quota"] = await serve(open_quota(settings(), DEFAULT_PLANS, clock))
        services["retrieval"] = await serve(open_retrieval(settings(), embedder, clock))
        services["auth"] = await serve(open_auth(settings(), DEFAULT_PLANS, signer, clock))
        services["chat"] = await serve(open_chat(settings(), choose_answers(settings().llm), signer, clock))
        # The edge's own, which stays while the other is away.
        edges = await serve(open_auth(settings(), DEFAULT_PLANS, signer, clock))
        database = open_database(settings(), "auth")
        stack.push_async_callback(database.close)
        token = home.joinpath(*TOKEN_FILE)
        token.parent.mkdir()
        token.write_text(signer.sign(Principal(Role.ROLE_WEB), 3600, ("auth",)))
        app = await stack.enter_async_context(open_web(settings(), clock))
        client = await stack.enter_async_context(TestClient(TestServer(app), cookie_jar=DummyCookieJar()))
        yield Dashboard(
            client,
            clock,
            services,
            await channel(services["auth"], Role.ROLE_OPERATOR),
            await channel(edges, Role.ROLE_EDGE),
            AuthStore(database),
            embedder,
        )
