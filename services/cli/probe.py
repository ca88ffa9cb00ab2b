"""`python -m services.cli.probe HOST:PORT`: exit code 0 when the service there is well; for containers."""

import asyncio
import sys

from services.cli.health import is_serving


def main() -> None:
    """Asks once and exits."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m services.cli.probe HOST:PORT")
    sys.exit(0 if asyncio.run(is_serving(sys.argv[1])) else 1)


if __name__ == "__main__":
    main()
