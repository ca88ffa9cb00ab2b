"""Credits of earlier days of this month, as the tables hold them: nobody waits for weeks."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

DAY = "INSERT INTO chatbot_days (account_id, chatbot_id, day, settled, reserved) VALUES (?, ?, ?, ?, 0)"
CHANNEL_DAY = (
    "INSERT INTO chatbot_channel_days (account_id, chatbot_id, day, channel, settled, reserved) "
    "VALUES (?, ?, ?, 'playground', ?, 0)"
)
MONTH = "UPDATE account_months SET settled = settled + ? WHERE account_id = ? AND month = ?"
WEEK = (31, 38, 35, 42, 47, 12, 0)
"""Credits from Monday to Sunday."""


def spend_earlier(home: Path, account_id: str, shares: dict[str, float]) -> None:
    """`shares`: how much of a day's credits each chatbot used. The account has used a credit today."""
    today = datetime.now(UTC).date()
    with sqlite3.connect(home / "quota.db", timeout=60) as quota:
        for day in _days_before(today):
            for chatbot_id, share in shares.items():
                credits = round(WEEK[day.weekday()] * share * (1 + day.day % 5 / 10))
                quota.execute(DAY, (account_id, chatbot_id, str(day), credits))
                quota.execute(CHANNEL_DAY, (account_id, chatbot_id, str(day), credits // 8))
                quota.execute(MONTH, (credits, account_id, f"{today:%Y-%m}"))


def _days_before(today: date) -> Iterator[date]:
    for number in range(1, today.day):
        yield today - timedelta(days=number)
