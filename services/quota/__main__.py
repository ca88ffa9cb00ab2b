"""The Quota process: `python -m services.quota`."""

import sys
from functools import partial

from services.config.plans import load_plans
from services.config.settings import SettingsError, load_settings
from services.observe.metrics_endpoint import serving_metrics
from services.observe.telemetry import configure_logging
from services.quota.build import SERVICE, open_quota
from services.rpc.server import run_service
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import SecretFile
from services.trust.transport import internal_tls


def main() -> None:
    """Serves until it is told to stop; a setting that can't be used ends it with one line."""
    try:
        settings = load_settings()
        plans = load_plans(settings.plans_file)
        signer = TokenSigner(SecretFile(settings.secret_file))
        tls = internal_tls(settings)
        configure_logging(settings.log_level)
        with serving_metrics(settings.metrics_listen):
            run_service(SERVICE, settings.listen, signer, partial(open_quota, settings, plans), tls)
    except SettingsError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
