"""The widget's part of the web process: all under /widget/, and nothing of the dashboard."""

from urllib.parse import urlsplit

from aiohttp import web

from services.web.callers import Services
from services.web.token import WebToken
from services.web.widget.desk import DESK, WIDGET_ID, Desk
from services.web.widget.frame import serve_frame
from services.web.widget.headers import add_widget_headers
from services.web.widget.json_errors import with_json_errors
from services.web.widget.languages import Languages
from services.web.widget.loader import BRIDGE, Loader
from services.web.widget.script import serve_script
from services.web.widget.static_files import frame_files
from services.web.widget.ticket import serve_ticket

PREFIX = "/widget"


def widget_app(services: Services, token: WebToken, dashboard_url: str) -> web.Application:
    """The application for PREFIX."""
    files = frame_files()
    public = urlsplit(dashboard_url)
    app = web.Application(middlewares=[with_json_errors])
    app[DESK] = Desk(
        services,
        token,
        files,
        Languages.read(),
        Loader.read(files.path(BRIDGE.name)),
        f"{public.scheme}://{public.netloc}" if dashboard_url else "",
    )
    app.router.add_get(f"/{WIDGET_ID}.js", serve_script)
    app.router.add_get(f"/frame/{WIDGET_ID}", serve_frame)
    app.router.add_post(f"/v1/ticket/{WIDGET_ID}", serve_ticket)
    app.router.add_get(files.route, files.serve)
    app.on_response_prepare.append(add_widget_headers)
    return app
