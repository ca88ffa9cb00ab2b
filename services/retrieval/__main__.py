"""The Retrieval process: `python -m services.retrieval`."""

import sys
from functools import partial

from services.config.settings import SettingsError, load_settings
from services.observe.metrics_endpoint import serving_metrics
from services.observe.telemetry import configure_logging
from services.retrieval.build import SERVICE, configured_embedder, open_retrieval
from services.retrieval.embedders.embedder import EmbedderUnavailable, ModelRefused
from services.retrieval.index.edge.shard import IndexInUse
from services.rpc.server import run_service
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import SecretFile
from services.trust.transport import internal_tls


def main() -> None:
    """Serve until it is told to stop; what can't be used ends it with one line."""
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
