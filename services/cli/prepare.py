"""`python -m services.cli.prepare`: what a deployment of containers does once, before its services start.

Makes the signing secret and the internal certificates, which all services must share, and brings the tables of all
services up to date.
"""

import sys

from services.cli.__main__ import run
from services.cli.failures import WRONG_USAGE
from services.internal_certificates import ensure_internal_certificates
from services.secret_file import ensure_secret
from services.settings import SettingsError, load_settings


def main() -> None:
    """Exits as `chatmount migrate` does."""
    try:
        settings = load_settings()
        ensure_secret(settings.secret_file)
        if settings.makes_internal_certificates:
            ensure_internal_certificates(settings.home)
    except SettingsError as error:
        print(error, file=sys.stderr)
        sys.exit(WRONG_USAGE)
    sys.exit(run(["migrate"]))


if __name__ == "__main__":
    main()
