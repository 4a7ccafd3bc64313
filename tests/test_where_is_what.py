"""docs/where-is-what.md says where a line stands, and it stands there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = re.findall(
    r"^\| (.+) \| `(\S+)` \| `(\S+)` \|$",
    (ROOT / "docs" / "where-is-what.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_there_are_twenty_rows() -> None:
    """No row is lost by the pattern that reads them."""
    assert 20 == len(ROWS)


@pytest.mark.parametrize(("what", "file", "name"), ROWS)
def test_a_line_stands_where_the_page_says(what: str, file: str, name: str) -> None:
    """The name is defined in that file, and in no other module of its room."""
    define = rf"^ *(?:def|class) {name}\b" if file.endswith(".py") else rf"^{name}:"
    room = (ROOT / file).parent.glob("*.py") if file.endswith(".py") else [ROOT / file]
    found = [path for path in room if re.search(define, path.read_text(encoding="utf-8"), re.MULTILINE)]

    assert [ROOT / file] == found, what
