"""gen/ is what proto/ says: nothing edited, nothing missing, nothing stale."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_generating_again_gives_the_same_bytes(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [sys.executable, ROOT / "proto" / "generate.py", "--into", tmp_path],
        check=True,
        env={**os.environ, "PATH": path},
    )
    fresh, committed = contents(tmp_path), contents(ROOT / "gen")
    assert fresh.keys() == committed.keys()
    assert [name for name in fresh if fresh[name] != committed[name]] == []
