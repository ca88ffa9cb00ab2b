"""The Chat process: `python -m services.chat`."""

import sys
from functools import partial

from services.chat.answerers.choose import choose_answers
from services.chat.build import SERVICE, open_chat
from services.config.settings import SettingsError, load_settings
from services.observe.metrics_endpoint import serving_metrics
from services.observe.telemetry import configure_logging
from services.rpc.server import run_service
from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import SecretFile
from services.trust.transport import internal_tls


def main() -> None:
    """Serves until it is told to stop; a setting that can't be used ends it with one line."""
    try:
        settings = load_settings()
        answers = choose_answers(settings.llm)
        signer = TokenSigner(SecretFile(settings.secret_file))
        tls = internal_tls(settings)
        configure_logging(settings.log_level)
        answers.announce()
        with serving_metrics(settings.metrics_listen):
            run_service(SERVICE, settings.listen, signer, partial(open_chat, settings, answers, signer), tls)
    except SettingsError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
