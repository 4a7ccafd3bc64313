"""Text as it may be shown: what steers a terminal or turns the direction of writing shows as a code."""


def plain(text: str) -> str:
    """Return the text with everything but printable characters, line ends and tabs escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text)
