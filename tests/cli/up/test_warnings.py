"""What is pointed out before a start, and stops nothing."""

import resource
import subprocess
from pathlib import Path

from services.cli.up.preflight import unknown_variables, warnings
from services.edge.config import CONNECTIONS


def test_a_misspelt_variable_is_pointed_out() -> None:
    environment = {"CHATMOUNT_HTP_PORT": "1", "CHATMOUNT_HTTPS_PORT": "2", "CHATMOUNT_PLUGH_XYZZY": "3", "PATH": "4"}
    assert unknown_variables(environment) == [
        "CHATMOUNT_HTP_PORT is no setting; did you mean CHATMOUNT_HTTP_PORT?",
        "CHATMOUNT_PLUGH_XYZZY is no setting",
    ]


def test_a_home_that_others_can_get_into_is_pointed_out(tmp_path: Path) -> None:
    home = tmp_path / "my home"
    home.mkdir(mode=0o700)
    assert warnings({}, home, CONNECTIONS) == []
    home.chmod(0o750)
    (line,) = warnings({}, home, CONNECTIONS)
    assert "is open to other users (mode 750)" in line
    command = line.rpartition("; ")[2].removesuffix(" closes it")
    subprocess.run(["/bin/sh", "-c", command], check=True)
    assert warnings({}, home, CONNECTIONS) == []


def test_a_limit_on_open_files_that_is_too_low_is_pointed_out(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert warnings({"CHATMOUNT_HTTP_POT": "1"}, tmp_path, CONNECTIONS) == [
        "CHATMOUNT_HTTP_POT is no setting; did you mean CHATMOUNT_HTTP_PORT?"
    ]
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    (line,) = warnings({}, tmp_path, 1536)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
    assert "so each takes 1536: raise the hard limit to 17024" in line
