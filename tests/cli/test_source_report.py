"""What `source add` says of a folder when it is done."""

from collections import Counter

import pytest

from services.cli.commands.source_report import report


def test_a_folder_says_which_kinds_were_passed_over_and_how_many_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    report([], Counter({".png": 2, "hidden": 1, ".zip": 1200}))
    assert "1,203 files passed over (1,200 .zip, 2 .png, 1 hidden)." in " ".join(capsys.readouterr().out.split())


def test_nothing_is_said_where_nothing_was_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    report([], Counter())
    assert "passed over" not in capsys.readouterr().out
