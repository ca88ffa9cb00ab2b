"""Several services in one process: `python -m services.together auth,quota,chat`.

Each is served at its own address, which is where the settings say that it is. Among themselves they need no wire.
"""

import gc
import sys
from collections.abc import Sequence
from importlib import import_module

from services.rpc.process import Part, run_parts

# Each is opened after those that it calls, and closed before them.
ORDER = ("quota", "retrieval", "auth", "chat")


def main(arguments: Sequence[str]) -> None:
    """Serve until a signal. The argument: some of ORDER, with commas between them."""
    chosen = ",".join(arguments).split(",")
    if not set(chosen) <= set(ORDER):
        sys.exit(f"services.together takes names of services, with commas between them: {', '.join(ORDER)}.")
    # What an import makes stays: to look through it for garbage, time and again, took a twentieth of this.
    gc.disable()
    # Importing a service takes half a second: only those that are wanted.
    parts: list[Part] = [import_module(f"services.{name}.__main__").PART for name in ORDER if name in chosen]
    gc.freeze()
    gc.enable()
    run_parts(parts)


if __name__ == "__main__":
    main(sys.argv[1:])
