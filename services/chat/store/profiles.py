"""Profiles, as rows. NULL and the empty text stand for the default."""

from dataclasses import asdict
from typing import Any

from services.chat.answerers.answerer import ModelWishes
from services.chat.profile import Profile, ProfileChange
from services.chat.store.statements import PROFILE, upsert
from services.chat.store.tables import ProfileRow
from services.database import Database


class ProfileStore:
    """The profiles of all chatbots."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def profile(self, chatbot_id: str) -> Profile:
        """The chatbot's profile; the defaults when none was ever set."""
        return _profile(await self._database.look_up(PROFILE, {"chatbot_id": chatbot_id}))

    async def change(self, chatbot_id: str, change: ProfileChange) -> Profile:
        """Sets what the change sets and returns the profile as it is then."""
        values = {name: value for name, value in asdict(change).items() if value is not None}
        values["chatbot_id"] = chatbot_id
        new = upsert(self._database.is_sqlite, ProfileRow.__table__).values(values)
        changed = new.on_conflict_do_update(index_elements=["chatbot_id"], set_=values)
        async with self._database.write() as connection:
            return _profile((await connection.execute(changed.returning(ProfileRow.__table__))).one())


def _profile(row: Any) -> Profile:
    default = Profile()
    if row is None:
        return default
    threshold = row.abstention_threshold
    return Profile(
        instructions=row.instructions or default.instructions,
        fallback=row.fallback or default.fallback,
        abstention_threshold=default.abstention_threshold if threshold is None else threshold,
        wishes=ModelWishes(
            model=row.model or "",
            temperature=None if row.temperature is None or row.temperature < 0 else row.temperature,
            maximum_tokens=row.answer_tokens or None,
        ),
    )
