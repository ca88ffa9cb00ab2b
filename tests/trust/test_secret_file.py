import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.config.settings import SettingsError
from services.trust.secret_file import SecretFile, ensure_secret, read_secrets


def test_a_secret_is_made_once_for_its_owner_alone_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "signing.key"
    assert ensure_secret(file) == ensure_secret(file) == SecretFile(file).current()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_processes_that_start_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "signing.key"
    with ThreadPoolExecutor(16) as pool:
        seen = set(pool.map(lambda _: ensure_secret(file), range(64)))
    assert len(seen) == 1
    assert [path.name for path in file.parent.iterdir()] == ["signing.key"]


def test_a_missing_or_short_secret_says_what_to_do(tmp_path: Path) -> None:
    for read in (read_secrets, SecretFile):
        with pytest.raises(SettingsError, match="CHATMOUNT_SECRET_FILE"):
            read(tmp_path / "none")
    (tmp_path / "short").write_text("abc\n")
    with pytest.raises(SettingsError, match="32 characters"):
        read_secrets(tmp_path / "short")
