"""Editions of the embedded index: folders, and a file that names the serving one."""

import asyncio
import logging
import shutil
from contextlib import AsyncExitStack
from pathlib import Path
from typing import IO

from services.retrieval.changes import Changes
from services.retrieval.index.edge.edge import EdgeIndex
from services.retrieval.index.edge.shard import FINGERPRINT_FILE, LOCK_FILE, lock, recorded_fingerprint
from services.retrieval.index.editions import Earlier, refuse_other_dimension
from services.retrieval.index.schema import Fingerprint

logger = logging.getLogger(__name__)

SERVING_FILE = "serving"


class EdgeEditions:
    """See Editions. One process at a time has the folder."""

    def __init__(self, folder: Path, name: str, wanted: EdgeIndex, earlier: Earlier | None, held: IO[str]) -> None:
        self._folder = folder
        self._name = name
        self.wanted = wanted
        self.earlier = earlier
        self._held = held

    @classmethod
    async def open(cls, folder: Path, fingerprint: Fingerprint, changes: Changes | None = None) -> "EdgeEditions":
        """Open the editions in `folder`. `changes` is told of every write.

        IndexInUse when another process has it; SettingsError: see editions.
        """
        async with AsyncExitStack() as parts:
            held = lock(folder)
            parts.callback(held.close)
            name = fingerprint.short()
            earlier = await _open_earlier(folder, fingerprint, changes)
            if earlier is not None:
                parts.push_async_callback(earlier.index.close)
            wanted = await EdgeIndex.open(folder / name, fingerprint, changes)
            parts.push_async_callback(wanted.close)
            opened = cls(folder, name, wanted, earlier, held)
            if earlier is None:
                # Written while another edition was to take this one's place, without the model of this one.
                await wanted.remove_makeshift()
                await opened.promote()
                await opened.drop_earlier()
            # From here on it is for the one who opened it to close.
            parts.pop_all()
            return opened

    async def promote(self) -> None:
        """See Editions."""
        await self.wanted.flush()
        draft = self._folder / f"{SERVING_FILE}.draft"
        draft.write_text(self._name, "utf-8")
        draft.replace(self._folder / SERVING_FILE)

    async def drop_earlier(self) -> None:
        """See Editions."""
        if self.earlier is not None:
            await self.earlier.index.close()
            self.earlier = None
        await asyncio.to_thread(_remove_others, self._folder, {self._name})

    async def close(self) -> None:
        """See Editions."""
        if self.earlier is not None:
            await self.earlier.index.close()
        await self.wanted.close()
        self._held.close()


def serving_fingerprint(folder: Path) -> Fingerprint | None:
    """The fingerprint of the edition that serves; None where none does."""
    name = _serving_name(folder)
    return recorded_fingerprint(folder / name) if name else None


def _serving_name(folder: Path) -> str:
    serving = folder / SERVING_FILE
    return serving.read_text("utf-8") if serving.is_file() else ""


async def _open_earlier(folder: Path, wanted: Fingerprint, changes: Changes | None) -> Earlier | None:
    name, recorded = _serving_name(folder), serving_fingerprint(folder)
    if recorded is None:
        return None
    refuse_other_dimension(wanted, recorded, f"the folder {folder}")
    # What was begun for yet other settings is of no use.
    await asyncio.to_thread(_remove_others, folder, {name, wanted.short()})
    if recorded == wanted:
        return None
    try:
        index = await EdgeIndex.open(folder / name, None, changes)
    except Exception as error:  # the engine raises plain Exception
        logger.error("The index that served until now can't be opened: %s", error)
        return None
    return Earlier(index, recorded)


def _remove_others(folder: Path, kept: set[str]) -> None:
    for one in folder.iterdir():
        if one.name in kept | {SERVING_FILE, LOCK_FILE}:
            continue
        if one.is_dir():
            # First without its fingerprint: what is half removed is never taken for whole.
            (one / FINGERPRINT_FILE).unlink(missing_ok=True)
            shutil.rmtree(one, ignore_errors=True)
        else:
            one.unlink(missing_ok=True)
