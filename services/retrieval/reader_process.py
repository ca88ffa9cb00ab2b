"""`python -m services.retrieval.reader_process KIND MEDIA_TYPE SECONDS`: reads one file from standard input.

Limits itself, so that it ends even when the service that started it was killed.
"""

import resource
import sys

from services.errors import ChatmountError
from services.retrieval.reader import encode, encode_refusal
from services.retrieval.reading import read

MEMORY_BYTES = 4 * 1024**3


def main() -> None:
    """Reads, and writes the passages or the refusal to standard output as JSON."""
    kind, media_type, seconds = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        answer = encode(read(sys.stdin.buffer.read(), kind, "" if media_type == "-" else media_type))
    except ChatmountError as refusal:
        answer = encode_refusal(refusal.text)
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
