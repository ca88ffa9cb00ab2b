import asyncio
import os
import signal
import sys
from pathlib import Path

from services.cli.up.child import LONGEST_LINE, describe_end, start_child
from tests.cli.up.processes import environment, is_alive, script
from tests.waiting import until


async def ended(text: str) -> tuple[int, list[str]]:
    """How a script ended, and what it printed."""
    lines: list[str] = []
    child = await start_child(script(text), environment())
    return await child.wait(lines.append), lines


async def test_output_comes_line_by_line_from_both_streams() -> None:
    code, lines = await ended(
        "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('no newline', end='')\nsys.exit(3)"
    )
    assert (code, sorted(lines)) == (3, ["err", "no newline", "out"])


async def test_a_line_without_an_end_does_not_stop_the_reading() -> None:
    _, lines = await ended(f"print('x' * {LONGEST_LINE * 20})\nprint('after')")
    assert lines[-1] == "after"
    assert max(len(line) for line in lines) == LONGEST_LINE


async def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    assert (await ended("import sys\nsys.stdout.buffer.write(b'\\xff\\n')"))[1] == ["\N{REPLACEMENT CHARACTER}"]


async def test_a_child_is_in_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it() -> None:
    assert (await ended("import os\nprint(os.getsid(0) == os.getpid())"))[1] == ["True"]


async def test_killing_a_child_ends_what_it_has_started() -> None:
    lines: list[str] = []
    text = "import subprocess\nprint(subprocess.Popen(['sleep', '600']).pid)\nimport time\ntime.sleep(600)"
    child = await start_child(script(text), environment())
    ending = asyncio.create_task(child.wait(lines.append))
    await until(lambda: len(lines) == 1)
    child.kill()
    assert await ending == -signal.SIGKILL
    await until(lambda: not is_alive(int(lines[0])))


LAUNCHER = """
import asyncio, os, sys
from services.cli.up.child import start_child

async def main():
    child = await start_child([sys.executable, "-c", "import time; time.sleep(600)"], os.environ)
    print(child.pid, flush=True)
    await child.wait(print)

asyncio.run(main())
"""


async def test_a_child_dies_with_a_launcher_that_is_killed() -> None:
    launcher = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LAUNCHER, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3], env=environment()
    )
    assert launcher.stdout is not None
    pid = int(await launcher.stdout.readline())
    assert is_alive(pid)
    # It may still be the wrapper: that dies too, or never becomes the command.
    os.kill(launcher.pid, signal.SIGKILL)
    await launcher.wait()
    await until(lambda: not is_alive(pid))


def test_an_end_is_described_in_words() -> None:
    assert describe_end(3) == "ended with exit code 3"
    assert describe_end(-9) == "was killed by SIGKILL"
    assert describe_end(-200) == "was killed by signal 200"
