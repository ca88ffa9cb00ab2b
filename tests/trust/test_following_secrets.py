"""A running process follows the signing secret's file, without looking at it all the time."""

import logging
from pathlib import Path

import pytest

from services.errors import ChatmountError
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import SecretFile, fingerprint
from tests.turned_clock import TurnedClock

OLD, NEW = "o" * 40, "n" * 40
PRINCIPAL = Principal(Role.ROLE_API_KEY, "acct_1", "bot_1", "key_1", "plus", "api")


class Looking(SecretFile):
    """Counts how often the file is looked at and read."""

    def __init__(self, file: Path, monotonic: TurnedClock) -> None:
        self.looks = self.reads = 0
        super().__init__(file, monotonic)
        self.looks = self.reads = 0

    def _look(self) -> tuple[int, int, int, int] | None:
        self.looks += 1
        return super()._look()

    def _read(self) -> None:
        self.reads += 1
        super()._read()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return put(tmp_path / "signing.key", OLD)


@pytest.fixture
def monotonic() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def secrets(file: Path, monotonic: TurnedClock) -> Looking:
    return Looking(file, monotonic)


def put(file: Path, *secrets: str) -> Path:
    draft = file.with_suffix(".new")
    draft.write_text("".join(f"{secret}\n" for secret in secrets))
    return draft.replace(file)


def verifies(signer: TokenSigner, token: str) -> bool:
    try:
        return signer.verify(token, "quota") == PRINCIPAL
    except ChatmountError:
        return False


def test_a_changed_file_is_seen_within_a_second(file: Path, secrets: Looking, monotonic: TurnedClock) -> None:
    signer = TokenSigner(secrets)
    put(file, NEW, OLD)
    monotonic.now += 0.9
    assert verifies(TokenSigner([OLD]), signer.sign(PRINCIPAL))
    monotonic.now += 0.2
    assert verifies(TokenSigner([NEW]), signer.sign(PRINCIPAL))
    assert verifies(signer, TokenSigner([OLD]).sign(PRINCIPAL))


def test_a_token_of_a_secret_that_was_not_seen_yet_makes_the_process_look_at_once(
    file: Path, secrets: Looking, monotonic: TurnedClock
) -> None:
    signer = TokenSigner(secrets)
    put(file, OLD, NEW)
    monotonic.now += 0.2
    assert verifies(signer, TokenSigner([NEW]).sign(PRINCIPAL))


def test_garbage_makes_nobody_read_the_file_and_look_at_it_but_some_times_a_second(
    secrets: Looking, monotonic: TurnedClock
) -> None:
    signer = TokenSigner(secrets)
    for number in range(1000):
        monotonic.now += 0.001
        assert not verifies(signer, f"garbage {number}")
    assert secrets.looks <= 10
    assert secrets.reads == 0


def test_who_is_not_called_does_not_look_and_who_is_looks_once_a_second(
    secrets: Looking, monotonic: TurnedClock
) -> None:
    signer = TokenSigner(secrets)
    token = signer.sign_for_a_call(PRINCIPAL, "quota")
    monotonic.now += 3600
    assert secrets.looks == 0
    for _ in range(1000):
        monotonic.now += 0.01
        assert verifies(signer, token)
    assert 9 <= secrets.looks <= 11


def test_a_token_of_a_retired_secret_is_forgotten_although_it_was_read_before(
    file: Path, secrets: Looking, monotonic: TurnedClock
) -> None:
    signer = TokenSigner(secrets)
    token, for_a_call = signer.sign(PRINCIPAL), signer.sign_for_a_call(PRINCIPAL, "quota")
    assert verifies(signer, token)
    put(file, NEW)
    monotonic.now += 1.1
    assert not verifies(signer, token)
    assert signer.sign_for_a_call(PRINCIPAL, "quota") != for_a_call
    assert verifies(TokenSigner([NEW]), signer.sign_for_a_call(PRINCIPAL, "quota"))


@pytest.mark.parametrize("content", [None, b"", b"short\n", b"\xff\xfe" * 40, OLD.encode() + b"\nshort\n"], ids=repr)
def test_a_lost_or_garbled_file_changes_nothing_and_is_said_once(
    file: Path, secrets: Looking, monotonic: TurnedClock, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    signer = TokenSigner(secrets)
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    for _ in range(20):
        monotonic.now += 1.1
        assert verifies(signer, signer.sign(PRINCIPAL))
        assert verifies(TokenSigner([OLD]), signer.sign(PRINCIPAL))
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert OLD not in caplog.text

    put(file, NEW)
    monotonic.now += 1.1
    assert verifies(TokenSigner([NEW]), signer.sign(PRINCIPAL))


def test_a_change_is_logged_by_fingerprint_alone(
    file: Path, secrets: Looking, monotonic: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    put(file, NEW, OLD)
    monotonic.now += 1.1
    secrets.current()
    assert fingerprint(NEW) in caplog.text
    assert NEW not in caplog.text
    assert OLD not in caplog.text
