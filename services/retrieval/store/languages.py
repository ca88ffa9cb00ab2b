"""The languages of chatbots in the relational store, and how far their sources have followed a change."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, func, insert, literal, select, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.database import LONG_SECONDS, Database
from services.retrieval.store.tables import CHATBOT_LANGUAGES, SOURCES, UNSETTLED, WORD_LANGUAGES
from services.retrieval.text.languages import DEFAULT, ChatbotLanguage

MIXED = ""
"""Of a version whose parts were indexed by different languages: as none, so that it is done again."""

# Every search runs it, so it is built once.
_BY_CHATBOT = select(CHATBOT_LANGUAGES).where(CHATBOT_LANGUAGES.c.chatbot_id == bindparam("chatbot_id"))
_ANY_CHATBOT = literal(True)


class LanguageStore:
    """Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, chatbot_id: str) -> ChatbotLanguage:
        """The chatbot's language: the default one where nobody chose any."""
        row = await self._database.look_up(_BY_CHATBOT, {"chatbot_id": chatbot_id})
        return ChatbotLanguage() if row is None else _language(row)

    async def choose(self, chatbot_id: str, language: str) -> ChatbotLanguage:
        """Sets the chatbot on its way to a language. Without sources it is there at once."""
        for _ in range(2):
            try:
                return await self._choose(chatbot_id, language)
            except IntegrityError:
                # Another replica made the row meanwhile: now there is one to change.
                continue
        return await self._choose(chatbot_id, language)

    async def change_over(self, chatbot_id: str) -> ChatbotLanguage:
        """The next language takes the place of the present one, if all sources are indexed by it."""
        async with self._database.write(LONG_SECONDS) as connection:
            return await _change_over(connection, chatbot_id)

    async def changing(self) -> list[str]:
        """Chatbots that are on their way to another language."""
        query = select(CHATBOT_LANGUAGES.c.chatbot_id).where(CHATBOT_LANGUAGES.c.next_language != "")
        async with self._database.read() as connection:
            return list((await connection.execute(query.order_by(CHATBOT_LANGUAGES.c.chatbot_id))).scalars())

    async def behind(self, limit: int) -> list[tuple[str, str]]:
        """Chatbots and versions of their sources whose words are indexed otherwise than they should be."""
        async with self._database.read(LONG_SECONDS) as connection:
            rows = await connection.execute(_behind(_ANY_CHATBOT).order_by(SOURCES.c.position).limit(limit))
            return [(row.chatbot_id, row.version) for row in rows]

    async def note(self, chatbot_id: str, version: str, languages: Sequence[str], *, is_beginning: bool) -> None:
        """Notes by which languages words of a version were indexed: its first passages, or some that follow them."""
        words = " ".join(languages)
        chosen = and_(WORD_LANGUAGES.c.chatbot_id == chatbot_id, WORD_LANGUAGES.c.version == version)
        async with self._database.write() as connection:
            row = (await connection.execute(select(WORD_LANGUAGES).where(chosen).with_for_update())).one_or_none()
            if not is_beginning and words != (DEFAULT if row is None else row.words):
                words = MIXED
            if row is None:
                values = {"version": version, "chatbot_id": chatbot_id, "words": words}
                await connection.execute(insert(WORD_LANGUAGES).values(values))
            elif row.words != words:
                await connection.execute(update(WORD_LANGUAGES).where(chosen).values(words=words))

    async def sweep(self) -> None:
        """Removes notes of versions that are neither there nor on their way."""
        async with self._database.write(LONG_SECONDS) as connection:
            kept = (select(SOURCES.c.version), select(UNSETTLED.c.version))
            gone = and_(*(WORD_LANGUAGES.c.version.not_in(versions) for versions in kept))
            await connection.execute(delete(WORD_LANGUAGES).where(gone))

    async def _choose(self, chatbot_id: str, language: str) -> ChatbotLanguage:
        async with self._database.write() as connection:
            row = (await connection.execute(_of(chatbot_id).with_for_update())).one_or_none()
            present = DEFAULT if row is None else str(row.language)
            following = "" if language == present else language
            values = {"language": present, "next_language": following, "words": f"{present} {following}".rstrip()}
            if row is None:
                await connection.execute(insert(CHATBOT_LANGUAGES).values(chatbot_id=chatbot_id, **values))
            else:
                chosen = CHATBOT_LANGUAGES.c.chatbot_id == chatbot_id
                await connection.execute(update(CHATBOT_LANGUAGES).where(chosen).values(values))
            return await _change_over(connection, chatbot_id)


async def _change_over(connection: AsyncConnection, chatbot_id: str) -> ChatbotLanguage:
    row = (await connection.execute(_of(chatbot_id).with_for_update())).one_or_none()
    if row is None:
        return ChatbotLanguage()
    one = _language(row)
    following = _behind(SOURCES.c.chatbot_id == chatbot_id).limit(1)
    if not one.next_language or (await connection.execute(following)).first() is not None:
        return one
    values = {"language": one.next_language, "next_language": "", "words": one.next_language}
    await connection.execute(
        update(CHATBOT_LANGUAGES).where(CHATBOT_LANGUAGES.c.chatbot_id == chatbot_id).values(values)
    )
    return ChatbotLanguage(one.next_language, is_chosen=True)


def _of(chatbot_id: str) -> Select[*tuple[object, ...]]:
    return select(CHATBOT_LANGUAGES).where(CHATBOT_LANGUAGES.c.chatbot_id == chatbot_id)


def _behind(among: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    joined = SOURCES.join(CHATBOT_LANGUAGES, CHATBOT_LANGUAGES.c.chatbot_id == SOURCES.c.chatbot_id).outerjoin(
        WORD_LANGUAGES, WORD_LANGUAGES.c.version == SOURCES.c.version
    )
    indexed = func.coalesce(WORD_LANGUAGES.c.words, DEFAULT)
    lacking = and_(among, SOURCES.c.passages > 0, indexed != CHATBOT_LANGUAGES.c.words)
    return select(SOURCES.c.chatbot_id, SOURCES.c.version).select_from(joined).where(lacking)


def _language(row: Row[*tuple[object, ...]]) -> ChatbotLanguage:
    return ChatbotLanguage(str(row._mapping["language"]), str(row._mapping["next_language"]), is_chosen=True)
