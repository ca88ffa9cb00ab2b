"""Numbers are plain digits, wherever one is asked for."""

import click
import pytest

from services.cli.app import root
from services.cli.options.numbers import Number, Resettable, WholeNumber
from tests.cli.command_line import CommandLine
from tests.cli.every_command import leaves
from tests.each import for_each

NUMBERS = [
    (path, parameter)
    for path, command in leaves(root)
    for parameter in command.params
    if isinstance(parameter.type, click.types.IntParamType | click.types.FloatParamType | Resettable)
]


def test_there_are_numbers() -> None:
    assert len(NUMBERS) >= 10


@for_each(("path", "parameter"), NUMBERS)
@for_each("text", ["1_0", "１６", "٣", " 1", "1 ", "0x1", "1e1", "nan", "inf", "", "1" * 40])
def test_every_number_is_of_plain_digits(path: tuple[str, ...], parameter: click.Parameter, text: str) -> None:
    with pytest.raises(click.BadParameter):
        parameter.type_cast_value(click.Context(root), text if parameter.nargs == 1 else (text,))


@for_each(("text", "value"), [("7", 7), ("+7", 7), ("007", 7)])
def test_plain_digits_are_read(text: str, value: int) -> None:
    assert WholeNumber(1, 9).convert(text, None, None) == value
    assert Number(0, 9).convert(text, None, None) == value


@for_each(("text", "value"), [("0.25", 0.25), (".5", 0.5), ("1.", 1.0), ("-0", 0.0)])
def test_decimals_are_read(text: str, value: float) -> None:
    assert Number(0, 1).convert(text, None, None) == value


@for_each("since", ["２０２６-11-23", "2026-1_1-23", "1_000", "٢٠٢٦-11-23"])
@for_each("command", [("audit", "list"), ("ledger", "list", "--account", "a")])
def test_times_are_of_plain_digits_too(lonely: CommandLine, command: tuple[str, ...], since: str) -> None:
    assert "is neither a day" in lonely.refused(*command, "--since", since, code=2)
    assert "is neither a day" in lonely.refused("key", "create", "--bot", "b", "--expires", since, code=2)
