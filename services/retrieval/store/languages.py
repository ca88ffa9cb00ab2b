"""The languages of chatbots, and how far their sources have followed a change."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, func, literal, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.database import LONG_SECONDS, Database
from services.database.records import rows_in
from services.languages import DEFAULT
from services.retrieval.changes import Changes
from services.retrieval.store.conflicts import despite_conflicts
from services.retrieval.store.tables import ChatbotLanguageRow, SourceRow, UnsettledRow, WordLanguageRow
from services.retrieval.store.writes import NOBODY, Writes
from services.retrieval.text.languages import ChatbotLanguage

MIXED = ""
"""Of a version whose parts were indexed by different languages: like none, so that it is indexed again."""

CHATBOT_LANGUAGES, SOURCES = ChatbotLanguageRow.__table__, SourceRow.__table__
UNSETTLED, WORD_LANGUAGES = UnsettledRow.__table__, WordLanguageRow.__table__
# Every search runs it, so it is built once.
_BY_CHATBOT = select(CHATBOT_LANGUAGES).where(CHATBOT_LANGUAGES.c.chatbot_id == bindparam("chatbot_id"))


class LanguageStore:
    """Every method is one transaction."""

    def __init__(self, database: Database, changes: Changes | None = None) -> None:
        self._database = database
        self._writes = Writes(database, changes or Changes())

    async def of(self, chatbot_id: str) -> ChatbotLanguage:
        """The chatbot's language; the default one where none was chosen."""
        row = await self._database.look_up(_BY_CHATBOT, {"chatbot_id": chatbot_id})
        return ChatbotLanguage() if row is None else ChatbotLanguage(row.language, row.next_language, is_chosen=True)

    async def choose(self, chatbot_id: str, language: str) -> ChatbotLanguage:
        """Set the chatbot on its way to a language. Without sources it is there at once."""
        return await despite_conflicts(lambda: self._choose(chatbot_id, language))

    async def change_over(self, chatbot_id: str) -> ChatbotLanguage:
        """The next language takes the place of the present one, if all sources are indexed by it."""
        async with self._writes.write(LONG_SECONDS, seen_by=chatbot_id) as connection:
            rows = rows_in(connection)
            row = await rows.get(ChatbotLanguageRow, chatbot_id, with_for_update=True)
            return ChatbotLanguage() if row is None else await _change_over(rows, row)

    async def changing(self) -> list[str]:
        """Chatbots that are on their way to another language."""
        query = select(CHATBOT_LANGUAGES.c.chatbot_id).where(CHATBOT_LANGUAGES.c.next_language != "")
        async with self._database.read() as connection:
            return list((await connection.execute(query.order_by(CHATBOT_LANGUAGES.c.chatbot_id))).scalars())

    async def behind(self, limit: int) -> list[tuple[str, str]]:
        """Chatbots and versions whose words are indexed by other languages than they should be."""
        async with self._database.read(LONG_SECONDS) as connection:
            rows = await connection.execute(_behind(literal(True)).order_by(SOURCES.c.position).limit(limit))
            return [(row.chatbot_id, row.version) for row in rows]

    async def note(self, chatbot_id: str, version: str, languages: Sequence[str], *, is_beginning: bool) -> None:
        """Note the languages by which passages of a version were indexed.

        `is_beginning`: its first ones, not some that follow them.
        """
        words = " ".join(languages)
        chosen = and_(WORD_LANGUAGES.c.chatbot_id == chatbot_id, WORD_LANGUAGES.c.version == version)
        async with self._writes.write(seen_by=chatbot_id) as connection:
            rows = rows_in(connection)
            row = await rows.scalar(select(WordLanguageRow).where(chosen).with_for_update())
            if not is_beginning and words != (DEFAULT if row is None else row.words):
                words = MIXED
            if row is None:
                rows.add(WordLanguageRow(version=version, chatbot_id=chatbot_id, words=words))
            else:
                row.words = words
            await rows.flush()

    async def sweep(self) -> None:
        """Remove notes of versions that are neither there nor on their way."""
        kept = (select(SOURCES.c.version), select(UNSETTLED.c.version))
        gone = and_(*(WORD_LANGUAGES.c.version.not_in(versions) for versions in kept))
        async with self._writes.write(LONG_SECONDS, seen_by=NOBODY) as connection:
            await connection.execute(delete(WORD_LANGUAGES).where(gone))

    async def _choose(self, chatbot_id: str, language: str) -> ChatbotLanguage:
        async with self._writes.write(seen_by=chatbot_id) as connection:
            rows = rows_in(connection)
            row = await rows.get(ChatbotLanguageRow, chatbot_id, with_for_update=True)
            if row is None:
                row = ChatbotLanguageRow(chatbot_id=chatbot_id, language=DEFAULT, next_language="", words="")
                rows.add(row)
            row.next_language = "" if language == row.language else language
            row.words = f"{row.language} {row.next_language}".rstrip()
            await rows.flush()
            return await _change_over(rows, row)


async def _change_over(rows: AsyncSession, row: ChatbotLanguageRow) -> ChatbotLanguage:
    following = _behind(SOURCES.c.chatbot_id == row.chatbot_id).limit(1)
    if row.next_language and (await (await rows.connection()).execute(following)).first() is None:
        row.language, row.next_language, row.words = row.next_language, "", row.next_language
        await rows.flush()
    return ChatbotLanguage(row.language, row.next_language, is_chosen=True)


def _behind(among: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    joined = SOURCES.join(CHATBOT_LANGUAGES, CHATBOT_LANGUAGES.c.chatbot_id == SOURCES.c.chatbot_id).outerjoin(
        WORD_LANGUAGES, WORD_LANGUAGES.c.version == SOURCES.c.version
    )
    indexed = func.coalesce(WORD_LANGUAGES.c.words, DEFAULT)
    lacking = and_(among, SOURCES.c.passages > 0, indexed != CHATBOT_LANGUAGES.c.words)
    return select(SOURCES.c.chatbot_id, SOURCES.c.version).select_from(joined).where(lacking)
