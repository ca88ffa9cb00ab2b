"""The line of HTML that puts a widget on a website."""


def script_path(widget_id: str) -> str:
    """Where the widget's script is, below the address of the installation."""
    return f"/widget/{widget_id}.js"


def snippet(script_url: str) -> str:
    """The line, for a script at this URL."""
    return f'<script async src="{script_url}"></script>'
