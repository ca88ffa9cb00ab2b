"""The binary forms between the service, the zygote and the processes that read files."""

import struct

FORK = struct.Struct("=IQ")
"""To the zygote: seconds of processor time, bytes of memory."""

STATUS = struct.Struct("=i")
"""From the zygote: an exit code; negative: the signal that ended the process."""

REQUEST = struct.Struct("=Q")
"""Before a request: its length. It is a line of JSON (`kind`, `media_type`, `seconds` of processor
time) and the file."""

ANSWER = struct.Struct("=Q?")
"""Before an answer: its length, and whether the process is fit to read another file."""
