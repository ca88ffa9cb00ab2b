"""The Retrieval process: `python -m services.retrieval`."""

import sys
from functools import partial

from services.metrics_endpoint import serving_metrics
from services.retrieval.build import SERVICE, configured_embedder, open_retrieval
from services.retrieval.embedders.embedder import EmbedderUnavailable, ModelRefused
from services.retrieval.index.shard import IndexInUse
from services.secret_file import SecretFile
from services.server import run_service
from services.settings import SettingsError, load_settings
from services.telemetry import configure_logging
from services.tokens import TokenSigner
from services.transport import internal_tls


def main() -> None:
    """Serves until it is told to stop; what can't be used ends it with one line."""
    try:
        settings = load_settings()
        signer = TokenSigner(SecretFile(settings.secret_file))
        configure_logging(settings.log_level)
        embedder = configured_embedder(settings)
        with serving_metrics(settings.metrics_listen):
            run_service(
                SERVICE, settings.listen, signer, partial(open_retrieval, settings, embedder), internal_tls(settings)
            )
    except (SettingsError, ModelRefused, EmbedderUnavailable, IndexInUse) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
