"""`python -m services.edge`, the edge of a container: Envoy lives and dies with it."""

import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from services.config.settings import load_settings
from services.edge.config import CONNECTIONS
from services.edge.connections import FILE_NAME as PRESSURE_NAME
from services.edge.credential import FILE_NAME, tokens_follow
from services.trust.secret_file import fingerprint, newest, read_secrets
from services.trust.secret_rotation import add_secret, promote_secret, retire_secrets
from tests.child_processes import has_ended
from tests.edge.edge_container import ANSWERED, HANG, IMPATIENT, LEAVES_LATER, TELL, Container
from tests.edge.edge_neighbours import Stubs
from tests.edge.test_edge_metrics import reply
from tests.waiting import PATIENCE, eventually


@pytest.fixture
def container(tmp_path: Path, stubs: Stubs) -> Iterator[Container]:
    with closing(Container(tmp_path, stubs)) as started:
        yield started


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory, stubs: Stubs) -> Iterator[Container]:
    """For tests that leave it running."""
    with closing(Container(tmp_path_factory.mktemp("container"), stubs)) as started:
        yield started


def test_it_tells_envoy_how_full_the_listeners_are(lasting: Container) -> None:
    told = lasting.home / "edge" / PRESSURE_NAME
    assert told.read_text() == "0.00"
    with ExitStack() as stack:
        for _ in range(CONNECTIONS // 100):
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", lasting.edge.http_port))))
        eventually(lambda: told.read_text() == "0.01", what="Envoy is told")


def test_it_shows_envoys_metrics(lasting: Container) -> None:
    assert reply(lasting.metrics_port, "/metrics")[0] == 200


def test_the_tokens_follow_the_signing_secret(lasting: Container) -> None:
    settings = load_settings({"CHATMOUNT_HOME": str(lasting.home)})
    assert settings.web_token_file.exists()
    (old,) = read_secrets(lasting.secret_file)
    assert tokens_follow(settings, old)
    add_secret(lasting.secret_file)
    new = newest(read_secrets(lasting.secret_file))
    promote_secret(lasting.secret_file, new)
    eventually(lambda: tokens_follow(settings, new), what="the tokens are signed with the new secret")
    retire_secrets(lasting.secret_file)
    token = (lasting.home / "edge" / FILE_NAME).read_text().partition('"Bearer ')[2].partition('"')[0]

    def shown() -> bool:
        assert lasting.answers()
        return all(
            lasting.edge.stubs.last(service)["metadata"]["authorization"] == f"Bearer {token}"
            for service in ("auth", "quota")
        )

    eventually(shown, what="Envoy shows it")
    assert fingerprint(new) in lasting.log
    for secret in (token, old, new):
        assert secret not in lasting.log
        assert secret not in " ".join([*lasting.envoy().cmdline(), *lasting.envoy().environ().values()])


def test_a_limit_on_open_files_that_is_too_low_is_named(tmp_path: Path, stubs: Stubs) -> None:
    with closing(Container(tmp_path, stubs, "ulimit -Sn 512; ulimit -Hn 4096")) as container:
        assert f"8000 connections on each public port, so each takes {(4096 - 1024) // 2}" in container.log
        assert container.answers()


def test_told_to_stop_it_finishes_what_it_has_and_takes_no_more(tmp_path: Path, stubs: Stubs) -> None:
    with closing(Container(tmp_path, stubs, code=LEAVES_LATER)) as container:
        envoy = container.envoy()
        with container.edge.asked({"message": "many 300", "stream": True}) as connection:
            reply = connection.getresponse()
            assert reply.readline()
            container.process.send_signal(signal.SIGTERM)
            assert container.edge.is_answering(), "those who send it requests don't know yet"
            eventually(lambda: not container.edge.is_answering(), what="new connections are refused")
            assert reply.read().rstrip().endswith(b'data: {"type":"done"}')
        assert container.process.wait(PATIENCE) == 0
        assert not envoy.is_running()


def test_interrupted_it_ends_at_once(container: Container) -> None:
    with container.edge.asked({"message": "hang", "stream": True}):
        container.process.send_signal(signal.SIGTERM)
        container.process.send_signal(signal.SIGINT)
        assert container.process.wait(PATIENCE) == 0


def test_it_ends_when_envoy_does_so_that_it_is_started_again(container: Container) -> None:
    container.envoy().kill()
    assert container.process.wait(PATIENCE) == 128 + signal.SIGKILL


def test_envoy_does_not_outlive_it(container: Container) -> None:
    envoy = container.envoy()
    container.process.kill()
    container.process.wait()
    eventually(lambda: has_ended(envoy), what="Envoy is gone")


def test_it_ends_when_envoy_or_itself_hangs_so_that_both_are_started_again(
    tmp_path_factory: pytest.TempPathFactory, stubs: Stubs
) -> None:
    one, other = (tmp_path_factory.mktemp("hangs") for _ in range(2))
    with (
        closing(Container(one, stubs, patience=IMPATIENT, code=TELL)) as with_envoy,
        closing(Container(other, stubs, patience=IMPATIENT, code=HANG)) as itself,
    ):
        hung, left = with_envoy.envoy(), itself.envoy()
        (itself.home / "edge" / "hang").touch()
        eventually(lambda: ANSWERED in with_envoy.log, what="Envoy has answered at least once")
        hung.suspend()
        assert with_envoy.process.wait(PATIENCE) == 128 + signal.SIGKILL
        assert not hung.is_running()
        assert f"Envoy has not answered for {IMPATIENT:g} s; killing it" in with_envoy.log
        assert itself.process.wait(PATIENCE) == 1
        assert f"Timeout (0:00:0{IMPATIENT:g})!" in itself.log
        assert "in hang" in itself.log
        eventually(lambda: has_ended(left), what="Envoy is gone")
