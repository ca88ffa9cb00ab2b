"""Nothing is what a file gets that has taken over its process.

The code here is what such a file runs.

The tests hold for root too, who may otherwise open everything.
"""

import json
import os
import socket
import tempfile
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import psutil
import pytest

from services.retrieval.ingest.reader import landlock, system_calls
from services.retrieval.ingest.reader.reader import Reader
from tests.retrieval.ingest.reader.conftest import Refusal, permitted, said

GIBIBYTE = 1024**3
ROOT = Path(__file__).parents[4]

needs_landlock = pytest.mark.skipif(landlock.version() < 1, reason="this kernel has no Landlock")
needs_filter = pytest.mark.skipif(not system_calls.is_known(), reason="this kernel can't filter system calls")


@pytest.fixture
def secret(tmp_path: Path) -> Iterator[Path]:
    """A file of the service, in a home in the folder of the installation, as by default."""
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".sandbox-") as home:
        file = Path(home) / "signing.key"
        file.write_text("a-secret")
        file.chmod(0o600)
        yield file


async def test_it_has_no_environment_and_little_room(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATMOUNT_LLM_API_KEY", "sk-secret")
    code = """
import json, os, resource
names = ("AS", "FSIZE", "CORE", "NPROC", "NOFILE")
limits = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names}
said = json.dumps({"environment": dict(os.environ), "limits": limits})
"""
    seen = json.loads(await said(refusal, code))
    # The interpreter chooses an encoding for itself, the tests a switch of gRPC.
    assert set(seen["environment"]) <= {"LC_CTYPE", "GRPC_ENABLE_FORK_SUPPORT"}
    limits = {"AS": GIBIBYTE, "FSIZE": 0, "CORE": 0, "NPROC": 0, "NOFILE": 32}
    assert seen["limits"] == {name: [limit, limit] for name, limit in limits.items()}


async def test_it_has_no_descriptor_but_its_own_file(refusal: Refusal) -> None:
    code = """
import os
def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
said = [number for number in range(1024) if is_open(number)]
"""
    assert await said(refusal, code) == "[0, 1, 2]"


def looking_into(paths: Iterable[str]) -> list[str]:
    return [f"os.listdir if {os.path.isdir(path)} else open, {path!r}" for path in paths]


@needs_landlock
async def test_it_can_not_look_into_other_processes(refusal: Refusal) -> None:
    names = ("environ", "mem", "maps", "fd", "cmdline")
    paths = [f"/proc/{pid}/{name}" for pid, name in product((os.getpid(), "self", 1), names)]
    assert await permitted(refusal, looking_into(paths)) == "[]"


@needs_landlock
async def test_it_can_not_open_what_belongs_to_the_service(refusal: Refusal, secret: Path) -> None:
    paths = (secret, secret.parent, "/etc/passwd", "/dev/tty", Path.home(), ROOT, ROOT / "tests")
    assert await permitted(refusal, looking_into(map(str, paths))) == "[]"


@needs_filter
async def test_it_can_change_nothing(refusal: Refusal, secret: Path) -> None:
    path, new = str(secret), str(secret.parent / "new")
    attempts = (
        f"open, {path!r}, 'w'",
        f"open, {path!r}, 'a'",
        f"open, {new!r}, 'w'",
        f"os.open, {path!r}, os.O_RDONLY | os.O_TRUNC",
        f"os.unlink, {path!r}",
        f"os.rename, {path!r}, {new!r}",
        f"os.link, {path!r}, {new!r}",
        f"os.mkdir, {new!r}",
        f"os.chmod, {path!r}, 0o777",
        f"os.chown, {path!r}, 1, 1",
        f"os.utime, {path!r}, (1, 1)",
        f"os.truncate, {path!r}, 0",
        f"os.setxattr, {path!r}, 'user.x', b'x'",
    )
    before = secret.stat()
    assert await permitted(refusal, attempts) == "[]"
    assert (secret.read_text(), secret.stat().st_mode) == ("a-secret", before.st_mode)
    assert list(secret.parent.iterdir()) == [secret]


@needs_filter
async def test_it_can_reach_nobody(refusal: Refusal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        attempts = (
            f"socket.create_connection, ('127.0.0.1', {port})",
            "socket.socket, socket.AF_INET, socket.SOCK_DGRAM",
            "socket.socket, socket.AF_UNIX",
            "socket.socket, socket.AF_NETLINK, socket.SOCK_RAW",
            "socket.socketpair",
            "os.pipe",
        )
        assert await permitted(refusal, attempts) == "[]"


@needs_filter
async def test_it_can_start_and_disturb_no_process(refusal: Refusal) -> None:
    own, niceness = os.getpid(), psutil.Process().nice()
    attempts = (
        "os.fork",
        "os.execv, '/bin/true', ['true']",
        "subprocess.run, ['/bin/true']",
        f"os.kill, {own}, 0",
        "os.kill, os.getpid(), 0",
        f"os.pidfd_open, {own}",
        f"resource.prlimit, {own}, resource.RLIMIT_NOFILE, (8, 8)",
        f"os.setpriority, os.PRIO_PROCESS, {own}, 19",
        f"os.sched_setaffinity, {own}, [0]",
        "os.memfd_create, 'x'",
        "os.chroot, '/'",
        "os.setuid, 0",
    )
    assert await permitted(refusal, attempts) == "[]"
    thread = "import threading; said = tried(threading.Thread(target=print).start)"
    assert await said(refusal, thread) == "RuntimeError"
    assert psutil.Process().nice() == niceness


async def test_what_is_imported_late_is_found(refusal: Refusal, odd: Reader) -> None:
    code = "import lzma, encodings.cp1251, encodings.shift_jis, xml.dom.minidom; said = lzma.__name__"
    assert await said(refusal, code) == "lzma"
    assert await permitted(refusal, ["len, 'abc'"]) == "[(\"len, 'abc'\", 'did it: 3')]"
    reading = await odd.read("Привет".encode("koi8-r"), "plain", "text/plain; charset=koi8-r", "acct_1")
    assert reading.passages[0].text == "Привет"
