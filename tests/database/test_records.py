from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, select

from services.database import Database
from services.database.records import rows_in, to_columns, to_record


class Table(SQLModel, registry=registry()):
    pass


class PageRow(Table, table=True):
    __tablename__ = "pages"

    id: str = Field(primary_key=True)
    words: str


@dataclass(frozen=True, slots=True)
class Page:
    id: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Other:
    id: str
    colour: str


to_page = to_record(Page, PageRow, words=lambda stored: tuple(stored.split()))
to_row = to_columns(Page, PageRow, words=" ".join)


async def test_a_record_comes_back_from_its_row(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'pages.db'}", "pages")
    page = Page("one", ("a", "b"))
    async with database.write() as connection:
        await connection.run_sync(Table.metadata.create_all)
        rows = rows_in(connection)
        rows.add(PageRow(**to_row(page)))
        await rows.flush()
    async with database.read() as connection:
        found = (await rows_in(connection).exec(select(PageRow))).one()
        plain = (await connection.execute(select(PageRow.__table__))).one()  # type: ignore[attr-defined]
    await database.close()
    assert to_page(found) == to_page(plain) == page
    assert found.words == "a b"


def test_what_does_not_fit_is_found_at_import() -> None:
    with pytest.raises(TypeError, match="Other and PageRow do not fit: colour"):
        to_record(Other, PageRow)
    with pytest.raises(TypeError, match="Page and PageRow do not fit: shape"):
        to_columns(Page, PageRow, shape=str)
