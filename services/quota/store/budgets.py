"""Budgets, as rows."""

from sqlalchemy import bindparam, select
from sqlmodel import col, delete

from services.database import Database
from services.database.records import rows_in
from services.quota.store.ledger_statements import PUT_BUDGETS
from services.quota.store.tables import ChannelBudgetRow, ChatbotChannelDayRow

_BUDGETS, _DAYS = ChannelBudgetRow.__table__.c, ChatbotChannelDayRow.__table__.c
_BUDGET = select(
    select(_BUDGETS.per_day)
    .where(_BUDGETS.chatbot_id == bindparam("chatbot_id"), _BUDGETS.channel == bindparam("channel"))
    .scalar_subquery()
    .label("per_day"),
    select(_DAYS.settled + _DAYS.reserved)
    .where(
        _DAYS.account_id == bindparam("account_id"),
        _DAYS.chatbot_id == bindparam("chatbot_id"),
        _DAYS.day == bindparam("day"),
        _DAYS.channel == bindparam("channel"),
    )
    .scalar_subquery()
    .label("used"),
)


class BudgetStore:
    """The budgets that owners have set. The ledger reads them itself, within its transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def budget(self, account_id: str, chatbot_id: str, channel: str, day: str) -> tuple[int | None, int]:
        """What was set for the channel (None: nothing), and what it has used of the day."""
        wanted = {"account_id": account_id, "chatbot_id": chatbot_id, "channel": channel, "day": day}
        row = await self._database.look_up(_BUDGET, wanted)
        return (row.per_day, row.used or 0) if row is not None else (None, 0)

    async def choose(self, chatbot_id: str, channel: str, per_day: int | None) -> None:
        """Sets what the channel may use in a day; None: nobody has set it any more."""
        async with self._database.write() as connection:
            rows = rows_in(connection)
            row = ChannelBudgetRow
            if per_day is None:
                await rows.exec(delete(row).where(col(row.chatbot_id) == chatbot_id, col(row.channel) == channel))
            else:
                values = {"chatbot_id": chatbot_id, "channel": channel, "per_day": per_day}
                # Two may decide at the same moment.
                await connection.execute(PUT_BUDGETS[self._database.is_sqlite], values)
