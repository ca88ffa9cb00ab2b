"""The root of the command line: `chatmount <noun> <verb>`."""

import importlib

import click

from services.cli.grammar import Group

# Each is imported when it runs: a command that lists accounts needs no HTTP client and no database driver.
COMMANDS = {
    "up": "up:up",
    "account": "account:group",
    "bot": "bot:group",
    "source": "source:group",
    "qa": "qa:group",
    "key": "key:group",
    "widget": "widget:group",
    "user": "user:group",
    "member": "member:group",
    "audit": "audit:group",
    "chat": "chat:chat",
    "session": "session:group",
    "unanswered": "unanswered:group",
    "trace": "trace:trace",
    "replay": "replay:replay",
    "usage": "usage:usage",
    "ledger": "ledger:ledger",
    "credits": "ledger:credit",
    "search": "search:search",
    "index": "index:index",
    "status": "operations:status",
    "token": "operations:token",
    "secret": "secret:group",
    "migrate": "migrate:migrate",
    "backup": "backup:backup",
    "restore": "backup:restore",
}


class _Root(Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(f"services.cli.commands.{module}"), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is not a command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Root)
@click.version_option(package_name="chatmount", prog_name="chatmount")
def root() -> None:
    """Chatmount: your pages in, cited answers out, over one public endpoint.

    Begin with `chatmount up`. All other commands talk to the stack of CHATMOUNT_HOME (./.chatmount).
    """
