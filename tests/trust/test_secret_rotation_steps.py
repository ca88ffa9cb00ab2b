"""The steps of a rotation, each of which leaves a file that works."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.config.settings import SettingsError
from services.trust.secret_file import ensure_secret, fingerprint, made_at, new_secret, newest, read_secrets
from services.trust.secret_rotation import add_secret, promote_secret, retire_secrets


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "secrets" / "signing.key"
    ensure_secret(file)
    return file


def test_a_new_secret_is_accepted_first_then_signs_then_stands_alone(file: Path) -> None:
    (old,) = read_secrets(file)
    new = add_secret(file)
    assert read_secrets(file) == (old, new)
    promote_secret(file, new)
    assert read_secrets(file) == (new, old)
    assert retire_secrets(file) == 1
    assert read_secrets(file) == (new,)
    assert retire_secrets(file) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_rotation_that_broke_off_is_followed_by_one_that_works(file: Path) -> None:
    add_secret(file)
    new = add_secret(file)
    assert newest(read_secrets(file)) == new
    promote_secret(file, new)
    assert read_secrets(file)[0] == new
    assert retire_secrets(file) == 2


def test_steps_of_several_at_once_lose_no_secret(file: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        added = set(pool.map(lambda _: add_secret(file), range(32)))
    assert added < set(read_secrets(file))
    assert len(read_secrets(file)) == 33


def test_a_secret_that_is_gone_can_not_be_promoted(file: Path) -> None:
    (before,) = read_secrets(file)
    with pytest.raises(SettingsError, match="no longer holds") as caught:
        promote_secret(file, "x" * 40)
    assert "x" * 40 not in str(caught.value)
    assert read_secrets(file) == (before,)


def test_a_link_to_the_file_stays_one_and_its_mode_stays(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    file.chmod(0o640)
    add_secret(link)
    assert link.is_symlink()
    assert len(read_secrets(file)) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@pytest.mark.parametrize("content", [b"", b"short\n"])
def test_a_file_that_can_not_be_used_is_left_as_it_is(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(SettingsError, match="CHATMOUNT_SECRET_FILE"):
        add_secret(file)
    assert file.read_bytes() == content
    with pytest.raises(SettingsError, match="CHATMOUNT_SECRET_FILE"):
        retire_secrets(file.parent / "nowhere" / "signing.key")


def test_a_secret_tells_when_it_was_made_and_its_fingerprint_tells_nothing() -> None:
    now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    secret = new_secret(now)
    assert made_at(secret) == now
    assert made_at(os.urandom(20).hex()) is None
    assert len(fingerprint(secret)) == 12
    assert fingerprint(secret) != fingerprint(new_secret(now))
    assert len(secret.rpartition(".")[2]) >= 64
    by_hand = "b" * 40
    assert newest((secret, by_hand)) == secret
    assert newest((by_hand, "c" * 40)) == "c" * 40
