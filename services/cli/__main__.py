"""The `chatmount` command."""

import sys

import click

from services.cli.app import root
from services.cli.failures import FAILED, WRONG_USAGE, describe
from services.cli.output import complain
from services.cli.streams import open_missing, unwritten


def main() -> None:
    """Runs the command line and exits: 0 done, 1 failed, 2 wrong usage or a wrong setting, 130 interrupted."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command; returns its exit code."""
    try:
        open_missing()
        for stream in (sys.stdout, sys.stderr):
            # A character that the terminal's encoding lacks is no reason to fail.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except (Exception, KeyboardInterrupt) as error:
        lost = unwritten()
        if lost is None or not isinstance(error, OSError):
            line, code = describe(error)
            complain(line)
            return code
        # A reader that has left (`| head`) has what it wanted.
        if not isinstance(lost, BrokenPipeError):
            complain(f"Standard output can't be written ({lost.strerror}); what the command did is done.")
        return FAILED


def _run(arguments: list[str]) -> int:
    try:
        code = root.main(arguments, prog_name="chatmount", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        at_root = error.ctx is not None and error.ctx.parent is None
        print(error.format_message(), file=sys.stdout if at_root else sys.stderr)
        return 0 if at_root else WRONG_USAGE
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
