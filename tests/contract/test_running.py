"""A stack that is stopped and started again; the first start: tests/cli/up/test_up.py."""

from .client import QUESTION, Client
from .operator_client import OperatorClient
from .stack import Stack


def test_a_second_start_is_quick_and_knows_everything(stack: Stack, operator: OperatorClient) -> None:
    tenant = operator.tenant("metered")
    client = Client(stack.base_url, tenant.key)
    before = client.ask(session_id="kept").json
    client.close()
    assert stack.stop() < 25

    stack.start("--no-demo")
    assert stack.seconds_to_ready < 30
    client = Client(stack.base_url, tenant.key)
    after = client.ask(session_id="kept").json
    client.close()
    assert after["message"] == before["message"]
    assert after["sources"] == before["sources"]
    assert after["usage"]["credits_remaining"] == before["usage"]["credits_remaining"] - 1
    kept = stack.json("session", "show", "kept", "--bot", tenant.chatbot_id)["turns"]
    assert [turn["question"] for turn in kept] == [QUESTION, QUESTION]
