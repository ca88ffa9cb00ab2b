"""Asking before something is lost."""

import sys

import click

from services.cli.grammar import wants_json
from services.cli.output.cleaning import one_line

yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def confirm(question: str, yes: bool) -> None:
    """Asks on a terminal, and ends the command unless the answer is yes. Scripts are not asked."""
    if yes or wants_json() or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    click.confirm(one_line(question), abort=True)
