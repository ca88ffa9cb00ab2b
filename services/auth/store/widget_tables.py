"""Auth's tables of widgets. Times are Unix milliseconds, UTC."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text
from sqlmodel import Field

from services.auth.store.tables import AuthTable
from services.database.refused_visitors import refused_visitors_table


class WidgetRow(AuthTable, table=True):
    """The widget of a chatbot, made and deleted with it."""

    __tablename__ = "widgets"

    chatbot_id: str = Field(max_length=80, foreign_key="chatbots.id", unique=True)
    enabled: bool
    # A JSON list.
    origins: str = Field(sa_type=Text)
    allow_apps: bool
    updated_ms: int = Field(sa_type=BigInteger)


WIDGETS = AuthTable.metadata.tables["widgets"]

SIGHTINGS = Table(
    "widget_sightings",
    AuthTable.metadata,
    Column("chatbot_id", String(80), ForeignKey("chatbots.id"), primary_key=True),
    Column("origin", String(300), primary_key=True),
    Column("last_seen_ms", BigInteger, nullable=False),
)
"""When a page of an origin last asked for a ticket of a chatbot's widget."""

REFUSED = refused_visitors_table(AuthTable.metadata)
