"""What all replies of the widget share, and a widget as the services know it now."""

from dataclasses import dataclass

from aiohttp import web
from chatmount.auth.v1 import widget_pb2
from chatmount.chat.v1 import visitor_pb2

from services.web.callers import Services, call
from services.web.static_files import StaticFiles
from services.web.token import WebToken
from services.web.widget.languages import Languages
from services.web.widget.loader import Loader

WIDGET_ID = "{widget_id:wgt_[0-9A-Za-z]+}"


@dataclass(frozen=True, slots=True)
class Desk:
    """What does not change while the process runs."""

    services: Services
    token: WebToken
    files: StaticFiles
    languages: Languages
    loader: Loader
    public_origin: str
    """Where people see the dashboard, such as `https://chat.example.com`; "": where they ask."""


DESK = web.AppKey("desk", Desk)


@dataclass(frozen=True, slots=True)
class OpenWidget:
    """A widget that is on."""

    id: str
    origins: tuple[str, ...] | None
    """The sites that may show it; None: it is for apps, and any may."""
    appearance: visitor_pb2.Appearance


async def open_widget(request: web.Request) -> OpenWidget:
    """The widget in the path.

    ChatmountError when there is none, it is off, or its chatbot is disabled.
    """
    desk, widget_id = request.app[DESK], request.match_info["widget_id"]
    opening = widget_pb2.OpenFrameRequest(widget_id=widget_id)
    opened = await call(desk.services.widgets.OpenFrame, opening, desk.token.current())
    shown = await call(desk.services.appearances.GetAppearance, visitor_pb2.GetAppearanceRequest(), opened.token)
    return OpenWidget(widget_id, None if opened.allow_apps else tuple(opened.origins), shown.appearance)
