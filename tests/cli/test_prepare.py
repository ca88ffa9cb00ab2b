import subprocess
import sys
from pathlib import Path

from services.config.settings import load_settings
from services.trust.secret_file import read_secrets
from services.trust.transport import internal_tls, own_files
from tests.cli.up.processes import environment


def prepare(home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.cli.prepare"],
        env={**environment(), "CHATMOUNT_HOME": str(home), **settings},
        capture_output=True,
        text=True,
    )


def test_a_deployment_is_prepared_once_and_again_without_harm(tmp_path: Path, postgres_url: str) -> None:
    for _ in range(2):
        done = prepare(tmp_path, CHATMOUNT_DATABASE_URL=postgres_url, CHATMOUNT_DATABASE_TIMEOUT_MS="10000")
        assert (done.returncode, done.stderr) == (0, "")
        assert "retrieval" in done.stdout
    (secret,) = read_secrets(tmp_path / "secrets" / "signing.key")
    assert secret not in done.stdout


def test_a_wrong_setting_ends_the_preparation_in_one_line(tmp_path: Path) -> None:
    done = prepare(tmp_path, CHATMOUNT_DATABASE_URL="mysql://x")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_internal_certificates_are_made_where_they_are_wanted(tmp_path: Path) -> None:
    assert prepare(tmp_path).returncode == 0
    assert not own_files(tmp_path).certificate.exists()
    assert prepare(tmp_path, CHATMOUNT_INTERNAL_TLS="on").returncode == 0
    settings = load_settings({"CHATMOUNT_HOME": str(tmp_path), "CHATMOUNT_INTERNAL_TLS": "on"})
    assert internal_tls(settings) == own_files(tmp_path)


def test_what_the_settings_name_is_tried_before_anything_starts(tmp_path: Path, postgres_url: str) -> None:
    (tmp_path / "plans.toml").write_text("[a]\nrequests_per_minute = -1\n")
    (tmp_path / "tokenizer.json").write_text("{}")
    model = {"CHATMOUNT_LLM_URL": "http://127.0.0.1:1/v1", "CHATMOUNT_LLM_MODEL": "m"}
    for variable, value, others in (
        ("PLANS_FILE", str(tmp_path / "plans.toml"), {}),
        ("LLM_TOKENIZER", str(tmp_path / "tokenizer.json"), model),
        ("REDIS_URL", "redis://127.0.0.1:1", {}),
        ("QDRANT_URL", "http://127.0.0.1:1", {}),
    ):
        done = prepare(tmp_path, CHATMOUNT_DATABASE_URL=postgres_url, **others, **{f"CHATMOUNT_{variable}": value})
        assert done.returncode == 2, variable
        assert done.stdout == "", "no table was made"
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"CHATMOUNT_{variable}")
