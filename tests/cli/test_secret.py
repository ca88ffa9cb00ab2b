"""`chatmount secret` where nothing runs, and where something does not go along."""

import datetime
from pathlib import Path

import pytest
from chatmount.auth.v1 import auth_pb2_grpc

from services.cli.calls.acceptance import METHODS, accepted_everywhere, refused_everywhere
from services.cli.calls.endpoints import Endpoints
from services.cli.failures import CommandFailed
from services.rpc.server import start_server
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import ensure_secret, fingerprint, read_secrets
from tests.cli.command_line import CommandLine
from tests.each import for_each
from tests.waiting import PATIENCE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "home" / "secrets" / "signing.key"
    ensure_secret(file)
    return file


def test_a_list_shows_which_secret_signs_and_how_old_it_is_but_no_secret(file: Path, lonely: CommandLine) -> None:
    with file.open("a") as handle:
        handle.write("x" * 40 + "\n")
    made, by_hand = read_secrets(file)
    first, second = lonely.json("secret", "list")["secrets"]
    assert (first["fingerprint"], first["signs"]) == (fingerprint(made), True)
    assert 0 <= first["age_seconds"] < 3600
    assert datetime.datetime.fromisoformat(first["created_at"])
    assert second == {"fingerprint": fingerprint(by_hand), "created_at": None, "age_seconds": None, "signs": False}
    for outcome in (lonely("secret", "list"), lonely("secret", "list", "--json")):
        for secret in (made, by_hand):
            assert secret[-20:] not in outcome.out


def test_where_nothing_runs_a_rotation_waits_for_nobody(file: Path, lonely: CommandLine) -> None:
    (old,) = read_secrets(file)
    value = lonely.json("secret", "rotate")
    new, still_accepted = read_secrets(file)
    assert (still_accepted, value) == (
        old,
        {"signs": fingerprint(new), "also_accepted": [fingerprint(old)], "retired": 0},
    )
    assert lonely.json("secret", "retire") == {"signs": fingerprint(new), "also_accepted": [], "retired": 1}
    assert lonely.json("secret", "retire")["retired"] == 0
    assert lonely.json("secret", "rotate", "--retire") == {
        "signs": fingerprint(*read_secrets(file)),
        "also_accepted": [],
        "retired": 1,
    }


def test_the_steps_can_be_taken_one_by_one(file: Path, lonely: CommandLine) -> None:
    (old,) = read_secrets(file)
    assert lonely.json("secret", "add")["signs"] == fingerprint(old)
    new = read_secrets(file)[-1]
    assert lonely.json("secret", "promote")["signs"] == fingerprint(new)
    # Once more changes nothing: it is the newest that signs, and not the last.
    assert lonely.json("secret", "promote")["signs"] == fingerprint(new)
    assert lonely.json("secret", "retire")["retired"] == 1
    assert read_secrets(file) == (new,)


@for_each("verb", ["list", "rotate", "add", "promote", "retire"])
def test_without_a_secret_every_step_says_so_in_one_line(lonely: CommandLine, verb: str) -> None:
    assert "CHATMOUNT_SECRET_FILE" in lonely.refused("secret", verb, code=2)


async def test_a_process_with_another_secret_is_named(signer: TokenSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait_for_answers(seconds: float) -> None:
        monkeypatch.setattr("services.cli.calls.acceptance.PATIENCE_SECONDS", seconds)

    registration = (auth_pb2_grpc.AccountServiceServicer(), auth_pb2_grpc.add_AccountServiceServicer_to_server)
    server, port, _ = await start_server("127.0.0.1:0", [registration], signer)
    try:
        # The other services do not run: nobody who could refuse a token.
        nowhere = dict.fromkeys(set(METHODS) - {"auth"}, "127.0.0.1:1")
        endpoints = Endpoints(auth=f"localhost:{port},127.0.0.1:1", **nowhere)
        wait_for_answers(0.5)
        with pytest.raises(CommandFailed, match=f"Not accepted yet by auth at 127.0.0.1:{port}"):
            await accepted_everywhere(endpoints, "x" * 40, None)
        wait_for_answers(PATIENCE)
        await refused_everywhere(endpoints, "x" * 40, None)
        known = signer._secrets[0]
        await accepted_everywhere(endpoints, known, None)
        wait_for_answers(0.5)
        with pytest.raises(CommandFailed, match="Still accepted by auth"):
            await refused_everywhere(endpoints, known, None)
    finally:
        await server.stop(None)
