"""`chatmount status` and `token`: the state of an installation, and access to it."""

import asyncio
import shlex
from collections.abc import Awaitable, Sequence
from dataclasses import asdict
from urllib.parse import urlsplit

import click

from services.cli.calls.endpoints import find_endpoints, read_endpoints, tls_to
from services.cli.calls.health import PROBE_SECONDS, is_serving
from services.cli.calls.stack import ADMIN_TOKEN_SECONDS, admin_token, open_stack
from services.cli.disk import look_at_disk
from services.cli.failures import CommandFailed, wrong_usage
from services.cli.grammar import Command
from services.cli.output import output
from services.cli.output.tables import listing
from services.cli.processes import PROCESSES
from services.config.settings import Settings, load_settings
from services.trust.transport import NAME as INTERNAL_NAME
from services.trust.transport import internal_tls

COLUMNS = {"part": "name", "address": "address", "status": "status"}


@click.command(cls=Command)
def status() -> None:
    """Show whether every part of the stack is well.

    The exit code is 1 unless all are and the disk has room.
    """
    settings = load_settings()
    endpoints = find_endpoints(settings)
    tls = tls_to(endpoints, settings)
    checks = [
        (name, address, is_serving(address, tls=tls, process=process))
        for process in PROCESSES
        if endpoints.service(process)
        for name, address in _replicas(process, endpoints.service(process))
    ]
    if endpoints.http:
        checks.append(("envoy", endpoints.http, _listens(endpoints.http)))
    values = asyncio.run(_look(checks))
    down = [part["name"] for part in values if part["status"] != "serving"]
    disk = look_at_disk(settings.home)
    value = {
        "healthy": not down and not (disk and disk.full),
        "home": str(settings.home),
        "http": endpoints.http or None,
        "https": endpoints.https or None,
        "dashboard": endpoints.dashboard or None,
        "pid": endpoints.pid or None,
        "disk": asdict(disk) if disk else None,
        "parts": values,
    }
    output.show(value, listing(values, COLUMNS))
    ills = [f"Not serving: {', '.join(down)}."] if down else []
    if disk and disk.full:
        ills.append(
            f"The disk of CHATMOUNT_HOME={settings.home} is full ({disk.free_bytes:,} bytes free): requests are "
            "refused until there is room."
        )
    if ills:
        raise CommandFailed(" ".join(ills))


@click.command(cls=Command)
@click.option("--bot", default="", help="Only for this chatbot (for the retrieval and chat services).")
@click.option("--account", default="", help="Only for this account (for the quota service).")
def token(bot: str, account: str) -> None:
    """Print a token that is valid for five minutes, for grpcurl and similar tools.

    It is a secret: with it others can do what you can do.
    """
    if bot and account:
        raise wrong_usage("Give --bot or --account, not both.")
    settings = load_settings()

    async def scoped() -> str:
        async with open_stack(settings) as stack:
            return await ((await stack.chatbot(bot)) if bot else (await stack.account(account))).token()

    way_in = _way_in(settings)
    text = asyncio.run(scoped()) if bot or account else admin_token(settings)
    output.show({"token": text, "expires_in": int(ADMIN_TOKEN_SECONDS)}, text)
    output.note(f'A secret. Use it as: grpcurl {way_in} -H "authorization: Bearer $(chatmount token)" …')


def _way_in(settings: Settings) -> str:
    """What grpcurl must be told of the encryption."""
    endpoints = read_endpoints(settings.home)
    tls = tls_to(endpoints, settings) if endpoints else internal_tls(settings)
    if tls is None:
        return "-plaintext"
    ca, certificate, key = (shlex.quote(str(file)) for file in (tls.ca, tls.certificate, tls.key))
    return f"-cacert {ca} -cert {certificate} -key {key} -authority {INTERNAL_NAME}"


async def _look(checks: Sequence[tuple[str, str, Awaitable[bool]]]) -> list[dict[str, str]]:
    states = await asyncio.gather(*(check for _, _, check in checks))
    return [
        {"name": name, "address": address, "status": "serving" if well else "not serving"}
        for (name, address, _), well in zip(checks, states, strict=True)
    ]


def _replicas(service: str, addresses: str) -> list[tuple[str, str]]:
    each = addresses.split(",")
    return [(service if len(each) == 1 else f"{service}-{number}", one) for number, one in enumerate(each, 1)]


async def _listens(url: str) -> bool:
    # Without a request, which would stand in the access log as a 404 each time.
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
