"""The limit on open files: every connection is one, and without one left Envoy burns a core."""

import resource

# Of Envoy itself: connections to the services, logs, watched files.
RESERVE = 1024
PER_CONNECTION = 2
"""Both listeners together."""


def raise_open_file_limit(connections: int) -> int:
    """Raise the limit that Envoy inherits; how many connections it leaves each listener."""
    needed = PER_CONNECTION * connections + RESERVE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return connections
    return max(1, (soft - min(RESERVE, soft // 2)) // PER_CONNECTION)


def open_file_warning(connections: int, room: int) -> str | None:
    """What to do when each listener has `room` for fewer than `connections`, in one line."""
    if room >= connections:
        return None
    return (
        f"a process may have too few open files for {connections} connections on each public port, so each takes "
        f"{room}: raise the hard limit to {PER_CONNECTION * connections + RESERVE} (ulimit -Hn, LimitNOFILE= of "
        "systemd, ulimits: nofile of Compose)"
    )
