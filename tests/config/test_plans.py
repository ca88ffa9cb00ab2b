"""The plans table: its defaults, and a file that is read strictly."""

from pathlib import Path

import pytest

from services.config.plans import DEFAULT_PLANS, Plan, load_plans, load_widget_limits
from services.config.settings import SettingsError
from services.config.widget_limits import WidgetLimits
from tests.each import for_each

PLUS = "[plus]\nrequests_per_minute = 60\ncredits_per_month = 1500\nrequests_per_day = 10_000\nkeys_per_chatbot = 15\n"
UNLIMITED = "[big]\nrequests_per_minute = 200\nrequests_per_day = 50000\nkeys_per_chatbot = 50\n"


def written(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "plans.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_the_defaults_are_those_that_are_documented() -> None:
    assert load_plans(None) is DEFAULT_PLANS
    rows = [
        (p.name, p.requests_per_minute, p.credits_per_month, p.requests_per_day, p.keys_per_chatbot)
        for p in DEFAULT_PLANS.values()
    ]
    assert rows == [
        ("free", 0, 50, 100, 0),
        ("go", 0, 500, 100, 0),
        ("plus", 60, 1500, 10_000, 15),
        ("enterprise", 200, None, 50_000, 50),
    ]
    assert [p.name for p in DEFAULT_PLANS.values() if p.has_api_access] == ["plus", "enterprise"]


def test_a_file_replaces_the_defaults_and_keeps_its_order(tmp_path: Path) -> None:
    plans = load_plans(written(tmp_path, UNLIMITED + PLUS))
    assert list(plans) == ["big", "plus"]
    assert plans["plus"] == Plan("plus", 60, 1500, 10_000, 15)
    assert plans["big"].credits_per_month is None


@for_each(
    ("field", "access"), [("requests_per_minute", False), ("keys_per_chatbot", False), ("credits_per_month", True)]
)
def test_a_zero_is_a_limit_like_any_other(tmp_path: Path, field: str, access: bool) -> None:
    lines = [f"{field} = 0" if line.startswith(field) else line for line in PLUS.splitlines()]
    plan = load_plans(written(tmp_path, "\n".join(lines)))["plus"]
    assert getattr(plan, field) == 0
    assert plan.has_api_access is access


@for_each(
    ("text", "says"),
    [
        ("", "holds no plan"),
        ("# only a comment\n", "holds no plan"),
        ("[plus", "is not TOML"),
        (PLUS + PLUS, "is not TOML"),
        (b"[plus]\nname = '\xff'", "is not UTF-8"),
        ("plus = 5", "plus must be a table"),
        ("widget_tickets_per_minute = 5", "holds no plan"),
        ("widget_tickets_a_minute = 5\n" + PLUS, "widget_tickets_a_minute must be a table"),
        ("[[plus]]\nrequests_per_minute = 1", "plus must be a table"),
        (PLUS.replace("requests_per_day = 10_000\n", ""), "[plus] lacks requests_per_day"),
        (PLUS + "credits = 5\n", "unknown field credits"),
        (PLUS + "[plus.more]\n", "unknown field more"),
        (PLUS.replace("1500", "-1"), "credits_per_month must be a whole number"),
        (PLUS.replace("1500", "1.5"), "credits_per_month must be a whole number"),
        (PLUS.replace("1500", "true"), "credits_per_month must be a whole number"),
        (PLUS.replace("1500", '"1500"'), "credits_per_month must be a whole number"),
        (PLUS.replace("1500", "2000000001"), "credits_per_month must be a whole number"),
        (PLUS.replace("[plus]", '[""]'), "a plan's name"),
        (PLUS.replace("[plus]", '["plus "]'), "a plan's name"),
        (PLUS.replace("[plus]", '["a\\nb"]'), "a plan's name"),
        (PLUS.replace("[plus]", f"[{'x' * 65}]"), "a plan's name"),
    ],
)
def test_a_file_that_is_not_right_is_refused_in_one_clear_line(tmp_path: Path, text: str | bytes, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_plans(written(tmp_path, text))
    assert says in str(caught.value)
    assert "CHATMOUNT_PLANS_FILE" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_limits_of_widgets_stand_above_the_plans(tmp_path: Path) -> None:
    file = written(tmp_path, "address_messages_per_minute = 5\nwidget_messages_per_minute = 0\n" + PLUS)
    assert list(load_plans(file)) == ["plus"]
    limits = load_widget_limits(file)
    assert (limits.address_messages_per_minute, limits.widget_messages_per_minute) == (5, 0)
    assert load_widget_limits(None) == load_widget_limits(written(tmp_path, PLUS)) == WidgetLimits(120, 120, 20, 10)


@for_each("value", ["-1", "1.5", "true", '"9"', "2000000001"])
def test_a_limit_of_widgets_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError, match=r"PLANS_FILE: widget_tickets_per_minute must be a whole number"):
        load_widget_limits(written(tmp_path, f"widget_tickets_per_minute = {value}\n{PLUS}"))


def test_a_plan_may_say_what_widgets_get(tmp_path: Path) -> None:
    plans = load_plans(written(tmp_path, PLUS + "widget_credits_per_day = 0\n" + UNLIMITED))
    assert (plans["plus"].widget_credits_per_day, plans["big"].widget_credits_per_day) == (0, None)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load_plans(tmp_path / "nowhere.toml")
