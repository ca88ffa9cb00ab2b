"""The web process: `python -m services.web`."""

import sys
from functools import partial

from services.config.settings import WEB_FOLDER, SettingsError, load_settings
from services.observe.metrics_endpoint import serving_metrics
from services.observe.spans import sending_traces
from services.observe.telemetry import configure_logging
from services.trust.transport import internal_tls
from services.web.build import open_web
from services.web.server import run_web


def main() -> None:
    """Serves until it is told to stop; a setting that can't be used ends it with one line."""
    try:
        settings = load_settings()
        tls = internal_tls(settings, WEB_FOLDER)
        configure_logging(settings.log_level)
        with serving_metrics(settings.metrics_listen), sending_traces(settings.traces, ["web"]):
            run_web(settings.listen, partial(open_web, settings), tls, drain=settings.drain_seconds)
    except SettingsError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
