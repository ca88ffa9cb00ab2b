"""The edge's token: signed with the newest secret, renewed in time, taken up by Envoy."""

import stat
from pathlib import Path

import pytest

from services.edge.credential import (
    FILE_NAME,
    LIFETIME_SECONDS,
    EdgeCredential,
    token_follows,
    write_edge_token,
)
from services.errors import ChatmountError
from services.trust.principal import Principal, Role
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
def home(tmp_path: Path) -> Path:
    (tmp_path / "envoy").mkdir()
    return tmp_path


def token_in(file: Path) -> str:
    return file.read_text().partition("Bearer ")[2].partition('"')[0]


def test_the_token_is_the_edges_and_its_file_is_private(home: Path) -> None:
    clock = Clock()
    file = home / "envoy" / FILE_NAME
    EdgeCredential(Secrets(NEW, OLD), file, clock).renew()
    assert TokenSigner([NEW], clock).verify(token_in(file), "auth") == Principal(role=Role.ROLE_EDGE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [FILE_NAME]


def test_the_token_lives_a_day_and_is_for_those_whom_envoy_asks(home: Path) -> None:
    clock, file = Clock(), home / "envoy" / FILE_NAME
    EdgeCredential(Secrets(NEW), file, clock).renew()
    signer = TokenSigner([NEW], clock)
    assert signer.verify(token_in(file), "quota").expires_at <= clock.now + 24 * 3600
    for service in ("retrieval", "chat"):
        with pytest.raises(ChatmountError):
            signer.verify(token_in(file), service)


def test_the_token_follows_the_secret_that_signs(home: Path) -> None:
    secrets, file = Secrets(OLD), home / "envoy" / FILE_NAME
    credential = EdgeCredential(secrets, file)
    credential.renew()
    secrets.now = (OLD, NEW)
    credential.renew()
    assert token_follows(home, OLD)
    assert not token_follows(home, NEW)
    secrets.now = (NEW, OLD)
    credential.renew()
    assert token_follows(home, NEW)
    assert not token_follows(home, OLD)


def test_the_token_is_renewed_when_half_of_its_life_is_over_and_not_before(home: Path) -> None:
    clock, file = Clock(), home / "envoy" / FILE_NAME
    credential = EdgeCredential(Secrets(NEW), file, clock)
    credential.renew()
    first = token_in(file)
    clock.now += LIFETIME_SECONDS / 2 - 10
    credential.renew()
    assert token_in(file) == first
    clock.now += 20
    credential.renew()
    assert token_in(file) != first
    assert TokenSigner([NEW], clock).verify(token_in(file), "auth").expires_at > clock.now + LIFETIME_SECONDS - 10


def test_what_can_not_be_read_follows_no_secret_and_where_no_envoy_is_nothing_has_to(home: Path) -> None:
    assert token_follows(home, NEW)
    (home / "envoy" / FILE_NAME).write_text("{")
    assert not token_follows(home, NEW)


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
