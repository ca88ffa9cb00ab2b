"""The Quota process."""

import sys

from services.errors import ChatmountError
from services.metrics_endpoint import serving_metrics
from services.quota.build import build
from services.secret_file import SecretFile
from services.server import run_service
from services.settings import SettingsError, load_settings
from services.telemetry import configure_logging
from services.tokens import TokenSigner
from services.transport import internal_tls


def main() -> None:
    """Serves until SIGTERM or SIGINT. A setting that can't be used ends it with one line."""
    try:
        settings = load_settings()
        configure_logging(settings.log_level)
        signer = TokenSigner(SecretFile(settings.secret_file))
        with serving_metrics(settings.metrics_listen):
            run_service("quota", settings.listen, signer, lambda: build(settings), internal_tls(settings))
    except (SettingsError, ChatmountError) as error:
        sys.exit(f"quota: {error}")


if __name__ == "__main__":
    main()
