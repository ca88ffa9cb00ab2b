"""Envoy's token and web's: signed with the newest secret, renewed in time, taken up by Envoy."""

import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from services.clock import system_clock
from services.config.settings import Settings, load_settings
from services.edge.credential import (
    ENVOY,
    FILE_NAME,
    LIFETIME_SECONDS,
    WEB,
    Credential,
    Holder,
    read_edge_token,
    renewed_credentials,
    tokens_follow,
    write_edge_token,
)
from services.errors import ChatmountError
from services.trust.principal import SERVICES, Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.edge.edge_neighbours import Stubs
from tests.edge.edge_stack import Edge, running_edge
from tests.waiting import eventually

OLD, NEW = "o" * 40, "n" * 40


class Secrets:
    """Secrets that a test replaces."""

    def __init__(self, *secrets: str) -> None:
        self.now = secrets

    def current(self) -> tuple[str, ...]:
        return self.now

    def at_once(self) -> tuple[str, ...]:
        return self.now


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "envoy").mkdir()
    return load_settings({"CHATMOUNT_HOME": str(tmp_path)})


@dataclass
class Kept:
    """A credential, its file, and how the token is read from it."""

    credential: Credential
    file: Path
    read: Callable[[Path], str]

    def token(self) -> str:
        return self.read(self.file)


@pytest.fixture(params=[ENVOY, WEB], ids=lambda holder: holder.name)
def holder(request: pytest.FixtureRequest) -> Holder:
    made: Holder = request.param
    return made


def kept(holder: Holder, settings: Settings, secrets: Secrets, clock: Callable[[], float] = system_clock) -> Kept:
    file = settings.home / "envoy" / FILE_NAME if holder is ENVOY else settings.web_token_file
    credential = Credential(holder, secrets, file, clock)
    credential.renew()
    return Kept(credential, file, read_edge_token if holder is ENVOY else Path.read_text)


def test_the_token_is_its_holders_and_its_file_is_private(settings: Settings, holder: Holder) -> None:
    clock = Clock()
    made = kept(holder, settings, Secrets(NEW, OLD), clock)
    assert TokenSigner([NEW], clock).verify(made.token(), "auth") == Principal(role=holder.role)
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert [path.name for path in made.file.parent.iterdir()] == [made.file.name]


@pytest.mark.parametrize(
    ("of", "role", "audience"), [(ENVOY, Role.ROLE_EDGE, {"auth", "quota"}), (WEB, Role.ROLE_WEB, {"auth"})]
)
def test_the_token_lives_a_day_and_is_for_those_who_are_asked(
    settings: Settings, of: Holder, role: Role.ValueType, audience: set[str]
) -> None:
    clock = Clock()
    token = kept(of, settings, Secrets(NEW), clock).token()
    signer = TokenSigner([NEW], clock)
    for service in SERVICES:
        if service in audience:
            verified = signer.verify(token, service)
            assert verified.role == role
            assert verified.expires_at <= clock.now + 24 * 3600
        else:
            with pytest.raises(ChatmountError):
                signer.verify(token, service)


def test_the_tokens_follow_the_secret_that_signs(settings: Settings) -> None:
    secrets = Secrets(OLD)
    envoy, web = (kept(holder, settings, secrets) for holder in (ENVOY, WEB))
    secrets.now = (OLD, NEW)
    for each in (envoy, web):
        each.credential.renew()
    assert tokens_follow(settings, OLD)
    assert not tokens_follow(settings, NEW)
    secrets.now = (NEW, OLD)
    envoy.credential.renew()
    assert not tokens_follow(settings, NEW), "web's is still of the old one"
    web.credential.renew()
    assert tokens_follow(settings, NEW)
    assert not tokens_follow(settings, OLD)


def test_the_token_is_renewed_when_half_of_its_life_is_over_and_not_before(settings: Settings, holder: Holder) -> None:
    clock = Clock()
    made = kept(holder, settings, Secrets(NEW), clock)
    first = made.token()
    clock.now += LIFETIME_SECONDS / 2 - 10
    made.credential.renew()
    assert made.token() == first
    clock.now += 20
    made.credential.renew()
    assert made.token() != first
    assert TokenSigner([NEW], clock).verify(made.token(), "auth").expires_at > clock.now + LIFETIME_SECONDS - 10


def test_what_can_not_be_read_follows_no_secret_and_where_nobody_has_one_nothing_has_to(settings: Settings) -> None:
    assert tokens_follow(settings, NEW)
    (settings.home / "envoy" / FILE_NAME).write_text("{")
    assert not tokens_follow(settings, NEW)


def test_without_a_dashboard_web_has_no_token_and_no_secret_waits_for_one(settings: Settings) -> None:
    file = settings.home / "envoy" / FILE_NAME
    assert len(renewed_credentials(settings, Secrets(OLD), file)) == 2
    assert settings.web_token_file.exists()
    assert len(renewed_credentials(replace(settings, dashboard=False), Secrets(NEW), file)) == 1
    assert tokens_follow(settings, NEW)
    assert not settings.web_token_file.exists()


def test_a_running_envoy_takes_up_a_new_token_and_keeps_its_own_when_the_file_is_spoilt(
    tmp_path: Path, stubs: Stubs
) -> None:
    with running_edge(tmp_path, stubs) as edge:
        for number in range(3):
            write_edge_token(f"token-{number}", tmp_path / FILE_NAME)
            eventually(lambda number=number: shown(edge) == {f"Bearer token-{number}"}, what="the token is shown")  # type: ignore[misc]
        (tmp_path / "garbage").write_text("{")
        (tmp_path / "garbage").replace(tmp_path / FILE_NAME)
        eventually(lambda: "config update failure" in edge.log.read_text(), what="Envoy has seen it")
        assert shown(edge) == {"Bearer token-2"}
        (tmp_path / FILE_NAME).unlink()
        assert shown(edge) == {"Bearer token-2"}


def shown(edge: Edge) -> set[str]:
    """The credentials under which the edge asks Auth and Quota."""
    assert edge.ask({"message": "hi"}).status == 200
    return {edge.stubs.last(service)["metadata"]["authorization"] for service in ("auth", "quota")}
