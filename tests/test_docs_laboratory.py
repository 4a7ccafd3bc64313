"""What docs/laboratory.md shows is run, from top to bottom, as its readers would."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "laboratory.md"


def test_every_example_of_the_laboratory_runs() -> None:
    """The examples are one program, and each of its assertions holds."""
    examples = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    exec(compile("\n".join(examples), str(PAGE), "exec"), names)  # noqa: S102 - our own page

    assert 10 <= len(examples)
    assert "document" in names
