"""The Quota process."""

import sys

from services.config.settings import SettingsError, load_settings
from services.errors import ChatmountError
from services.observe.metrics_endpoint import serving_metrics
from services.observe.telemetry import configure_logging
from services.quota.build import build
from services.rpc.server import run_service
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import SecretFile
from services.trust.transport import internal_tls


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
