"""`chatmount widget`: a chatbot on websites."""

from typing import Any
from urllib.parse import urljoin

import click
from chatmount.auth.v1 import widget_pb2
from chatmount.chat.v1 import visitor_pb2
from chatmount.quota.v1 import quota_pb2

from services.cli.calls.stack import ChatbotScope, Stack, on_stack
from services.cli.failures import wrong_usage
from services.cli.grammar import Group
from services.cli.options.appearance import appearance_change, appearance_options
from services.cli.options.confirmation import confirm, yes_option
from services.cli.options.numbers import Resettable, WholeNumber
from services.cli.output import output
from services.cli.output.shapes import Shape, shape, short
from services.cli.output.tables import fields
from services.widget_snippet import script_path, snippet

CHANNEL = "widget"
LARGEST_BUDGET = 1_000_000
DEFAULT = -1

bot_argument = click.argument("bot")


@click.group(cls=Group, name="widget")
def group() -> None:
    """The widget: one line of HTML that puts a chatbot on websites."""


@group.command()
@bot_argument
@on_stack
async def show(stack: Stack, bot: str) -> None:
    """Show the widget of BOT: its line of HTML, sites, looks, budget, and whom it refused.

    Visitors are refused because of the `site`, for too many in a minute of one `address` or of the whole `widget`, or
    because the credits of the `day` or the `month` are used up.
    """
    await _show(stack, await stack.chatbot(bot))


@group.command("set")
@bot_argument
@click.option("--enabled/--disabled", "enabled", default=None, help="Whether it answers.")
@click.option(
    "--apps/--no-apps",
    "allow_apps",
    default=None,
    help="Whether apps may embed it too. Their pages have no origin: then no site is checked.",
)
@click.option(
    "--budget",
    type=Resettable(WholeNumber(0, LARGEST_BUDGET), DEFAULT),
    help="Credits that it may use in a UTC day, or 'default': a tenth of the plan's month.",
)
@appearance_options
@on_stack
async def set_(
    stack: Stack, bot: str, enabled: bool | None, allow_apps: bool | None, budget: int | None, **looks: Any
) -> None:
    """Change the widget of BOT. What is not given stays.

    A text that is given empty is the widget's own again.
    """
    appearance = appearance_change(looks)
    if appearance is None and (enabled, allow_apps, budget) == (None, None, None):
        raise wrong_usage("Nothing to change: give --enabled or --disabled, --budget, --title or another option.")
    scope = await stack.chatbot(bot)
    # First what may be refused.
    if appearance is not None:
        await scope.appearance.UpdateAppearance(appearance)
    if budget is not None:
        per_day = None if budget == DEFAULT else budget
        await scope.quota.SetChannelBudget(quota_pb2.SetChannelBudgetRequest(channel=CHANNEL, per_day=per_day))
    if (enabled, allow_apps) != (None, None):
        await scope.widgets.UpdateWidget(widget_pb2.UpdateWidgetRequest(enabled=enabled, allow_apps=allow_apps))
    await _show(stack, scope)


@group.group()
def origin() -> None:
    """Sites that a widget answers on. On no others it does."""


@origin.command()
@bot_argument
@click.argument("sites", nargs=-1, required=True)
@on_stack
async def add(stack: Stack, bot: str, sites: tuple[str, ...]) -> None:
    """Let the widget of BOT answer on SITES.

    Such as https://www.example.com, or https://*.example.com for all names below example.com.
    """
    await _update(stack, bot, widget_pb2.UpdateWidgetRequest(add_origins=sites))


@origin.command()
@bot_argument
@click.argument("sites", nargs=-1, required=True)
@on_stack
async def remove(stack: Stack, bot: str, sites: tuple[str, ...]) -> None:
    """Take SITES off the list of BOT; the next question from there is refused."""
    await _update(stack, bot, widget_pb2.UpdateWidgetRequest(remove_origins=sites))


@group.command()
@bot_argument
@yes_option
@on_stack
async def renew(stack: Stack, bot: str, yes: bool) -> None:
    """Give the widget of BOT a new id.

    Pages with the old line of HTML have no chat any more.
    """
    scope = await stack.chatbot(bot)
    confirm(f"Give the widget of {bot} a new id? Pages with the old one have no chat any more.", yes)
    response = await scope.widgets.RenewWidgetId(widget_pb2.RenewWidgetIdRequest())
    output.show_one(_shape(stack, response.widget))


async def _update(stack: Stack, bot: str, request: widget_pb2.UpdateWidgetRequest) -> None:
    scope = await stack.chatbot(bot)
    response = await scope.widgets.UpdateWidget(request)
    output.show_one(_shape(stack, response.widget))


async def _show(stack: Stack, scope: ChatbotScope) -> None:
    """All that three services know of the widget."""
    found = await scope.widgets.GetWidget(widget_pb2.GetWidgetRequest())
    looks = await scope.appearance.GetAppearance(visitor_pb2.GetAppearanceRequest())
    budgeted = await scope.quota.GetChannelBudget(quota_pb2.GetChannelBudgetRequest(channel=CHANNEL))
    widget, appearance, budget = _shape(stack, found.widget), shape(looks.appearance), shape(budgeted.budget)
    seen = [shape(sighting) for sighting in found.sightings]
    refused = [shape(each) for each in (*found.refused, *budgeted.refused)]
    value = widget | {"seen": seen, "budget": budget, "refused": refused, "appearance": appearance}
    told = {
        "seen": [f"{one['origin']} ({short(one['last_seen_at'])} UTC)" for one in seen],
        "budget": f"{budget['per_day']} credits a day{' (the default)' if budget['is_default'] else ''}"
        f", {budget['used_today']} used today",
        "refused": [f"{one['reason']}: {one['today']} today, {one['week']} in 7 days" for one in refused],
    }
    output.show(value, fields(widget | told | appearance))


def _shape(stack: Stack, widget: widget_pb2.Widget) -> Shape:
    return {"html": snippet(urljoin(stack.dashboard, script_path(widget.id)))} | shape(widget)
