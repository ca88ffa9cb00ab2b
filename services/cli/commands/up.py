"""`chatmount up`: the whole stack on this machine, in the foreground."""

import asyncio

import click

from services.cli.grammar import Command
from services.cli.output.streams import check_room
from services.cli.up.launcher import launch
from services.config.settings import load_settings
from services.trust.process_privacy import make_private


@click.command(cls=Command)
@click.option("--no-demo", is_flag=True, help="Do not create the demo account and chatbot at the first start.")
@click.option(
    "--replicas",
    multiple=True,
    metavar="N|NAME=N,…",
    help="Processes of every service and of web, or of the named ones. Several need Postgres, Redis and Qdrant.",
)
@click.option(
    "--together",
    multiple=True,
    metavar="NAME,NAME…",
    help="Run these services in one process; can be repeated. The others have one each. Default: auth,quota,chat.",
)
@click.option("--split", is_flag=True, help="Run every service in a process of its own.")
def up(no_demo: bool, replicas: tuple[str, ...], together: tuple[str, ...], split: bool) -> None:
    """Run Envoy, the four services and the dashboard until Ctrl-C.

    All data is in CHATMOUNT_HOME. With --json, one JSON value is printed when the stack is ready. Logs go to stderr.
    """
    make_private()
    settings = load_settings()
    # It shows a key, once.
    check_room()
    asyncio.run(launch(settings, demo=not no_demo, replicas=replicas, together=together, split=split))
