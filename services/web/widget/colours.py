"""Colours that can be read on each other."""

BLACK, WHITE = "#000", "#fff"


def ink_on(colour: str) -> str:
    """Black or white, whichever has more contrast on `#rrggbb`."""
    luminance = luminance_of(colour)
    return BLACK if (luminance + 0.05) ** 2 > 0.05 * 1.05 else WHITE


def luminance_of(colour: str) -> float:
    """The relative luminance of WCAG, 0 to 1."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
