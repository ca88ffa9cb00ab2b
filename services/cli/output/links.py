"""Links that let somebody in, which are shown once."""

from rich.console import Group as Lines
from rich.text import Text

from services.cli.failures import CommandFailed
from services.cli.output import output
from services.cli.output.shapes import Shape, short
from services.cli.output.streams import OutputLost
from services.cli.output.tables import fields


def show_link(link: str, until: str, value: Shape, again: str) -> None:
    """Prints a link with what it is for. `again`: the command that makes another."""
    notice = Text(f"\nThis is the only time that the link is shown. It works once, until {short(until)} UTC.", "yellow")
    shown = {"link": link, **value}
    try:
        output.show(shown | {"link_expires_at": until}, Lines(fields(shown), notice))
    except OutputLost as lost:
        raise CommandFailed(f"The link could not be shown ({lost}); make another: {again}") from lost
