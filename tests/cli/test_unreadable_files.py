"""A file that the container's user can't read: one line that names the variable."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.edge.certificate import ensure_development_certificate
from services.trust.secret_file import ensure_secret
from tests.cli.forks import Forks

SERVICES = {f"CHATMOUNT_{name}_ADDRESS": "127.0.0.1:1" for name in ("AUTH", "QUOTA", "RETRIEVAL", "CHAT", "WEB")}
MODEL = {"LLM_URL": "http://127.0.0.1:1/v1", "LLM_MODEL": "m"}

LastWords = Callable[..., str]


@pytest.fixture
def last_words(forks: Forks, home: Path) -> LastWords:
    """What a module says on its way out."""

    def run(module: str, **settings: object) -> str:
        given = {f"CHATMOUNT_{name}": value for name, value in settings.items()}
        ended = forks(
            module=module, environment=SERVICES | {"CHATMOUNT_HOME": home} | given, streams="bound by permissions"
        )
        assert ended.code != 0
        (line,) = ended.err.splitlines()
        return line

    return run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    ensure_secret(tmp_path / "home" / "secrets" / "signing.key")
    return tmp_path / "home"


@pytest.mark.parametrize("module", ["services.edge", "services.cli.prepare"])
@pytest.mark.parametrize("closed", ["CERTIFICATE", "KEY"])
def test_a_certificate_or_its_key(last_words: LastWords, tmp_path: Path, module: str, closed: str) -> None:
    pair = ensure_development_certificate(tmp_path / "tls")
    files = {"CERTIFICATE": pair.certificate, "KEY": pair.key}
    files[closed].chmod(0)
    told = last_words(module, **{f"TLS_{name}": file for name, file in files.items()})
    assert told.startswith(f"CHATMOUNT_TLS_{closed} names a file that user ")
    assert told.endswith(f" can't read (Permission denied): {files[closed]}")


@pytest.mark.parametrize(
    ("variable", "others", "module"),
    [
        ("TLS_KEY", {"TLS_CERTIFICATE": __file__}, "services.edge"),
        ("PLANS_FILE", {}, "services.auth"),
        ("PLANS_FILE", {}, "services.cli.prepare"),
        ("LLM_TOKENIZER", MODEL, "services.chat"),
        ("LLM_TOKENIZER", MODEL, "services.cli.prepare"),
        ("SECRET_FILE", {}, "services.auth"),
        ("SECRET_FILE", {}, "services.edge"),
        ("SECRET_FILE", {}, "services.cli.prepare"),
    ],
)
def test_one_in_a_folder_that_may_not_be_looked_into(
    last_words: LastWords, tmp_path: Path, variable: str, others: dict[str, str], module: str
) -> None:
    file = tmp_path / "closed" / "file"
    file.parent.mkdir()
    file.touch()
    file.parent.chmod(0)
    told = last_words(module, **others, **{variable: file})
    file.parent.chmod(0o700)
    assert f"CHATMOUNT_{variable}" in told
    assert "Permission denied" in told


def test_a_home_that_can_not_be_written(last_words: LastWords, home: Path) -> None:
    home.chmod(0o500)
    (home / "secrets").chmod(0o500)
    assert last_words("services.cli.prepare") == f"CHATMOUNT_HOME={home} can't be written by this user."
    assert "Permission denied" in last_words("services.edge")
    (home / "secrets").chmod(0o700)
    assert last_words("services.edge").startswith(f"CHATMOUNT_HOME={home} can't be used: {home}/edge")
    home.chmod(0o700)
    (home / "secrets").chmod(0o500)
    assert "Permission denied" in last_words("services.cli.prepare", INTERNAL_TLS="on")
    (home / "secrets").chmod(0o700)
