"""Starting, stopping and starting again, as an operator does it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .client import QUESTION, Client
from .operator_client import OperatorClient
from .stack import PLANS, Stack


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Stack]:
    (tmp_path / "plans.toml").write_text(PLANS)
    stack = Stack(tmp_path / "home", {"CHATMOUNT_PLANS_FILE": str(tmp_path / "plans.toml")})
    yield stack
    stack.abandon()


def test_a_second_start_is_quick_and_knows_everything(own_stack: Stack) -> None:
    own_stack.start("--no-demo")
    operator = OperatorClient(own_stack)
    tenant = operator.tenant("metered")
    client = Client(own_stack.base_url, tenant.key)
    before = client.ask(session_id="kept").json
    client.close()
    assert own_stack.stop() < 25

    own_stack.start("--no-demo")
    assert own_stack.seconds_to_ready < 30
    client = Client(own_stack.base_url, tenant.key)
    after = client.ask(session_id="kept").json
    client.close()
    assert after["message"] == before["message"]
    assert after["sources"] == before["sources"]
    assert after["usage"]["credits_remaining"] == before["usage"]["credits_remaining"] - 1
    assert own_stack.json("session", "show", "kept", "--bot", tenant.chatbot_id)["turns"][0]["question"] == QUESTION
    own_stack.stop()


def test_the_first_start_seeds_a_demo_that_answers_about_itself(own_stack: Stack) -> None:
    own_stack.start()
    key = next(word.strip("\"'") for word in own_stack.log.split() if word.strip("\"'").startswith("cm_live_"))
    client = Client(own_stack.base_url, key)
    answer = client.ask("How do I rotate a key?").json
    client.close()
    assert "rotate" in answer["message"].lower()
    assert answer["sources"][0]["url"].startswith("file:docs/")
    own_stack.stop()


@pytest.mark.parametrize(
    ("name", "value"), [("HTTP_PORT", "eighty"), ("DATABASE_URL", "mysql://x"), ("PLANS_FILE", "/nowhere.toml")]
)
def test_a_wrong_setting_is_refused_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    refused = Stack(tmp_path / "home", {f"CHATMOUNT_{name}": value}).command("up", check=False)
    assert refused.returncode != 0
    assert len(refused.stderr.strip().splitlines()) == 1
    assert f"CHATMOUNT_{name}" in refused.stderr
