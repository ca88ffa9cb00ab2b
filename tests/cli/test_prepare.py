from collections.abc import Callable
from pathlib import Path

import pytest

from services.config.settings import WEB_FOLDER, load_settings
from services.trust.secret_file import read_secrets
from services.trust.transport import internal_tls, own_files
from tests.cli.forks import Ended, Forks

Prepare = Callable[..., Ended]


@pytest.fixture
def prepare(forks: Forks, tmp_path: Path) -> Prepare:
    return lambda **settings: forks(
        module="services.cli.prepare",
        environment={"CHATMOUNT_HOME": tmp_path} | {f"CHATMOUNT_{name}": value for name, value in settings.items()},
    )


def test_a_deployment_is_prepared_once_and_again_without_harm(
    prepare: Prepare, tmp_path: Path, postgres_url: str
) -> None:
    for _ in range(2):
        done = prepare(DATABASE_URL=postgres_url, DATABASE_TIMEOUT_MS="10000")
        assert (done.code, done.err) == (0, "")
        assert b"retrieval" in done.out
    (secret,) = read_secrets(tmp_path / "secrets" / "signing.key")
    assert secret.encode() not in done.out


def test_a_wrong_setting_ends_the_preparation_in_one_line(prepare: Prepare) -> None:
    done = prepare(DATABASE_URL="mysql://x")
    assert done.code == 2
    assert len(done.err.splitlines()) == 1


def test_internal_certificates_are_made_where_they_are_wanted(prepare: Prepare, tmp_path: Path) -> None:
    assert prepare().code == 0
    assert not own_files(tmp_path).certificate.exists()
    assert prepare(INTERNAL_TLS="on").code == 0
    settings = load_settings({"CHATMOUNT_HOME": str(tmp_path), "CHATMOUNT_INTERNAL_TLS": "on"})
    assert internal_tls(settings) == own_files(tmp_path)
    assert internal_tls(settings, WEB_FOLDER) == own_files(tmp_path, WEB_FOLDER)


def test_what_the_settings_name_is_tried_before_anything_starts(
    prepare: Prepare, tmp_path: Path, postgres_url: str
) -> None:
    (tmp_path / "plans.toml").write_text("[a]\nrequests_per_minute = -1\n")
    (tmp_path / "tokenizer.json").write_text("{}")
    model = {"LLM_URL": "http://127.0.0.1:1/v1", "LLM_MODEL": "m"}
    for variable, value, others in (
        ("PLANS_FILE", str(tmp_path / "plans.toml"), {}),
        ("LLM_TOKENIZER", str(tmp_path / "tokenizer.json"), model),
        ("REDIS_URL", "redis://127.0.0.1:1", {}),
        ("QDRANT_URL", "http://127.0.0.1:1", {}),
    ):
        done = prepare(DATABASE_URL=postgres_url, **others, **{variable: value})
        assert done.code == 2, variable
        assert done.out == b"", "no table was made"
        (line,) = done.err.splitlines()
        assert line.startswith(f"CHATMOUNT_{variable}")
