"""Budgets, as rows."""

from sqlmodel import col, delete

from services.database import Database
from services.database.records import rows_in
from services.quota.store.ledger_statements import PUT_BUDGETS
from services.quota.store.tables import ChannelBudgetRow, ChatbotChannelDayRow


class BudgetStore:
    """The budgets that owners have set. The ledger reads them itself, within its transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def budget(self, account_id: str, chatbot_id: str, channel: str, day: str) -> tuple[int | None, int]:
        """What was set for the channel (None: nothing), and what it has used of the day."""
        async with self._database.read() as connection:
            rows = rows_in(connection)
            chosen = await rows.get(ChannelBudgetRow, (chatbot_id, channel))
            used = await rows.get(ChatbotChannelDayRow, (account_id, chatbot_id, day, channel))
        return chosen.per_day if chosen else None, used.settled + used.reserved if used else 0

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
