"""The launcher as a whole: what it refuses, and what it brings back."""

import contextlib
import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.cli.command_line import CommandLine
from tests.cli.up.processes import pid_of
from tests.contract.stack import Stack, eventually

pytestmark = pytest.mark.stack


def test_a_home_and_a_port_are_refused_in_one_line_when_they_are_taken(installation: Stack, tmp_path: Path) -> None:
    second = installation.command("up", check=False)
    assert second.returncode == 1
    (line,) = second.stderr.splitlines()
    running = f"process {pid_of(installation)}, http://"
    assert f"Chatmount runs already for CHATMOUNT_HOME={installation.home} ({running}" in line
    port = installation.base_url.rpartition(":")[2]
    other = Stack(tmp_path / "other", {"CHATMOUNT_HTTP_PORT": port}).command("up", check=False)
    assert other.returncode == 2
    (line,) = other.stderr.splitlines()
    assert f"Port {port} is in use; set CHATMOUNT_HTTP_PORT" in line


def test_no_secret_is_on_a_command_line(installation: Stack) -> None:
    secret = (installation.home / "secrets" / "signing.key").read_text().strip()
    launcher = psutil.Process(pid_of(installation))
    for process in (launcher, *launcher.children(recursive=True)):
        # One that reads files may have ended; what only root may look into is closed to others.
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            assert secret not in " ".join(process.cmdline())
            assert "eyJ" not in " ".join(process.cmdline())
            assert secret not in " ".join(process.environ().values())
    assert (installation.home / "secrets" / "signing.key").stat().st_mode & 0o777 == 0o600


def test_an_envoy_that_dies_comes_back_on_its_port(installation: Stack, cli: CommandLine) -> None:
    launcher = psutil.Process(pid_of(installation))
    next(child for child in launcher.children() if child.name().startswith("envoy")).kill()
    eventually(lambda: "envoy was killed by SIGKILL; starting it again in 0.1 s" in installation.log)
    eventually(lambda: cli("status").code == 0)
    eventually(installation._answers)


def test_a_service_that_cannot_start_ends_the_launcher_with_its_words(stack: Stack) -> None:
    stack.home.mkdir()
    with closing(sqlite3.connect(stack.home / "auth.db")) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")
    failed = stack.command("up", "--no-demo", check=False)
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].startswith(
        "chatmount: auth,quota,chat could not start: The database of the auth service is at revision 9999, and "
    )
    assert failed.stdout == ""
