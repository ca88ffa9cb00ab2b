"""Texts of strangers as cells of a CSV file that a spreadsheet will open."""

# Spreadsheets take what begins so for a formula, and some run programs by it.
_BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def as_text(cell: str) -> str:
    """The cell with an apostrophe before what would be a formula."""
    return f"'{cell}" if cell.startswith(_BEGIN_FORMULAS) else cell
