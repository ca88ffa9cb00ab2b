"""What other settings make of the stack of compose.yaml, on a real Docker engine: `make compose-test`.

Each drill leaves the stack as it found it.
"""

import json
import subprocess
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.compose.composed_stack import PROJECT, ComposedStack, answers

pytestmark = pytest.mark.timeout(1200)


def test_the_stack_runs_without_the_dashboard(stack: ComposedStack) -> None:
    stack.settings["CHATMOUNT_DASHBOARD"] = "off"
    try:
        stack.up("--scale", "web=0")
        assert stack.containers("web") == []
        answers(stack)
        with pytest.raises(HTTPError, match="404"):
            stack.visitor()
    finally:
        del stack.settings["CHATMOUNT_DASHBOARD"]
        stack.up()
    assert stack.signed_in().page.all("a", href=f"/dashboard/{stack.bot}/")


def test_a_wrong_setting_is_one_line_and_nothing_is_started(stack: ComposedStack, tmp_path: Path) -> None:
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    certificate.write_text("certificate")
    key.write_text("key")
    key.chmod(0o600)
    for name, wrong in (
        ("CHATMOUNT_TLS_KEY", {"CHATMOUNT_TLS_CERTIFICATE": str(certificate), "CHATMOUNT_TLS_KEY": str(key)}),
        ("CHATMOUNT_SESSION_DAYS", {"CHATMOUNT_SESSION_DAYS": "many"}),
        ("CHATMOUNT_DATABASE_URL", {"CHATMOUNT_DATABASE_URL": "postgresql+asyncpg://a:b@postgres/nowhere"}),
        ("CHATMOUNT_QDRANT_URL", {"CHATMOUNT_QDRANT_URL": "http://nowhere.invalid:6333"}),
    ):
        told = ComposedStack()
        told.settings |= wrong
        said = told.compose("run", "--rm", "-T", "prepare", fails=True).stderr.decode()
        (line,) = filter(None, said.splitlines())  # Compose adds an empty one
        assert line.startswith(name)
    # With `up`, what depends on it is not started, and not started again and again.
    told.compose("up", "--detach", "--wait", fails=True)
    assert told.containers("envoy") == []
    stack.up()
    answers(stack)


def test_servers_elsewhere_take_the_place_of_those_of_the_file(stack: ComposedStack) -> None:
    # Other containers on the same network, which compose.yaml knows nothing of.
    names = {name: f"{PROJECT}-elsewhere-{name}" for name in ("postgres", "redis", "qdrant")}
    images = json.loads(stack.compose("config", "--format", "json").stdout)["services"]
    password = {"postgres": ["--env", "POSTGRES_USER=me", "--env", "POSTGRES_PASSWORD=pw", "--env", "POSTGRES_DB=chat"]}
    stack.compose("down")
    stack.up("redis")
    try:
        for name, container in names.items():
            command = ["docker", "run", "--detach", "--network", f"{PROJECT}_default", "--name", container]
            subprocess.run([*command, *password.get(name, []), images[name]["image"]], check=True, capture_output=True)
        stack.settings |= {
            "CHATMOUNT_DATABASE_URL": f"postgresql+asyncpg://me:pw@{names['postgres']}:5432/chat",
            "CHATMOUNT_REDIS_URL": f"redis://{names['redis']}:6379/0",
            "CHATMOUNT_QDRANT_URL": f"http://{names['qdrant']}:6333",
        }
        stack.wait_for_stores()
        stack.up("--scale", "postgres=0", "--scale", "redis=0", "--scale", "qdrant=0")
        assert [stack.containers(name) for name in names] == [[], [], []]
        assert stack.cli("account", "list")["accounts"] == [], "another database"
        assert stack.cli("status")["healthy"]
    finally:
        for variable in ("DATABASE_URL", "REDIS_URL", "QDRANT_URL"):
            stack.settings.pop(f"CHATMOUNT_{variable}", None)
        subprocess.run(["docker", "rm", "--force", "--volumes", *names.values()], check=True, capture_output=True)
    stack.up()
    answers(stack)
