"""The signing secret is replaced under load: no failure, no restart, the old one dead.

`--size`: how often it is replaced.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import httpx
import pytest

from services.cli.calls.acceptance import METHODS
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import fingerprint, read_secrets
from tests.chat.model.scripted_provider import ScriptedProvider
from tests.chat.model.scripted_replies import answer
from tests.contract.stack import Stack
from tests.waiting import PATIENCE

WORKERS = 4


@pytest.fixture
def key(model_stack: Stack, provider: ScriptedProvider, tmp_path: Path) -> str:
    provider.script = answer("From nine to five [1].")
    stack = model_stack
    account = stack.json("account", "create", "Example", "--plan", "roomy")
    chatbot = stack.json("bot", "create", "Help", "--account", account["id"])
    page = tmp_path / "page.md"
    page.write_text("# Opening hours\n\nThe shop is open from nine to five on every day of the week.\n")
    stack.json("source", "add", "--bot", chatbot["id"], str(page))
    return str(stack.json("key", "create", "--bot", chatbot["id"], "--name", "k")["key"])


class Outcomes:
    """What became of the requests of all workers."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, outcome: str) -> None:
        with self._lock:
            self.counted[outcome] += 1


def client_of(stack: Stack, key: str) -> httpx.Client:
    headers = {"authorization": f"Bearer {key}"}
    return httpx.Client(base_url=stack.base_url, headers=headers, timeout=PATIENCE, trust_env=False, verify=False)


def ask(client: httpx.Client, *, stream: bool) -> str:
    try:
        reply = client.post("/v1/chat", json={"message": "When is the shop open?", "stream": stream})
    except httpx.HTTPError as error:
        return f"{type(error).__name__}: {error}"
    whole = '"type":"done"' in reply.text if stream else "nine to five" in reply.text
    return "answered" if reply.status_code == 200 and whole else f"{reply.status_code} {reply.text}"


@contextmanager
def under_load(stack: Stack, key: str) -> Iterator[Outcomes]:
    outcomes, stop = Outcomes(), threading.Event()

    def work(number: int) -> None:
        with client_of(stack, key) as client:
            while not stop.is_set():
                outcomes.count(ask(client, stream=number % 2 == 0))
                time.sleep(0.05)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    try:
        yield outcomes
    finally:
        stop.set()
        for worker in workers:
            worker.join()


def answers(stack: Stack, secret: str) -> set[grpc.StatusCode]:
    """What the services say to tokens signed with `secret`."""
    codes = set()
    for service, method in METHODS.items():
        token = TokenSigner([secret]).sign(Principal(role=Role.ROLE_UNSPECIFIED))
        with grpc.insecure_channel(stack.endpoints[service]) as channel:
            with pytest.raises(grpc.RpcError) as caught:
                channel.unary_unary(method)(b"", metadata=(("authorization", f"Bearer {token}"),), timeout=PATIENCE)
            codes.add(caught.value.code())  # type: ignore[attr-defined]
    return codes


@pytest.mark.timeout(0)  # as long as the size takes
def test_a_secret_is_replaced_under_load_without_a_failed_request(
    model_stack: Stack, key: str, size: Callable[[int], int]
) -> None:
    stack = model_stack
    file = stack.home / "secrets" / "signing.key"
    processes = set(stack.pids())
    known, unknown = {grpc.StatusCode.PERMISSION_DENIED}, {grpc.StatusCode.UNAUTHENTICATED}
    with under_load(stack, key) as outcomes:
        for _ in range(size(1)):
            (old,) = read_secrets(file)
            rotated = stack.json("secret", "rotate")
            new, still_accepted = read_secrets(file)
            assert still_accepted == old
            assert (rotated["signs"], rotated["also_accepted"]) == (fingerprint(new), [fingerprint(old)])
            assert answers(stack, old) == answers(stack, new) == known

            assert stack.json("secret", "retire", "--now")["retired"] == 1
            assert read_secrets(file) == (new,)
            before = outcomes.counted["answered"]
            assert (answers(stack, old), answers(stack, new)) == (unknown, known)
            assert stack.json("status")["healthy"]
        with client_of(stack, key) as newcomer:
            assert ask(newcomer, stream=False) == "answered"
    assert set(outcomes.counted) == {"answered"}, outcomes.counted
    assert outcomes.counted["answered"] >= before > 0
    assert set(stack.pids()) == processes, "nothing was restarted"
    for secret in (old, new):
        assert secret not in stack.log
