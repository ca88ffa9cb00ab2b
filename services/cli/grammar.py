"""Commands and groups with `-h`, and with `--json` at every level."""

from typing import Any

import click

_JSON = "chatmount.json"


def wants_json() -> bool:
    """Whether the command that runs now was asked for JSON."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(_JSON))


def _remember(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.meta[_JSON] = True


def _with_json(arguments: dict[str, Any]) -> dict[str, Any]:
    # Every level takes it, so that it may stand before or after the subcommand.
    option = click.Option(
        ["--json"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_remember,
        help="Print exactly one JSON value on stdout.",
    )
    settings = {
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        **(arguments.get("context_settings") or {}),
    }
    return {
        **arguments,
        "params": [*(arguments.get("params") or ()), option],
        "context_settings": settings,
    }


class Command(click.Command):
    """A command that takes `--json`."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **_with_json(named))


class Group(click.Group):
    """A group whose commands take `--json`."""

    command_class = Command

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **_with_json(named))

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


Group.group_class = Group
