"""The web process before real services, and people of every role with their browsers."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from aiohttp import DummyCookieJar
from aiohttp.test_utils import TestClient, TestServer
from chatmount.auth.v1 import auth_pb2, people_pb2

from services.auth.build import open_auth
from services.chat.answerers.choose import Answers
from services.chat.build import open_chat
from services.config.plans import DEFAULT_PLANS
from services.config.settings import Settings, load_settings
from services.edge.credential import write_web_token
from services.quota.build import open_quota
from services.retrieval.build import open_retrieval
from services.trust.principal import SERVICES, Channel, MemberRole, Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.web.build import open_web
from tests.channels import open_channel
from tests.ready_tables import empty_tables, lay_tables
from tests.retrieval.word_embedder import WordEmbedder
from tests.turned_clock import TurnedClock
from tests.waiting import until
from tests.web.answerer import ChoosingAnswerer
from tests.web.browser import REQUEST_ID, Browser, Part, Reply
from tests.web.service import Service, call_by_name

MEMBERS = ("owner", "editor", "viewer")
# `stranger` has no account, `operator` runs the installation.
PEOPLE = (*MEMBERS, "stranger", "operator")
PASSWORD = "correct horse battery"


@dataclass
class Dashboard:
    """A dashboard with an account that has an owner, an editor, a viewer and one chatbot."""

    home: Path
    signer: TokenSigner
    client: "TestClient[Any, Any]"
    clock: TurnedClock
    services: Mapping[str, Service]
    edge_channel: grpc.aio.Channel
    embedder: WordEmbedder
    answerer: ChoosingAnswerer
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
        return await self.call("auth", method, Principal(Role.ROLE_OPERATOR), **fields)

    async def call(self, service: str, method: str, principal: Principal | None = None, **fields: Any) -> Any:
        """A call of a service, as an operator at work on the chatbot unless as somebody else."""
        principal = principal or Principal(Role.ROLE_OPERATOR, self.account.id, self.chatbot.id)
        token = self.signer.sign(principal, audience=(service,))
        return await call_by_name(self.services[service].channel, service, method, token, fields)

    async def answer_once(self, chatbot: auth_pb2.Chatbot) -> None:
        """One credit of the chatbot is used up, as by an answer to an API key."""
        key = Principal(Role.ROLE_API_KEY, chatbot.account_id, chatbot.id, "key_1", "plus", Channel.API)
        reserved = await self.call("quota", "Reserve", key, request_id=REQUEST_ID)
        await self.call("quota", "Settle", key, reservation_id=reserved.reservation_id)

    async def new_chatbot(self, name: str = "Help Desk") -> auth_pb2.Chatbot:
        return (await self.auth("CreateChatbot", account_id=self.account.id, name=name)).chatbot

    async def new_account(self, name: str = "Acme", **roles: str) -> auth_pb2.Account:
        """An account in which these people have these roles: `new_account("Acme", stranger="owner")`."""
        account = (await self.auth("CreateAccount", name=name, plan="plus")).account
        scope = Principal(Role.ROLE_OPERATOR, account.id)
        for who, role in roles.items():
            value = MemberRole.Value(f"MEMBER_ROLE_{role.upper()}")
            await self.call("auth", "AddMember", scope, email=self.users[who].email, role=value)
        return account

    async def empty(self) -> None:
        """Takes all rows and people away, as if nobody had been here."""
        for name in SERVICES:
            # Beside the event loop, in which a service may be about to end a transaction.
            await asyncio.to_thread(empty_tables, self.home / f"{name}.db", name)
        self.users.clear()
        self.browsers.clear()

    async def fill(self) -> None:
        """A new account with its members and its chatbot, and people who have just signed in."""
        for who in PEOPLE:
            if who not in self.users:
                await self.add(who)
        self.account = await self.new_account(**{who: who for who in MEMBERS})
        self.chatbot = await self.new_chatbot()

    async def add(self, who: str) -> None:
        """A user with a browser in which they have signed in."""
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
        await self.services[name].close()
        try:
            yield
        finally:
            await self.services[name].start()
            await until(lambda: self._is_back(name))

    async def _is_back(self, name: str) -> bool:
        """Whether the web process, which waits a moment between two attempts, has found it again."""
        for path in (f"{self.account.id}/", f"{self.chatbot.id}/sources", f"{self.chatbot.id}/settings"):
            reply = await self.get(f"/dashboard/{path}")
            if reply.status != 200 or f"The {name.capitalize()} service" in reply.text:
                return False
        return True


@asynccontextmanager
async def opened(home: Path, signer: TokenSigner, clock: TurnedClock) -> AsyncIterator[Dashboard]:
    """All of it, until the block ends."""
    services: dict[str, Service] = {}
    embedder, answerer = WordEmbedder(), ChoosingAnswerer()

    def settings() -> Settings:
        told = {f"CHATMOUNT_{name.upper()}_ADDRESS": service.address for name, service in services.items()}
        return load_settings({"CHATMOUNT_HOME": str(home), "CHATMOUNT_DATABASE_TIMEOUT_MS": "20000", **told})

    async with AsyncExitStack() as stack:

        async def serve(opening: Any) -> Service:
            service = Service(signer, await stack.enter_async_context(opening))
            await service.start()
            stack.push_async_callback(service.close)
            return service

        for name in SERVICES:
            lay_tables(settings().service_database_url(name), name)
        services["quota"] = await serve(open_quota(settings(), DEFAULT_PLANS, clock))
        services["retrieval"] = await serve(open_retrieval(settings(), embedder, clock))
        services["auth"] = await serve(open_auth(settings(), DEFAULT_PLANS, signer, clock))
        services["chat"] = await serve(open_chat(settings(), Answers(answerer), signer, clock))
        # The edge's own, which stays while the other is away.
        edges = await serve(open_auth(settings(), DEFAULT_PLANS, signer, clock))
        edge = await stack.enter_async_context(open_channel(edges.address, signer, lambda: Principal(Role.ROLE_EDGE)))
        write_web_token(signer.sign(Principal(Role.ROLE_WEB), 3600, ("auth",)), settings().web_token_file)
        app = await stack.enter_async_context(open_web(settings(), clock))
        client = await stack.enter_async_context(TestClient(TestServer(app), cookie_jar=DummyCookieJar()))
        yield Dashboard(
            home,
            signer,
            client,
            clock,
            services,
            edge,
            embedder,
            answerer,
        )
