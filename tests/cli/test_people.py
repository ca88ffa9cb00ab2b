"""`chatmount user` and `chatmount member`, at an Auth service of the test's own."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from chatmount.auth.v1 import people_pb2, people_pb2_grpc

from services.auth.build import open_auth
from services.config.plans import DEFAULT_PLANS
from services.config.settings import load_settings
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import ensure_secret
from tests.ready_tables import lay_tables
from tests.serving import serving
from tests.waiting import PATIENCE

from .conftest import CommandLine

DASHBOARD = "https://chat.example.com/dashboard/"
PASSWORD = "correct horse battery"
NOWHERE = "127.0.0.1:9"


class Dashboard:
    """What the dashboard does with links."""

    def __init__(self, address: str, signer: TokenSigner) -> None:
        self._address = address
        self._signer = signer

    def call(self, method: str, request: Any) -> Any:
        metadata = (("authorization", f"Bearer {self._signer.sign(Principal(Role.ROLE_WEB))}"),)
        with grpc.insecure_channel(self._address) as channel:
            return getattr(people_pb2_grpc.SignInServiceStub(channel), method)(request, metadata=metadata)

    def open(self, link: str) -> Any:
        """What a link asks for."""
        kind, _, secret = link.removeprefix(DASHBOARD).partition("?secret=")
        if kind == "invitation":
            return self.call("GetInvitation", people_pb2.GetInvitationRequest(secret=secret))
        assert kind == "link"
        return self.call("GetSignInLink", people_pb2.GetSignInLinkRequest(secret=secret))

    def use(self, link: str, **fields: str) -> None:
        secret = link.partition("?secret=")[2]
        self.call("UseSignInLink", people_pb2.UseSignInLinkRequest(secret=secret, password=PASSWORD, **fields))


@pytest.fixture
def dashboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dashboard]:
    """Auth without data, which the command line finds by its environment; nothing else runs."""
    home = tmp_path / "home"
    settings = load_settings({"CHATMOUNT_HOME": str(home), "CHATMOUNT_QUOTA_ADDRESS": NOWHERE})
    signer = TokenSigner(ensure_secret(settings.secret_file))
    lay_tables(settings.service_database_url("auth"), "auth")
    loop, ready = asyncio.new_event_loop(), threading.Event()
    found: list[str] = []

    @asynccontextmanager
    async def running() -> AsyncIterator[str]:
        async with open_auth(settings, DEFAULT_PLANS, signer) as parts, serving(signer, *parts) as address:
            yield address

    async def serve() -> None:
        async with running() as address:
            found.append(address)
            ready.set()
            await stop.wait()

    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(PATIENCE)
    for name in ("QUOTA", "RETRIEVAL", "CHAT"):
        monkeypatch.setenv(f"CHATMOUNT_{name}_ADDRESS", NOWHERE)
    monkeypatch.setenv("CHATMOUNT_AUTH_ADDRESS", found[0])
    monkeypatch.setenv("CHATMOUNT_HOME", str(home))
    monkeypatch.setenv("CHATMOUNT_DASHBOARD_URL", "https://chat.example.com")
    yield Dashboard(found[0], signer)
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.fixture
def cli(dashboard: Dashboard) -> CommandLine:
    return CommandLine()


@pytest.fixture
def account(cli: CommandLine) -> str:
    return str(cli.json("account", "create", "Example Ltd", "--plan", "plus")["id"])


def test_the_first_user_comes_in_by_a_link(cli: CommandLine, dashboard: Dashboard) -> None:
    assert cli.refused("user", "link", "--first").startswith("There is no account yet: name one with --account")
    account = cli.json("account", "create", "Example Ltd", "--plan", "plus")["id"]
    made = cli.json("user", "link", "--first")
    assert made.keys() == {"link", "account_id", "link_expires_at"}
    assert made["account_id"] == account
    assert dashboard.open(made["link"]).email == ""
    other = cli.json("account", "create", "Other Ltd", "--plan", "plus")["id"]
    assert cli.refused("user", "link", "--first").startswith("There are several accounts")
    newest = cli.json("user", "link", "--first", "--account", other)["link"]
    dashboard.use(newest, email="ada@example.com", name="Ada")
    (user,) = cli.json("user", "list")["users"]
    assert (user["email"], user["is_operator"]) == ("ada@example.com", True)
    (member,) = cli.json("member", "list", "--account", other)["members"]
    assert (member["user"]["id"], member["role"]) == (user["id"], "owner")
    assert cli.refused("user", "link", "--first", "--account", other) == (
        "There are users already. Make a link for one of them."
    )


def test_a_user_is_created_and_comes_in_by_the_link_that_is_shown(cli: CommandLine, dashboard: Dashboard) -> None:
    made = cli.json("user", "create", "ada@example.com", "--name", "Ada")
    assert list(made)[:4] == ["link", "id", "email", "name"]
    assert (made["is_operator"], made["enabled"], made["last_seen_at"]) == (False, True, None)
    assert dashboard.open(made["link"]).email == "ada@example.com"
    again = cli("user", "link", made["id"])
    (link,) = (word for word in again.out.split() if word.startswith(DASHBOARD))
    assert "only time" in again.out
    dashboard.use(link)
    assert cli.json("user", "create", "bob@example.com", "--name", "Bob", "--operator")["is_operator"]
    listed = cli("user", "list").out
    assert "ada@example.com" in listed
    assert "secret=" not in listed


def test_a_user_is_disabled_and_enabled(cli: CommandLine) -> None:
    user = cli.json("user", "create", "ada@example.com", "--name", "Ada")["id"]
    assert cli.json("user", "disable", user)["enabled"] is False
    assert cli.refused("user", "link", user) == "This user is disabled and can't sign in. Enable them first."
    assert cli.json("user", "enable", user)["enabled"] is True


def test_members_are_added_changed_and_removed(cli: CommandLine, account: str) -> None:
    at = ("--account", account)
    users = [cli.json("user", "create", f"{name}@example.com", "--name", name)["id"] for name in ("ada", "bob")]
    assert cli.json("member", "add", "ada@example.com", "--role", "owner", *at)["role"] == "owner"
    assert cli.json("member", "add", "bob@example.com", "--role", "viewer", *at)["user"]["id"] == users[1]
    assert cli.json("member", "set-role", users[1], "--role", "editor", *at)["role"] == "editor"
    listed = cli.json("member", "list", *at)
    assert [(one["user"]["email"], one["role"]) for one in listed["members"]] == [
        ("ada@example.com", "owner"),
        ("bob@example.com", "editor"),
    ]
    assert "only owner" in cli.refused("member", "remove", users[0], *at)
    assert cli.json("member", "remove", users[1], *at) == {"id": users[1], "removed": True}
    events = cli.json("audit", "list", *at)["events"]
    assert [event["action"] for event in events][:3] == ["member.remove", "member.set-role", "member.add"]
    assert events[0]["user_id"] == users[1]
    assert users[1] in cli("audit", "list", *at).out


def test_an_address_is_invited_and_the_invitation_withdrawn(
    cli: CommandLine, dashboard: Dashboard, account: str
) -> None:
    at = ("--account", account)
    made = cli.json("member", "invite", "eve@example.com", "--role", "editor", *at)
    assert (made["email"], made["role"], made["link_expires_at"]) == ("eve@example.com", "editor", made["expires_at"])
    offer = dashboard.open(made["link"])
    assert (offer.email, offer.account_name) == ("eve@example.com", "Example Ltd")
    shown = cli("member", "list", *at).out
    assert "eve@example.com" in shown
    assert "No members yet" in shown
    assert cli.json("member", "withdraw", made["id"], *at) == {"id": made["id"], "withdrawn": True}
    with pytest.raises(grpc.RpcError):
        dashboard.open(made["link"])
    assert cli.json("member", "list", *at)["invitations"] == []


def test_mistakes_say_what_to_do(cli: CommandLine, account: str) -> None:
    at = ("--account", account)
    role = ("--role", "viewer")
    assert "`chatmount user list` shows" in cli.refused("user", "disable", "usr_x")
    assert "`chatmount user list` shows" in cli.refused("user", "link", "usr_x")
    assert "`chatmount user list` shows" in cli.refused("member", "add", "x@example.com", *role, *at)
    assert f"`chatmount member list --account {account}` shows" in cli.refused("member", "remove", "usr_x", *at)
    assert f"`chatmount member list --account {account}` shows" in cli.refused("member", "withdraw", "inv_x", *at)
    assert "`chatmount account list` shows" in cli.refused("member", "list", "--account", "acct_x")
    assert "`chatmount account list` shows" in cli.refused("user", "link", "--first", "--account", "acct_x")
    assert "Give a user, or --first." in cli.refused("user", "link", code=2)
    assert "Give a user, or --first." in cli.refused("user", "link", "usr_x", "--first", code=2)
    assert "--account goes with --first." in cli.refused("user", "link", "usr_x", *at, code=2)
    assert "'boss' is not one of" in cli.refused("member", "invite", "x@example.com", "--role", "boss", *at, code=2)
    assert "email must be an address" in cli.refused("user", "create", "ada", "--name", "Ada")
    cli.json("user", "create", "ada@example.com", "--name", "Ada")
    assert "has a user already" in cli.refused("user", "create", "Ada@example.com", "--name", "Ada")
