"""A file that the container's user can't read: one line that names the variable, and no traceback, in every process."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from services.edge.certificate import ensure_development_certificate
from services.trust.secret_file import ensure_secret
from tests.cli.up.processes import environment

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
EVERYBODY = {f"CHATMOUNT_{name}_ADDRESS": "127.0.0.1:1" for name in ("AUTH", "QUOTA", "RETRIEVAL", "CHAT")}
MODEL = {"CHATMOUNT_LLM_URL": "http://127.0.0.1:1/v1", "CHATMOUNT_LLM_MODEL": "m"}


def bound_by_permissions() -> None:
    """Root reads everything; here it must not, as in a container. For others this does nothing."""
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability)


def last_words(module: str, home: Path, **settings: str) -> str:
    """What the module says on its way out."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        env={**environment(), **EVERYBODY, "CHATMOUNT_HOME": str(home), **settings},
        capture_output=True,
        text=True,
        preexec_fn=bound_by_permissions,
    )
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    return line


@pytest.fixture
def home(tmp_path: Path) -> Path:
    ensure_secret(tmp_path / "home" / "secrets" / "signing.key")
    return tmp_path / "home"


@pytest.mark.parametrize("module", ["services.edge", "services.cli.prepare"])
@pytest.mark.parametrize("closed", ["CERTIFICATE", "KEY"])
def test_a_certificate_or_its_key(home: Path, tmp_path: Path, module: str, closed: str) -> None:
    pair = ensure_development_certificate(tmp_path / "tls")
    files = {"CERTIFICATE": pair.certificate, "KEY": pair.key}
    files[closed].chmod(0)
    told = last_words(module, home, **{f"CHATMOUNT_TLS_{name}": str(file) for name, file in files.items()})
    assert told.startswith(f"CHATMOUNT_TLS_{closed} names a file that user ")
    assert told.endswith(f" can't read (Permission denied): {files[closed]}")


@pytest.mark.parametrize(
    ("variable", "others", "module"),
    [
        ("TLS_KEY", {"CHATMOUNT_TLS_CERTIFICATE": __file__}, "services.edge"),
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
    home: Path, tmp_path: Path, variable: str, others: dict[str, str], module: str
) -> None:
    file = tmp_path / "closed" / "file"
    file.parent.mkdir()
    file.touch()
    file.parent.chmod(0)
    told = last_words(module, home, **others, **{f"CHATMOUNT_{variable}": str(file)})
    file.parent.chmod(0o700)
    assert f"CHATMOUNT_{variable}" in told
    assert "Permission denied" in told


def test_a_home_that_can_not_be_written(home: Path) -> None:
    home.chmod(0o500)
    (home / "secrets").chmod(0o500)
    assert last_words("services.cli.prepare", home) == f"CHATMOUNT_HOME={home} can't be written by this user."
    assert "Permission denied" in last_words("services.edge", home)
    (home / "secrets").chmod(0o700)
    assert last_words("services.edge", home).startswith(f"CHATMOUNT_HOME={home} can't be used: {home}/edge")
    home.chmod(0o700)
    (home / "secrets").chmod(0o500)
    assert "Permission denied" in last_words("services.cli.prepare", home, CHATMOUNT_INTERNAL_TLS="on")
    (home / "secrets").chmod(0o700)
