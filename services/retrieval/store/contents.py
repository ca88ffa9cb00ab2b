"""All that the index should hold of a chatbot, as the tables have it."""

from sqlalchemy import select

from services.database import LONG_SECONDS, Database
from services.retrieval.store.tables import PassageRow, QaPairRow, SourceRow
from services.retrieval.upkeep.faults import StoredEntry

PASSAGES, QA_PAIRS, SOURCES = PassageRow.__table__, QaPairRow.__table__, SourceRow.__table__


class ContentsStore:
    """Reads whole chatbots: ids alone, no texts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def chatbots(self) -> set[str]:
        """Every chatbot that has a source or a question. For operators of the whole installation."""
        async with self._database.read(LONG_SECONDS) as connection:
            found: set[str] = set()
            for column in (SOURCES.c.chatbot_id, QA_PAIRS.c.chatbot_id):
                found |= set((await connection.execute(select(column).distinct())).scalars())
            return found

    async def entries(self, chatbot_id: str) -> dict[str, StoredEntry]:
        """The chatbot's passages and questions by id."""
        passages = (
            select(PASSAGES.c.id, PASSAGES.c.version, SOURCES.c.id.label("source_id"), SOURCES.c.enabled)
            .join_from(SOURCES, PASSAGES, SOURCES.c.version == PASSAGES.c.version)
            .where(SOURCES.c.chatbot_id == chatbot_id)
        )
        questions = select(QA_PAIRS.c.id).where(QA_PAIRS.c.chatbot_id == chatbot_id)
        async with self._database.read(LONG_SECONDS) as connection:
            found = {
                row.id: StoredEntry(row.version, row.source_id, bool(row.enabled), is_question=False)
                for row in await connection.execute(passages)
            }
            found |= {
                one: StoredEntry(one, one, enabled=True, is_question=True)
                for one in (await connection.execute(questions)).scalars()
            }
        return found
