"""`chatmount secret`: replacing the secret that signs tokens while everything runs."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from services.cli.calls.acceptance import accepted_everywhere, refused_everywhere
from services.cli.calls.endpoints import Endpoints, find_endpoints, tls_to
from services.cli.calls.health import until
from services.cli.calls.stack import ADMIN_TOKEN_SECONDS
from services.cli.failures import CommandFailed, NotRunning
from services.cli.grammar import Group
from services.cli.output import output
from services.cli.output.shapes import Shape, short
from services.cli.output.tables import Columns
from services.config.settings import Settings, load_settings
from services.edge.credential import tokens_follow
from services.trust.principal_tokens import CLOCK_SKEW_SECONDS
from services.trust.secret_file import LOOK_SECONDS, fingerprint, made_at, newest, read_secrets
from services.trust.secret_rotation import add_secret, promote_secret, retire_secrets
from services.written_times import moment

COLUMNS: Columns = {
    "secret": "fingerprint",
    "made (UTC)": lambda secret: short(secret["created_at"]) or "unknown",
    "age in days": lambda secret: "" if secret["age_seconds"] is None else secret["age_seconds"] // 86400,
    "signs": "signs",
}
# Every process looks at the file within LOOK_SECONDS of being called; the rest is for machines under load.
SEEN_SECONDS = 3 * LOOK_SECONDS
PATIENCE_SECONDS = 10.0
LONGEST_TOKEN_SECONDS = ADMIN_TOKEN_SECONDS + CLOCK_SKEW_SECONDS


@click.group(cls=Group, name="secret")
def group() -> None:
    """The secret with which the parts of an installation sign their calls."""


@group.command("list")
def list_() -> None:
    """List the accepted secrets by their fingerprints, the one that signs first."""
    secrets = read_secrets(load_settings().secret_file)
    now = datetime.now(UTC)
    values = [_shape(secret, now, signs=number == 0) for number, secret in enumerate(secrets)]
    output.show_list("secrets", values, COLUMNS)


def _shape(secret: str, now: datetime, *, signs: bool) -> Shape:
    made = made_at(secret)
    return {
        "fingerprint": fingerprint(secret),
        "created_at": moment(made.timestamp()) if made else None,
        "age_seconds": int((now - made).total_seconds()) if made else None,
        "signs": signs,
    }


@group.command()
@click.option("--retire", is_flag=True, help="Also retire the old secret, when its last token has ended.")
@click.option("--now", is_flag=True, help="With --retire: do not wait for tokens that people still have.")
def rotate(retire: bool, now: bool) -> None:
    """Make a new secret, wait until every process accepts it, and sign with it.

    The old one is accepted until it is retired. No request fails, no process restarts.
    """
    settings = load_settings()
    read_secrets(settings.secret_file)
    secret = add_secret(settings.secret_file)
    asyncio.run(_sign_with(settings, secret))
    dropped = asyncio.run(_retire(settings, now=now)) if retire else 0
    _show(settings, f"The new secret {fingerprint(secret)} signs.", dropped)


@group.command()
def add() -> None:
    """Make a new secret that is accepted, but does not sign yet.

    The first step of a rotation where the file has to be copied to other machines.
    """
    settings = load_settings()
    secret = add_secret(settings.secret_file)
    _show(settings, f"The new secret {fingerprint(secret)} is accepted wherever this file is; it signs nothing yet.", 0)


@group.command()
def promote() -> None:
    """Sign with the newest secret, as soon as every process accepts it. The second step."""
    settings = load_settings()
    secret = newest(read_secrets(settings.secret_file))
    asyncio.run(_sign_with(settings, secret))
    _show(settings, f"The secret {fingerprint(secret)} signs.", 0)


@group.command("retire")
@click.option("--now", is_flag=True, help="Do not wait for tokens that people still have.")
def retire_(now: bool) -> None:
    """Stop accepting all secrets but the one that signs. The last step.

    Waits until the last token of the old ones has ended: five minutes after another began to sign.
    """
    settings = load_settings()
    _show(settings, "", asyncio.run(_retire(settings, now=now)))


async def _sign_with(settings: Settings, secret: str) -> None:
    """Returns when every process accepts the secret, and signs with it."""
    endpoints = _running(settings)
    if endpoints is not None:
        await accepted_everywhere(endpoints, secret, tls_to(endpoints, settings))
        # Replicas that this command does not know of see the same file.
        await asyncio.sleep(_left(settings.secret_file, SEEN_SECONDS))
    promote_secret(settings.secret_file, secret)
    await _until_followed(settings)


async def _until_followed(settings: Settings) -> None:
    """Returns when Envoy's and web's tokens follow the secret that signs, and all have seen it."""
    if _running(settings) is None:
        return
    await asyncio.sleep(_left(settings.secret_file, SEEN_SECONDS))
    (secret, *_) = read_secrets(settings.secret_file)

    async def follows() -> bool:
        return tokens_follow(settings, secret)

    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(follows)
    except TimeoutError:
        raise CommandFailed(
            "A token of Envoy or web is still signed with the old secret, which therefore stays accepted; the log of "
            "the launcher says why. Then run `chatmount secret retire`."
        ) from None
    # A file is read when it was replaced, which takes a moment.
    await asyncio.sleep(LOOK_SECONDS)


async def _retire(settings: Settings, *, now: bool) -> int:
    endpoints = _running(settings)
    old = read_secrets(settings.secret_file)[1:]
    if old and endpoints is not None and not now:
        seconds = _left(settings.secret_file, LONGEST_TOKEN_SECONDS)
        if seconds:
            output.note(f"Waiting {seconds:.0f} s for the last token of the old secret to end (--now does not wait).")
        await asyncio.sleep(seconds)
    if not old:
        return 0
    await _until_followed(settings)
    dropped = retire_secrets(settings.secret_file)
    # The stack may have been started again during the wait.
    if (endpoints := _running(settings)) is not None:
        for secret in old:
            await refused_everywhere(endpoints, secret, tls_to(endpoints, settings))
    return dropped


def _left(file: Path, seconds: float) -> float:
    """What is left of `seconds` since the file was changed."""
    return min(max(file.stat().st_mtime + seconds - time.time(), 0.0), seconds)


def _running(settings: Settings) -> Endpoints | None:
    try:
        return find_endpoints(settings)
    except NotRunning:
        return None


def _show(settings: Settings, text: str, dropped: int) -> None:
    first, *others = (fingerprint(secret) for secret in read_secrets(settings.secret_file))
    if dropped:
        text = f"{text} Retired: {dropped}.".strip()
    elif not text:
        text = "There is nothing to retire."
    output.show({"signs": first, "also_accepted": others, "retired": dropped}, text)
    if others:
        output.note("Old secrets are still accepted; `chatmount secret retire` ends that.")
