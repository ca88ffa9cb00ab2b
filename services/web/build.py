"""Composes the web process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from services.clock import Clock, system_clock
from services.config.settings import WEB_FOLDER, Settings
from services.trust.transport import internal_tls
from services.web.callers import open_services
from services.web.counting import HEALTH_PATH, counting
from services.web.dashboard.error_pages import with_error_pages
from services.web.dashboard.rendering import Rendering
from services.web.dashboard.routes import routes
from services.web.dashboard.static_files import dashboard_files
from services.web.dashboard.visit import DASHBOARD, Dashboard
from services.web.headers import add_security_headers
from services.web.request_ids import with_request_id
from services.web.server import MAXIMUM_BODY_BYTES, serve_health
from services.web.token import WebToken
from services.web.widget.app import PREFIX, widget_app


@asynccontextmanager
async def open_web(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[web.Application]:
    """Open channels to the services and yield the application."""
    async with open_services(settings, internal_tls(settings, WEB_FOLDER)) as services:
        files, token = dashboard_files(), WebToken(settings.web_token_file)
        app = web.Application(
            middlewares=[counting, with_request_id, with_error_pages], client_max_size=MAXIMUM_BODY_BYTES
        )
        app[DASHBOARD] = Dashboard(
            services,
            Rendering(files),
            token,
            clock,
            settings.https_port,
            settings.maximum_source_bytes,
            settings.dashboard_url,
        )
        app.router.add_get(HEALTH_PATH, serve_health)
        app.router.add_get(f"/dashboard{files.route}", files.serve)
        app.router.add_routes(routes())
        app.add_subapp(PREFIX, widget_app(services, token, settings.dashboard_url))
        app.on_response_prepare.append(add_security_headers)
        yield app
