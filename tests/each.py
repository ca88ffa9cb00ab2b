"""Many cases in one test, which tells of each that fails.

For cases that need nothing of their own: what the test is given besides, such as a running service, they share.
`pytest.mark.parametrize` is for those that must not.
"""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

Test = Callable[..., Any]


def for_each(names: str | Sequence[str], cases: Iterable[Any]) -> Callable[[Test], Test]:
    """Calls the test for every case; names and cases are those of `pytest.mark.parametrize`."""
    words = [word.strip() for word in names.split(",")] if isinstance(names, str) else list(names)
    alone = len(words) == 1 and (isinstance(names, str) and "," not in names)
    listed = [{words[0]: case} if alone else dict(zip(words, case, strict=True)) for case in cases]

    def decorate(test: Test) -> Test:
        if inspect.iscoroutinefunction(test):

            async def all_cases(**given: Any) -> None:
                failures = _Failures(len(listed))
                for case in listed:
                    with failures.noted(case):
                        await test(**case, **given)
                failures.tell()

        else:

            def all_cases(**given: Any) -> None:  # type: ignore[misc]
                failures = _Failures(len(listed))
                for case in listed:
                    with failures.noted(case):
                        test(**case, **given)
                failures.tell()

        wrapped = functools.wraps(test)(all_cases)
        signature = inspect.signature(test)
        others = [each for name, each in signature.parameters.items() if name not in words]
        wrapped.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
        return wrapped

    return decorate


class _Failures:
    """What went wrong, with the case beside it."""

    def __init__(self, cases: int) -> None:
        assert cases, "a test without a case proves nothing"
        self._cases = cases
        self._errors: list[Exception] = []

    @contextmanager
    def noted(self, case: dict[str, Any]) -> Iterator[None]:
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:
            if "from pytest-timeout" in str(error):
                raise  # that of the test as a whole
            failed = (
                error
                if isinstance(error, Exception)
                else AssertionError(str(error)).with_traceback(error.__traceback__)
            )
            failed.add_note(f"the case: {case!r:.300}")
            self._errors.append(failed)

    def tell(self) -> None:
        if self._errors:
            raise ExceptionGroup(f"{len(self._errors)} of {self._cases} cases", self._errors)
