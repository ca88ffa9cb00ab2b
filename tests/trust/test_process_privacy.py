"""No process that holds secrets lets others of its user look into it."""

import sys
from subprocess import run

import pytest

GET_DUMPABLE = 3
STARTS = {
    "service": "import services.rpc.process as process; process.load_settings = tell; process.run_parts([])",
    "launcher": "import services.cli.commands.up as up; up.load_settings = tell; up.up.callback(False, (), (), False)",
    "edge": "import services.edge.__main__ as edge; edge.load_settings = tell; edge.main()",
}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can close a process to others of its user")
@pytest.mark.parametrize("start", STARTS)
def test_a_process_closes_itself_before_it_reads_a_secret(start: str) -> None:
    look = f"ctypes.CDLL(None).prctl({GET_DUMPABLE})"
    tell = f"import ctypes, sys\nassert {look} == 1\ndef tell(): sys.exit({look})\n"
    ended = run([sys.executable, "-c", tell + STARTS[start]], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
