"""The Auth process: `python -m services.auth`."""

import sys
from functools import partial

from services.auth.build import SERVICE, open_auth
from services.config.plans import load_plans
from services.config.settings import SettingsError, load_settings
from services.observe.metrics_endpoint import serving_metrics
from services.observe.telemetry import configure_logging
from services.rpc.server import run_service
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import SecretFile
from services.trust.transport import internal_tls


def main() -> None:
    """Serve until a signal; a setting that can't be used ends the process with one line."""
    try:
        settings = load_settings()
        if not settings.quota_address:
            raise SettingsError("CHATMOUNT_QUOTA_ADDRESS must say where the Quota service is (host:port).")
        plans = load_plans(settings.plans_file)
        signer = TokenSigner(SecretFile(settings.secret_file))
        tls = internal_tls(settings)
        configure_logging(settings.log_level)
        with serving_metrics(settings.metrics_listen):
            run_service(SERVICE, settings.listen, signer, partial(open_auth, settings, plans, signer), tls)
    except SettingsError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
