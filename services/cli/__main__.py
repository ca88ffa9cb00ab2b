"""The `chatmount` command."""

import os
import sys

import click

from services.cli.app import root
from services.cli.failures import FAILED, WRONG_USAGE, describe
from services.cli.output import complain


def main() -> None:
    """Runs the command line and exits: 0 done, 1 failed, 2 wrong usage or a wrong setting, 130 interrupted."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = root.main(arguments, prog_name="chatmount", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        at_root = error.ctx is not None and error.ctx.parent is None
        print(error.format_message(), file=sys.stdout if at_root else sys.stderr)
        return 0 if at_root else WRONG_USAGE
    except BrokenPipeError:
        # The reader (`| head`) has left. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (Exception, KeyboardInterrupt) as error:
        line, exit_code = describe(error)
        complain(line)
        return exit_code
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
