"""The languages of chatbots, and how far their sources have followed a change."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, delete, func, literal, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.database import LONG_SECONDS, Database
from services.database.records import rows_in
from services.languages import DEFAULT
from services.retrieval.changes import Changes
from services.retrieval.store.conflicts import despite_conflicts
from services.retrieval.store.tables import ChatbotLanguageRow, QaPairRow, SourceRow, UnsettledRow, WordLanguageRow
from services.retrieval.store.writes import NOBODY, Writes
from services.retrieval.text.languages import ChatbotLanguage

MIXED = ""
"""Of a version whose parts were indexed by different languages: like none, so that it is indexed again."""

CHATBOT_LANGUAGES, SOURCES, QA_PAIRS = ChatbotLanguageRow.__table__, SourceRow.__table__, QaPairRow.__table__
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
        return ChatbotLanguage() if row is None else _language(row)

    async def choose(
        self, chatbot_id: str, language: str, embedder: str = "", at_hand: Collection[str] = ()
    ) -> ChatbotLanguage:
        """Set the chatbot on its way to a language and an embedder.

        Without sources it is there at once.

        Its present embedder is forgotten unless that is `at_hand`: its sources can't have vectors of both.
        """
        return await despite_conflicts(lambda: self._choose(chatbot_id, language, embedder, at_hand))

    async def embedders(self) -> list[tuple[str, str, str]]:
        """Chatbots, with the languages and embedders that they have or are on their way to.

        Those in the default language and with the main embedder are left out.
        """
        target = func.coalesce(func.nullif(CHATBOT_LANGUAGES.c.next_language, ""), CHATBOT_LANGUAGES.c.language)
        embedder = CHATBOT_LANGUAGES.c.next_embedder
        query = select(CHATBOT_LANGUAGES.c.chatbot_id, target.label("language"), embedder)
        async with self._database.read(LONG_SECONDS) as connection:
            found = await connection.execute(query.where(or_(target != DEFAULT, embedder != "")))
            return [(row.chatbot_id, row.language, row.next_embedder) for row in found]

    async def uses(self, embedder: str) -> bool:
        """Whether a chatbot is searched with this embedder, or will be."""
        columns = (CHATBOT_LANGUAGES.c.embedder, CHATBOT_LANGUAGES.c.next_embedder)
        query = select(literal(1)).where(or_(*(column == embedder for column in columns))).limit(1)
        async with self._database.read() as connection:
            return (await connection.execute(query)).first() is not None

    async def change_over(self, chatbot_id: str) -> ChatbotLanguage:
        """The next language takes the place of the present one, if all sources are indexed by it."""
        async with self._writes.write(LONG_SECONDS, seen_by=chatbot_id) as connection:
            rows = rows_in(connection)
            row = await rows.get(ChatbotLanguageRow, chatbot_id, with_for_update=True)
            return ChatbotLanguage() if row is None else await _change_over(rows, row)

    async def changing(self) -> list[str]:
        """Chatbots that are on their way to another language."""
        is_changing = or_(
            CHATBOT_LANGUAGES.c.next_language != "", CHATBOT_LANGUAGES.c.embedder != CHATBOT_LANGUAGES.c.next_embedder
        )
        query = select(CHATBOT_LANGUAGES.c.chatbot_id).where(is_changing)
        async with self._database.read() as connection:
            return list((await connection.execute(query.order_by(CHATBOT_LANGUAGES.c.chatbot_id))).scalars())

    async def behind(self, limit: int, embedders: Collection[str] = ()) -> list[tuple[str, str]]:
        """Chatbots and versions whose languages or embedders are not those of their chatbot.


        `embedders`: those that are at hand beside the main one; what waits for others is left out.
        """
        feasible = CHATBOT_LANGUAGES.c.embedders.in_(("", *embedders))
        async with self._database.read(LONG_SECONDS) as connection:
            rows = list(await connection.execute(_behind(SOURCES, feasible).order_by(SOURCES.c.position).limit(limit)))
            pairs = _behind(QA_PAIRS, feasible).order_by(QA_PAIRS.c.position).limit(limit - len(rows))
            rows += list(await connection.execute(pairs)) if len(rows) < limit else []
            return [(row.chatbot_id, row.version) for row in rows]

    async def note(
        self,
        chatbot_id: str,
        version: str,
        languages: Sequence[str],
        embedders: Collection[str] = (),
        *,
        is_beginning: bool,
    ) -> None:
        """Note the languages and the embedders, beside the main one.

        By which passages of a version were indexed.

        `is_beginning`: its first ones, not some that follow them.
        """
        words, vectors = " ".join(languages), _joined(embedders)
        chosen = and_(WORD_LANGUAGES.c.chatbot_id == chatbot_id, WORD_LANGUAGES.c.version == version)
        async with self._writes.write(seen_by=chatbot_id) as connection:
            rows = rows_in(connection)
            row = await rows.scalar(select(WordLanguageRow).where(chosen).with_for_update())
            before = (DEFAULT, "") if row is None else (row.words, row.embedders)
            if not is_beginning and (words, vectors) != before:
                words = MIXED
            if row is None:
                rows.add(WordLanguageRow(version=version, chatbot_id=chatbot_id, words=words, embedders=vectors))
            else:
                row.words, row.embedders = words, vectors
            await rows.flush()

    async def sweep(self) -> None:
        """Remove notes of versions that are neither there nor on their way."""
        kept = (select(SOURCES.c.version), select(QA_PAIRS.c.id), select(UNSETTLED.c.version))
        gone = and_(*(WORD_LANGUAGES.c.version.not_in(versions) for versions in kept))
        async with self._writes.write(LONG_SECONDS, seen_by=NOBODY) as connection:
            await connection.execute(delete(WORD_LANGUAGES).where(gone))

    async def _choose(self, chatbot_id: str, language: str, embedder: str, at_hand: Collection[str]) -> ChatbotLanguage:
        async with self._writes.write(seen_by=chatbot_id) as connection:
            rows = rows_in(connection)
            row = await rows.get(ChatbotLanguageRow, chatbot_id, with_for_update=True)
            if row is None:
                row = ChatbotLanguageRow(chatbot_id=chatbot_id, language=DEFAULT, next_language="", words="")
                rows.add(row)
            row.embedder = row.embedder if row.embedder in at_hand else ""
            row.next_language = "" if language == row.language else language
            row.next_embedder = embedder
            row.words = f"{row.language} {row.next_language}".rstrip()
            row.embedders = _joined({row.embedder, row.next_embedder})
            await rows.flush()
            return await _change_over(rows, row)


async def _change_over(rows: AsyncSession, row: ChatbotLanguageRow) -> ChatbotLanguage:
    connection = await rows.connection()
    for table in (SOURCES, QA_PAIRS):
        following = _behind(table, table.c.chatbot_id == row.chatbot_id).limit(1)
        if not _language(row).is_changing or (await connection.execute(following)).first() is not None:
            return _language(row)
    if row.next_language:
        row.language, row.next_language, row.words = row.next_language, "", row.next_language
    row.embedder = row.embedders = row.next_embedder
    await rows.flush()
    return _language(row)


def _language(row: Any) -> ChatbotLanguage:
    return ChatbotLanguage(
        row.language,
        row.next_language,
        is_chosen=True,
        embedder=row.embedder,
        next_embedder=row.next_embedder,
    )


def _joined(embedders: Collection[str]) -> str:
    return " ".join(sorted(set(embedders) - {""}))


def _behind(table: Table, among: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    """Sources, or questions of pairs, which have no words in the index."""
    is_sources = table is SOURCES
    version = table.c.version if is_sources else table.c.id
    joined = table.join(CHATBOT_LANGUAGES, CHATBOT_LANGUAGES.c.chatbot_id == table.c.chatbot_id).outerjoin(
        WORD_LANGUAGES, WORD_LANGUAGES.c.version == version
    )
    differs = func.coalesce(WORD_LANGUAGES.c.embedders, "") != CHATBOT_LANGUAGES.c.embedders
    if is_sources:
        words = func.coalesce(WORD_LANGUAGES.c.words, DEFAULT)
        differs = and_(table.c.passages > 0, or_(differs, words != CHATBOT_LANGUAGES.c.words))
    return select(table.c.chatbot_id, version.label("version")).select_from(joined).where(among, differs)
