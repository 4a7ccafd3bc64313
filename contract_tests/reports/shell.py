r"""A command in lines that can be copied into a shell: each but the last ends with a backslash, and no word is cut."""

import re

_WORD = re.compile(r"""(?:[^\s'"\\]|'[^']*'|"(?:[^"\\]|\\.)*"|\\.)+|\S+""", re.DOTALL)
_REMARK = re.compile(r"  # \d+ bytes in all, cut here$")  # as `curl_line` ends where a body is long
_WITH_VALUE = frozenset({"-H", "-X", "--data-binary"})


def in_lines(command: str, width: int) -> list[str]:
    """Return the command in lines of at most `width` columns, or as long as a flag with its value is."""
    remark = _REMARK.search(command)
    lines: list[str] = []
    for part in _parts(command[: remark.start()] if remark else command):
        if lines and len(lines[-1]) + len(part) + 3 <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(f"  {part}" if lines else part)
    ended = [f"{line} \\" for line in lines[:-1]] + lines[-1:]
    return [*ended[:-1], ended[-1] + remark.group()] if remark else ended


def _parts(command: str) -> list[str]:
    """Return the words of a command, each flag together with its value."""
    parts: list[str] = []
    for word in _WORD.findall(command):
        if parts and parts[-1] in _WITH_VALUE:
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    return parts
