"""The `chatmount` command."""

import contextlib
import sys

import click

from services.cli.app import root
from services.cli.failures import FAILED, WRONG_USAGE, describe
from services.cli.output.output import complain
from services.cli.output.streams import OutputLost, prepare_streams
from services.config.settings import SettingsError, load_settings
from services.observe.telemetry import configure_logging


def main() -> None:
    """Runs the command line and exits.

    The exit code is 0: done, 1: failed, 2: wrong usage or a wrong setting, 130: interrupted.
    """
    with contextlib.suppress(SettingsError):  # which the command says itself
        if (level := load_settings().log_level) == "DEBUG":
            configure_logging(level)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command; returns its exit code."""
    try:
        prepare_streams()
        code = _run(arguments)
        sys.stdout.flush()
    except OutputLost as lost:
        if not lost.nobody_reads:
            complain(f"Standard output can't be written ({lost}); what the command did is done.")
        return FAILED
    except (Exception, KeyboardInterrupt) as error:
        line, code = describe(error)
        complain(line)
    return code


def _run(arguments: list[str]) -> int:
    if any("\ud800" <= character <= "\udfff" for argument in arguments for character in argument):
        raise click.UsageError("An argument is not valid UTF-8.")
    try:
        code = root.main(arguments, prog_name="chatmount", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        at_root = error.ctx is not None and error.ctx.parent is None
        print(error.format_message(), file=sys.stdout if at_root else sys.stderr)
        return 0 if at_root else WRONG_USAGE
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
