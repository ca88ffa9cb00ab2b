"""Says once, above all drills, why they are skipped."""

from tests.compose.composed_stack import lacking


def pytest_report_header() -> list[str]:
    return [reason] if (reason := lacking()) else []
