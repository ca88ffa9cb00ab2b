"""Every failure as one line on stderr and an exit code; never a traceback."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click
import grpc

from services.cli.calls.credentials import request_id
from services.config.settings import SettingsError
from services.errors import ChatmountError, Reason, from_rpc_error

logger = logging.getLogger("chatmount.cli")

FAILED = 1
WRONG_USAGE = 2
_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)
INTERRUPTED = 130  # what shells report for a command that Ctrl-C ended
_OF_STATUS = {
    grpc.StatusCode.UNAVAILABLE: "A service does not answer; `chatmount status` shows which, its log says why.",
    grpc.StatusCode.DEADLINE_EXCEEDED: (
        "A service took too long to answer; `chatmount status` shows whether all of them are well."
    ),
    grpc.StatusCode.UNIMPLEMENTED: (
        "The running Chatmount is of another version than this command; restart it with `chatmount up`."
    ),
}


class CommandFailed(Exception):
    """A command could not do its work; the text is one line for people and says what to do next."""


class Missing(CommandFailed):
    """What a command names is not there."""


class NotRunning(CommandFailed):
    """There is no stack to talk to."""


def describe(error: BaseException) -> tuple[str, int]:
    """The line to print for `error`, and the exit code. Of a group it is the first error."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, click.UsageError):
        return _usage(error), WRONG_USAGE
    if isinstance(error, click.ClickException):
        return _one_line(error.format_message()), error.exit_code
    if isinstance(error, SettingsError):
        return _one_line(str(error)), WRONG_USAGE
    if isinstance(error, ChatmountError | CommandFailed):
        return _one_line(str(error)), FAILED
    if isinstance(error, grpc.aio.AioRpcError):
        return _one_line(_of_call(error)), FAILED
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return "Interrupted.", INTERRUPTED
    logger.debug("unexpected error", exc_info=error)
    if isinstance(error, OSError) and error.strerror and (error.filename or error.errno in _DISK_IS_FULL):
        return _one_line(f"{error.filename or 'A file'}: {error.strerror}."), FAILED
    return (
        _one_line(f"Unexpected error: {type(error).__name__}: {error} (CHATMOUNT_LOG_LEVEL=DEBUG shows where)."),
        FAILED,
    )


def wrong_usage(text: str) -> click.UsageError:
    """The error for arguments that make no sense together."""
    return click.UsageError(text, click.get_current_context())


def missing(kind: str, name: str, list_command: str) -> Missing:
    """The failure of a command that names something unknown."""
    return Missing(f"No {kind} {name!r}; `{list_command}` shows those there are.")


@contextmanager
def explain_missing(kind: str, name: str, list_command: str) -> Iterator[None]:
    """Turns NOT_FOUND into a failure that names what is missing and what lists the others."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        if is_reason(error, Reason.NOT_FOUND):
            raise missing(kind, name, list_command) from error
        raise


def is_reason(error: grpc.aio.AioRpcError, reason: Reason) -> bool:
    """Whether a service refused for `reason`."""
    refusal = from_rpc_error(error)
    return refusal is not None and refusal.reason == reason


def _of_call(error: grpc.aio.AioRpcError) -> str:
    refusal = from_rpc_error(error)
    if refusal is not None and refusal.reason == Reason.INTERNAL:
        return f"A service failed; its log has the cause under [{request_id()}]."
    if refusal is not None:
        return refusal.text
    return _OF_STATUS.get(error.code(), f"A service refused the call: {error.details() or error.code().name}")


def _usage(error: click.UsageError) -> str:
    message = _one_line(error.format_message())
    if error.ctx is None:
        return message
    return f"{message} (See: {error.ctx.command_path} --help)"


def _one_line(text: str) -> str:
    return " ".join(text.split())
