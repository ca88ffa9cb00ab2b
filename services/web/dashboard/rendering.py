"""Templates to HTML, everything escaped.

Each is compiled when its first page is asked for and then kept: all 80 at once took half of the CPU time of a start.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.web.dashboard.conversations import address_of
from services.web.dashboard.navigation import INSTALLATION, account_sections, chatbot_sections
from services.web.dashboard.row_elements import ago, badge, moment, opens
from services.web.static_files import StaticFiles

FOLDER = Path(__file__).parent / "templates"


class Rendering:
    """All templates of the dashboard."""

    def __init__(self, files: StaticFiles, folders: tuple[Path, ...] = (FOLDER,)) -> None:
        """`folders`: of a test, which has templates of its own before them."""
        self._environment = Environment(
            loader=FileSystemLoader(folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self._environment.globals.update(
            static=files.path,
            account_sections=account_sections,
            chatbot_sections=chatbot_sections,
            installation_sections=INSTALLATION,
        )
        self._environment.filters["conversation"] = address_of
        self._environment.filters.update(moment=moment, ago=ago, badge=badge, opens=opens)
        self._environment.filters.update(day=_day, number=_number, bytes=_bytes)

    def html(self, template: str, values: Mapping[str, Any]) -> str:
        """The template, filled in."""
        return self._environment.get_template(template).render(values)


def _day(seconds: float) -> str:
    """Unix seconds as their day."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _number(value: float) -> str:
    """`12,345`."""
    return f"{value:,}"


def _bytes(value: int) -> str:
    """`4.2 MiB`."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value >= size:
            return f"{value / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{value} bytes"
