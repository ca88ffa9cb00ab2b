"""`python -m services.together` as a process: what it serves where, and what it refuses."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from services.cli.calls.health import is_serving
from services.cli.up.ports import ReservedPort
from services.trust.secret_file import ensure_secret
from tests.waiting import PATIENCE

MODULE = [sys.executable, "-P", "-m", "services.together"]


def started(home: Path, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
    environment = {"CHATMOUNT_HOME": str(home), **{f"CHATMOUNT_{name}": value for name, value in variables.items()}}
    return subprocess.Popen([*MODULE, *arguments], env=environment, stderr=subprocess.PIPE, text=True)


async def test_each_service_is_served_where_the_others_look_for_it_until_all_stop(tmp_path: Path) -> None:
    ensure_secret(tmp_path / "secrets" / "signing.key")
    ports = [ReservedPort(), ReservedPort()]
    addresses = {"AUTH_ADDRESS": ports[0].address, "QUOTA_ADDRESS": ports[1].address}
    lines = []
    with started(tmp_path, "auth,quota", **addresses) as process:
        try:
            assert process.stderr is not None
            while not lines or "auth is serving" not in lines[-1]:
                lines.append(process.stderr.readline())
                assert lines[-1], "".join(lines)
            for address in addresses.values():
                assert await is_serving(address, PATIENCE)
            process.send_signal(signal.SIGINT)
            rest = process.communicate(timeout=PATIENCE)[1]
        finally:
            process.kill()
    assert process.returncode == 0
    assert rest.index("auth is stopping") < rest.index("quota is stopping")
    assert "Traceback" not in rest
    for port in ports:
        port.release()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["auth,web"], "services.together takes names of services, with commas between them: quota, retrieval, auth,"),
        ([], "services.together takes names of services"),
        (["auth,quota"], "CHATMOUNT_QUOTA_ADDRESS must name the one address (host:port) on which quota is served"),
    ],
)
def test_what_can_not_be_run_is_refused_in_one_line(tmp_path: Path, arguments: Sequence[str], complaint: str) -> None:
    with started(tmp_path, *arguments) as process:
        _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, len(said.splitlines())) == (1, 1)
    assert complaint in said
