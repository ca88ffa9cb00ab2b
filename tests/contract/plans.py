"""The plans of test stacks."""

from pathlib import Path

MANY = 1_000_000
"""More of anything than a test asks for."""


def plan(
    name: str, *, per_minute: int = MANY, per_month: int | None = MANY, per_day: int = MANY, keys: int = 50
) -> str:
    """A plan in TOML."""
    credits = "" if per_month is None else f"credits_per_month = {per_month}\n"
    return (
        f"[{name}]\nrequests_per_minute = {per_minute}\n{credits}"
        f"requests_per_day = {per_day}\nkeys_per_chatbot = {keys}\n"
    )


PLANS = "".join(
    (
        plan("free", per_minute=0, per_month=50, per_day=100, keys=0),
        plan("plus", per_minute=60, per_month=1500, per_day=10000, keys=15),
        plan("enterprise", per_minute=200, per_month=None, per_day=50000),
        plan("roomy", per_month=None),
        plan("metered"),
        plan("seven", per_month=7),
        plan("ten", per_month=10),
        plan("threeaday", per_day=3),
        plan("fiveaminute", per_minute=5),
        plan("twenty", per_minute=20),
    )
)


def with_plans(folder: Path) -> dict[str, str]:
    """The setting that names the test plans, in a file in `folder`."""
    (folder / "plans.toml").write_text(PLANS)
    return {"CHATMOUNT_PLANS_FILE": str(folder / "plans.toml")}
