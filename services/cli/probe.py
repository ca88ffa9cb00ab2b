"""`python -m services.cli.probe HOST:PORT`: exit code 0 when the service there is well; for containers."""

import asyncio
import sys

from services.cli.health import is_serving
from services.settings import SettingsError, load_settings
from services.transport import internal_tls


def main() -> None:
    """Asks once and exits."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m services.cli.probe HOST:PORT")
    try:
        tls = internal_tls(load_settings())
    except SettingsError as error:
        sys.exit(str(error))
    sys.exit(0 if asyncio.run(is_serving(sys.argv[1], tls=tls)) else 1)


if __name__ == "__main__":
    main()
