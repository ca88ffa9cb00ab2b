"""`chatmount chat`: a question over the public endpoint, as a user of the API asks it."""

import asyncio
import sys
from io import IncrementalNewlineDecoder
from typing import Any

import click

from services.cli.calls.endpoints import read_endpoints
from services.cli.calls.public_endpoint import PublicEndpoint
from services.cli.failures import CommandFailed, NotRunning
from services.cli.grammar import Command, wants_json
from services.cli.output import output
from services.cli.output.cleaning import clean, one_line
from services.config.settings import load_settings
from services.contract import KEY_PREFIX


@click.command(cls=Command)
@click.argument("message")
@click.option(
    "--key",
    required=True,
    help=f"An API key, {KEY_PREFIX}…; - reads it from standard input, where `ps` does not show it.",
)
@click.option("--stream", is_flag=True, help="Print the answer as it is written.")
@click.option("--session", help="Id of the conversation; choose any.")
@click.option("--no-sources", is_flag=True, help="Leave the sources out.")
@click.option("--url", default="", help="Address of the server. The default is the local one.")
@click.option("--insecure", is_flag=True, help="Accept a self-signed certificate.")
def chat(message: str, key: str, stream: bool, session: str | None, no_sources: bool, url: str, insecure: bool) -> None:
    """Ask MESSAGE over the public endpoint."""
    body: dict[str, object] = {"message": message}
    if session is not None:
        body["session_id"] = session
    if no_sources:
        body["include_sources"] = False
    endpoint = PublicEndpoint(url or _local_url(), _key(key), insecure=insecure)
    asyncio.run(_stream(endpoint, body) if stream else _ask(endpoint, body))


def _key(key: str) -> str:
    if key == "-":
        try:
            key = sys.stdin.readline()
        except (OSError, ValueError) as error:
            raise CommandFailed("The key can't be read from standard input.") from error
        if not key.strip():
            raise CommandFailed("Standard input has no key: give it there, or instead of -.")
    key = key.strip()
    if not key.isascii() or not key.isprintable():
        raise CommandFailed("That is no API key: keys consist of letters, digits and _.")
    return key


async def _ask(endpoint: PublicEndpoint, body: dict[str, object]) -> None:
    reply = await endpoint.ask(body)
    output.show(reply, reply["message"] + _sources(reply.get("sources")))
    usage = reply.get("usage", {})
    left = f", {usage['credits_remaining']:,} left" if "credits_remaining" in usage else ""
    output.note(f"\n{usage.get('credits_used', 0)} credit used{left}")


async def _stream(endpoint: PublicEndpoint, body: dict[str, object]) -> None:
    pieces: list[str] = []
    sources: Any = None
    begun = False
    # A token may end between the two characters that end a line.
    line_ends = IncrementalNewlineDecoder(None, translate=True)
    try:
        async for event in endpoint.stream(body):
            if event["type"] == "token":
                pieces.append(event["content"])
                if not wants_json():
                    begun = True
                    print(clean(line_ends.decode(event["content"])), end="", flush=True)
            elif event["type"] == "sources":
                sources = event["sources"]
    finally:
        if begun:
            print(flush=True)
    if wants_json():
        reply: dict[str, object] = {"message": "".join(pieces)}
        output.print_json(reply if sources is None else reply | {"sources": sources})
    else:
        print(_sources(sources).removeprefix("\n"), end="\n" if sources else "", file=sys.stdout, flush=True)


def _sources(sources: Any) -> str:
    if not sources:
        return ""
    lines = (
        f"  {number}. {one_line(source['title'])}  {one_line(source['url'])}"
        for number, source in enumerate(sources, 1)
    )
    return "\n\nSources\n" + "\n".join(lines)


def _local_url() -> str:
    settings = load_settings()
    endpoints = read_endpoints(settings.home)
    if endpoints is None or not endpoints.http:
        raise NotRunning(
            f"No Chatmount is running for CHATMOUNT_HOME={settings.home}; start it with `chatmount up`, or give --url."
        )
    return endpoints.http
