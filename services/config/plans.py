"""Plans: what an account may use. Auth reads the number of keys, Quota the rest."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from services.config.settings import SettingsError
from services.config.widget_limits import DEFAULT_WIDGET_LIMITS, WidgetLimits

MAXIMUM = 2_000_000_000  # these numbers travel as int32
MAXIMUM_NAME_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Plan:
    """One row of the table."""

    name: str
    requests_per_minute: int  # per key; 0: no API access
    credits_per_month: int | None  # per account; None: unlimited
    requests_per_day: int  # per chatbot
    keys_per_chatbot: int  # 0: no API access
    widget_credits_per_day: int | None = None  # per chatbot, until its owner sets another; None: a tenth of the month

    @property
    def has_api_access(self) -> bool:
        """Whether keys of this plan are admitted."""
        return self.requests_per_minute > 0 and self.keys_per_chatbot > 0


Plans = Mapping[str, Plan]


def empty_plan(name: str) -> Plan:
    """A plan that grants nothing."""
    return Plan(name, 0, 0, 0, 0)


DEFAULT_PLANS: Plans = {
    plan.name: plan
    for plan in (
        Plan("free", 0, 50, 100, 0),
        Plan("go", 0, 500, 100, 0),
        Plan("plus", 60, 1_500, 10_000, 15),
        Plan("enterprise", 200, None, 50_000, 50),
    )
}

_FIELDS = tuple(field.name for field in fields(Plan) if field.name != "name")
_WIDGET_LIMITS = tuple(field.name for field in fields(WidgetLimits))
_OPTIONAL = ("credits_per_month", "widget_credits_per_day")


def load_plans(file: Path | None) -> Plans:
    """The plans of a TOML file, one table each, or the defaults. SettingsError for a wrong file."""
    if file is None:
        return DEFAULT_PLANS
    tables = {name: table for name, table in _content(file).items() if name not in _WIDGET_LIMITS}
    if not tables:
        raise SettingsError("CHATMOUNT_PLANS_FILE holds no plan; give each plan a table, such as [plus].")
    return {name: _plan(name, table) for name, table in tables.items()}


def load_widget_limits(file: Path | None) -> WidgetLimits:
    """What a TOML file says of them above its tables, else the defaults. SettingsError as above."""
    found = {} if file is None else _content(file)
    given = {name: _number(name, found[name]) for name in _WIDGET_LIMITS if name in found}
    return replace(DEFAULT_WIDGET_LIMITS, **given)


def _content(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"CHATMOUNT_PLANS_FILE={file} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"CHATMOUNT_PLANS_FILE={file} is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"CHATMOUNT_PLANS_FILE={file} is not TOML: {error}") from error


def _plan(name: str, table: object) -> Plan:
    if not 1 <= len(name) <= MAXIMUM_NAME_LENGTH or not name.isprintable() or name != name.strip():
        raise SettingsError(
            f"CHATMOUNT_PLANS_FILE: a plan's name must be 1 to {MAXIMUM_NAME_LENGTH} printable characters "
            f"without spaces around it, not {name[:MAXIMUM_NAME_LENGTH]!r}."
        )
    if not isinstance(table, dict):
        raise SettingsError(f"CHATMOUNT_PLANS_FILE: {name} must be a table ([{name}]), not a single value.")
    for field in table:
        if field not in _FIELDS:
            raise SettingsError(
                f"CHATMOUNT_PLANS_FILE: [{name}] has an unknown field {field}; known are {', '.join(_FIELDS)}."
            )
    numbers: dict[str, Any] = {field: _plan_number(name, field, table.get(field)) for field in _FIELDS}
    return Plan(name, **numbers)


def _plan_number(plan: str, field: str, value: object) -> int | None:
    if value is None:
        if field in _OPTIONAL:
            return None
        raise SettingsError(f"CHATMOUNT_PLANS_FILE: [{plan}] lacks {field}.")
    return _number(f"[{plan}] {field}", value)


def _number(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAXIMUM:
        raise SettingsError(f"CHATMOUNT_PLANS_FILE: {name} must be a whole number from 0 to {MAXIMUM}.")
    return value
