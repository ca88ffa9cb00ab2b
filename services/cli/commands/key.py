"""`chatmount key`: API keys, whose secrets are shown once."""

from collections.abc import Awaitable
from typing import Any

import click
from chatmount.auth.v1 import auth_pb2
from rich.console import Group as Lines
from rich.text import Text

from services.cli.calls.stack import CHATBOTS, Stack, bot_option, on_stack
from services.cli.failures import CommandFailed, describe, explain_missing, wrong_usage
from services.cli.grammar import Group
from services.cli.options.confirmation import confirm, yes_option
from services.cli.options.times import Expiry
from services.cli.output import output
from services.cli.output.shapes import shape
from services.cli.output.streams import OutputLost, check_room
from services.cli.output.tables import Columns, fields
from services.contract import KEY_PREFIX

KEYS = "chatmount key list --bot ID"
COLUMNS: Columns = {
    "key": "id",
    "name": "name",
    "ends in": lambda key: f"…{key['last4']}",
    "status": "status",
    "allowed from": lambda key: key["allowlist"] or "anywhere",
    "created (UTC)": "created_at",
    "last used": "last_used_at",
    "expires": "expires_at",
}


@click.group(cls=Group, name="key")
def group() -> None:
    """API keys, each for one chatbot. A secret is shown once."""


@group.command()
@click.option("--bot", required=True, help="Id of the chatbot that the key opens.")
@click.option("--name", default="", help="A label for people.")
@click.option("--allow", multiple=True, metavar="CIDR", help="Address or network that may use it. Repeatable.")
@click.option("--expires", type=Expiry(), help="Last day (2027-01-31, UTC) or RFC 3339 time.")
@on_stack
async def create(stack: Stack, bot: str, name: str, allow: tuple[str, ...], expires: int | None) -> None:
    """Create a key and show its secret, which is shown only once."""
    check_room()
    request = auth_pb2.CreateApiKeyRequest(chatbot_id=bot, name=name, allowlist=allow, expires_at=expires)
    with explain_missing("chatbot", bot, CHATBOTS):
        response = await stack.keys.CreateApiKey(request)
    try:
        _show_secret(response.api_key, response.secret)
    except OutputLost as lost:
        # A key that nobody has seen is of no use to its owner, and counts against the plan.
        key = response.api_key.id
        try:
            await stack.keys.RevokeApiKey(auth_pb2.RevokeApiKeyRequest(api_key_id=key))
        except Exception as error:
            raise CommandFailed(
                f"The key {key} could not be shown ({lost}), and could not be revoked ({describe(error)[0]}); "
                f"`chatmount key revoke {key}` does that."
            ) from error
        raise CommandFailed(f"The key could not be shown ({lost}), and was revoked; create another.") from lost


@group.command("list")
@bot_option
@on_stack
async def list_(stack: Stack, bot: str) -> None:
    """List the keys of a chatbot, oldest first, without their secrets."""
    with explain_missing("chatbot", bot, CHATBOTS):
        response = await stack.keys.ListApiKeys(auth_pb2.ListApiKeysRequest(chatbot_id=bot))
    empty = f"No keys yet. Create one: chatmount key create --bot {bot} --name NAME"
    output.show_list("keys", [shape(key) for key in response.api_keys], COLUMNS, empty)


@group.command()
@click.argument("key")
@on_stack
async def rotate(stack: Stack, key: str) -> None:
    """Give KEY (its id) a new secret. The old one is dead at once."""
    check_room()
    with explain_missing("key", _id(key), KEYS):
        response = await stack.keys.RotateApiKey(auth_pb2.RotateApiKeyRequest(api_key_id=key))
    try:
        _show_secret(response.api_key, response.secret)
    except OutputLost as lost:
        raise CommandFailed(
            f"The new secret could not be shown ({lost}), and the old one is dead: rotate {key} once more."
        ) from lost


@group.command()
@click.argument("key")
@yes_option
@on_stack
async def revoke(stack: Stack, key: str, yes: bool) -> None:
    """Revoke KEY (its id) for good."""
    confirm(f"Revoke the key {_id(key)} for good?", yes)
    await _show(key, stack.keys.RevokeApiKey(auth_pb2.RevokeApiKeyRequest(api_key_id=key)))


@group.command()
@click.argument("key")
@click.argument("cidr", nargs=-1)
@click.option("--anywhere", is_flag=True, help="Allow every address.")
@on_stack
async def allow(stack: Stack, key: str, cidr: tuple[str, ...], anywhere: bool) -> None:
    """Allow KEY (its id) only from these addresses and networks.

    Replaces the present list.
    """
    if bool(cidr) == anywhere:
        raise wrong_usage("Give the addresses and networks to allow, or --anywhere.")
    request = auth_pb2.SetApiKeyAllowlistRequest(api_key_id=_id(key), allowlist=cidr)
    await _show(key, stack.keys.SetApiKeyAllowlist(request))


def _id(key: str) -> str:
    # Repeating a secret, mistyped as it may be, in an error would put it into logs.
    if key.startswith(KEY_PREFIX[:3]):
        raise CommandFailed(f"That is a key's secret; give its id (key_…), which `{KEYS}` shows.")
    return key


async def _show(key: str, call: Awaitable[Any]) -> None:
    with explain_missing("key", key, KEYS):
        output.show_one(shape((await call).api_key))


def _show_secret(key: auth_pb2.ApiKey, secret: str) -> None:
    value = shape(key)
    notice = Text("\nThis is the only time that the key is shown: keep it now.", style="yellow")
    output.show({"id": key.id, "key": secret} | value, Lines(fields({"key": secret, **value}), notice))
