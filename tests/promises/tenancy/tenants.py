"""All four services on real servers in one process, and tenants that share no word."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pool

from services.auth.build import open_auth
from services.chat.answerers.answerer import Citations, Piece, Question
from services.chat.answerers.choose import Answers
from services.chat.build import open_chat
from services.config.plans import load_plans
from services.config.settings import Settings, load_settings
from services.quota.build import open_quota
from services.retrieval.build import open_retrieval
from services.rpc.links import Neighbours
from services.rpc.memory import ServiceInMemory
from services.rpc.server import Registration, names_of
from services.trust.principal import Principal
from services.trust.principal_tokens import TokenSigner
from tests.contract.plans import with_plans
from tests.promises.tenancy.outcomes import Outcome, call
from tests.promises.tenancy.tenant import ANYBODYS, PAIR_QUESTION, PASSWORD, PLAN, QUESTION, SITE, Tenant, page
from tests.retrieval.word_embedder import WordEmbedder
from tests.secret import SECRET
from tests.serving import serving


class Talkative:
    """An answerer that repeats all that it was told, so that mistakes show."""

    async def answer(self, question: Question) -> AsyncGenerator[Piece | Citations, None]:
        """See Answerer."""
        past = [f"{turn.question} {turn.answer}" for turn in question.history]
        told = [question.instructions, *past, *(passage.text for passage in question.passages)]
        yield Piece(" ".join(told))
        yield Citations((1,))


class World:
    """The running services."""

    def __init__(self, signer: TokenSigner) -> None:
        self.signer = signer
        self.methods: dict[str, Any] = {}
        self._paths: dict[str, str] = {}
        self._channels: dict[str, grpc.aio.Channel] = {}

    def serves(self, channel: grpc.aio.Channel, registrations: Sequence[Registration]) -> None:
        """Takes note of a server's methods, as the descriptor pool knows them."""
        for name in names_of(registrations):
            service = descriptor_pool.Default().FindServiceByName(name)
            for method in service.methods:
                path = f"/{service.full_name}/{method.name}"
                self.methods[path] = method
                self._channels[path] = channel
                self._paths[f"{service.name}/{method.name}"] = path

    async def call(
        self,
        path: str,
        messages: Sequence[Mapping[str, Any]],
        principal: Principal | str | None,
        headers: Mapping[str, str] | None = None,
    ) -> Outcome:
        """What becomes of a call to `Service/Method`; `principal` may be a token itself, or None."""
        path = self._paths.get(path, path)
        metadata = dict(headers or {})
        if principal is not None:
            token = principal if isinstance(principal, str) else self.signer.sign(principal)
            metadata["authorization"] = f"Bearer {token}"
        return await call(self._channels[path], self.methods[path], path, messages, metadata)

    async def must(self, path: str, message: Mapping[str, Any], principal: Principal, **headers: str) -> dict[str, Any]:
        """The reply of a call that may not fail."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        outcome = await self.call(path, [message], principal, named)
        assert outcome.code == "OK", (path, outcome)
        return outcome.replies[0]

    async def tenant(self, word: str, account_id: str = "") -> Tenant:
        """A new tenant, with something of every kind; in an account that is there when it is named."""
        operator = ANYBODYS["operator"]
        if not account_id:
            made = await self.must("AccountService/CreateAccount", {"name": word, "plan": PLAN}, operator)
            account_id = made["account"]["id"]
        chatbot = (await self.must("ChatbotService/CreateChatbot", {"account_id": account_id, "name": word}, operator))[
            "chatbot"
        ]
        made = await self.must("ApiKeyService/CreateApiKey", {"chatbot_id": chatbot["id"], "name": word}, operator)
        empty = Tenant(word, account_id, chatbot["id"], made["api_key"]["id"], made["secret"])
        own = empty.principals()
        asked = {"message": empty.unanswered, "session_id": empty.session_id}
        await self.must("ChatService/Chat", asked, own["key"])
        profile = {"instructions": f"Say {word}.", "abstention_threshold": 0}
        await self.must("ChatbotProfileService/UpdateProfile", profile, own["operator@chatbot"])
        source = await self.call("SourceService/AddSource", page(empty.source_url, word), own["operator@chatbot"])
        sync = {"began_at": 1, "ended_at": 2, "failed": 1, "failures": [{"url": empty.source_url, "error": word}]}
        await self.must("SourceService/RecordSync", {"sync": sync}, own["operator@chatbot"])
        pair = {"question": PAIR_QUESTION, "answer": f"Only {word}."}
        pair = (await self.must("QaPairService/AddQaPair", pair, own["operator@chatbot"]))["qa_pair"]
        asked = {"message": QUESTION, "session_id": empty.session_id}
        headers = {"idempotency_key": empty.idempotency_key, "x_request_id": empty.request_id}
        await self.must("ChatService/Chat", asked, own["key"], **headers)
        own["visitor@chatbot"] = replace(own["visitor@chatbot"], may_begin=True)
        asked = {"message": f"{QUESTION} I heard of {word}."}
        visit = await self.call(
            "ChatService/StreamChat", [asked], own["visitor@chatbot"], {"x-request-id": empty.visit_id}
        )
        assert visit.code == "OK", visit
        listed = await self.must("WidgetService/UpdateWidget", {"add_origins": [SITE]}, own["operator@chatbot"])
        held = {"request_id": empty.request_id, "reservation_id": empty.reservation_id, "ttl_seconds": 3600}
        await self.must("QuotaService/Reserve", held, own["key"])
        given = {"amount": 5, "note": word, "grant_id": empty.grant_id}
        await self.must("QuotaService/GrantCredits", given, own["operator@account"])
        source_id, widget_id = source.replies[0]["source"]["id"], listed["widget"]["id"]
        return replace(empty, source_id=source_id, pair_id=pair["id"], widget_id=widget_id)

    async def person(self, tenant: Tenant) -> Tenant:
        """The tenant with a person who has signed in and is an owner, with another owner, and with an invitation."""
        operator, account, web = ANYBODYS["operator"], tenant.principals()["operator@account"], ANYBODYS["web"]
        for email in (tenant.email, f"spare.{tenant.email}"):
            user = (await self.must("UserService/CreateUser", {"email": email, "name": tenant.word}, operator))["user"]
            await self.must("MemberService/AddMember", {"email": email, "role": "MEMBER_ROLE_OWNER"}, account)
            if email == tenant.email:
                link = await self.must("UserService/CreateSignInLink", {"user_id": user["id"]}, operator)
        guest = {"email": f"guest.{tenant.email}", "role": "MEMBER_ROLE_VIEWER"}
        invited = (await self.must("MemberService/CreateInvitation", guest, account))["invitation"]
        used = await self.must("SignInService/UseSignInLink", {"secret": link["secret"], "password": PASSWORD}, web)
        cookie = {"http": {"headers": {"cookie": f"__Host-chatmount={used['session']['secret']}"}}}
        at_the_door = {"attributes": {"request": cookie, "context_extensions": {"door": "session"}}}
        passed = (await self.must("Authorization/Check", at_the_door, ANYBODYS["edge"]))["ok_response"]
        token = passed["headers"][0]["header"]["value"].removeprefix("Bearer ")
        user = self.signer.verify(token, "auth")
        return replace(
            tenant,
            user_id=user.subject,
            user_session_id=user.user_session_id,
            invitation_id=invited["id"],
        )


@asynccontextmanager
async def world(home: Path, database_url: str = "", *, together: bool = False) -> AsyncIterator[World]:
    """All four services, each with its own door, on SQLite or on a Postgres.

    `together`: they call each other in memory, as services of one process do.
    """
    home.mkdir(parents=True, exist_ok=True)
    environment = {"CHATMOUNT_HOME": str(home), **with_plans(home)}
    plans = load_plans(home / "plans.toml")
    if database_url:
        environment |= {"CHATMOUNT_DATABASE_URL": database_url, "CHATMOUNT_DATABASE_TIMEOUT_MS": "10000"}
    signer = TokenSigner([SECRET])
    running = World(signer)
    async with AsyncExitStack() as parts:

        def settings() -> Settings:
            return load_settings(environment)

        neighbours = Neighbours(settings(), signer, None)

        async def serve(name: str, registrations: Sequence[Registration]) -> None:
            address = await parts.enter_async_context(serving(signer, *registrations))
            environment[f"CHATMOUNT_{name}_ADDRESS"] = address
            channel = await parts.enter_async_context(grpc.aio.insecure_channel(address))
            running.serves(channel, registrations)
            if together:
                neighbours.are_joined_by(name.lower(), ServiceInMemory(registrations, signer))

        def beside() -> Neighbours:
            return neighbours if together else Neighbours(settings(), signer, None)

        await serve("QUOTA", await parts.enter_async_context(open_quota(settings(), plans)))
        await serve("RETRIEVAL", await parts.enter_async_context(open_retrieval(settings(), WordEmbedder())))
        auth = open_auth(settings(), plans, signer, neighbours=beside())
        await serve("AUTH", await parts.enter_async_context(auth))
        chat = open_chat(settings(), Answers(Talkative()), signer, neighbours=beside())
        await serve("CHAT", await parts.enter_async_context(chat))
        yield running
