"""Windows that are found again after the process was killed."""

import logging
import os
from pathlib import Path

import pytest

from services.windows import kept
from services.windows.choose import open_windows
from services.windows.in_process import InProcessWindows
from services.windows.kept import KeptWindows
from services.windows.window import Window
from tests.windows.conftest import TurnedClock


def reopened(clock: TurnedClock, file: Path) -> KeptWindows:
    return KeptWindows(InProcessWindows(clock), file)


def kill(windows: KeptWindows) -> None:
    """What the kernel does to the files of a process that is killed; nothing of ours runs."""
    assert windows._descriptor is not None
    os.close(windows._descriptor)


async def test_a_killed_process_hands_out_no_fresh_minute(clock: TurnedClock, tmp_path: Path) -> None:
    file = tmp_path / "home" / "windows.jsonl"
    first = reopened(clock, file)
    for _ in range(3):
        await first.hit("k", 4)
    await first.hit("other", 4)
    kill(first)
    clock.now += 20
    second = reopened(clock, file)
    assert await second.hit("k", 4) == Window(True, 4, 0, 1_000_060)
    assert not (await second.hit("k", 4)).allowed
    assert (await second.peek("other", 4)).remaining == 3
    kill(second)
    clock.now += 41
    assert (await reopened(clock, file).hit("k", 4)).remaining == 3


async def test_a_clean_stop_keeps_them_too(clock: TurnedClock, tmp_path: Path) -> None:
    first = open_windows("", clock, tmp_path / "w.jsonl")
    await first.hit("k", 1)
    await first.close()
    second = open_windows("", clock, tmp_path / "w.jsonl")
    assert not (await second.hit("k", 1)).allowed
    await second.close()


async def test_a_line_that_was_cut_off_is_passed_over(clock: TurnedClock, tmp_path: Path) -> None:
    file = tmp_path / "w.jsonl"
    first = reopened(clock, file)
    await first.hit("k\nwith a break", 2)
    kill(first)
    with file.open("ab") as handle:
        handle.write(b'["k2", 10000\n\xff\xfe\n7\n[1]\n["k3", null, null]\n["half')
    second = reopened(clock, file)
    assert (await second.peek("k\nwith a break", 2)).remaining == 1
    await second.hit("after", 1)
    kill(second)
    assert not (await reopened(clock, file).peek("after", 1)).allowed


async def test_the_file_does_not_grow_for_ever(
    clock: TurnedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MINIMUM_REWRITE_BYTES", 2000)
    file = tmp_path / "w.jsonl"
    windows = reopened(clock, file)
    for number in range(2000):
        clock.now += 0.5
        await windows.hit(f"k{number % 7}", 10_000)
        assert file.stat().st_size < 3000
    remaining = (await windows.peek("k1", 10_000)).remaining
    kill(windows)
    assert (await reopened(clock, file).peek("k1", 10_000)).remaining == remaining


async def test_only_one_process_keeps_its_windows_in_a_file(
    clock: TurnedClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "w.jsonl"
    first = reopened(clock, file)
    with caplog.at_level(logging.WARNING):
        second = reopened(clock, file)
    assert len(caplog.records) == 1
    assert (await second.hit("k", 5)).allowed
    assert file.read_bytes() == b""
    await second.close()
    await first.close()


async def test_a_disk_that_takes_no_more_costs_the_keeping_and_not_the_counting(
    clock: TurnedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    windows = reopened(clock, tmp_path / "w.jsonl")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    for remaining in (1, 0):
        assert (await windows.hit("k", 2)).remaining == remaining
    assert not (await windows.hit("k", 2)).allowed
    assert len(caplog.records) == 1
    await windows.close()
    blocked = reopened(clock, tmp_path / "w.jsonl" / "below-a-file")
    assert (await blocked.hit("k", 2)).allowed
