"""YAML files: plain data with lines, whatever is in them; a few bytes never become many."""

import json
from pathlib import Path

import pytest
import yaml
from covermock.openapi import GATEWAY, InvalidSourceError, parse, read
from covermock.openapi.documents import LEVELS, REPEATED
from covermock.openapi.source import LONGEST
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import Fake, world_file

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cn", "Cs", "Zl", "Zp"]), max_size=80)
NUMBERS = st.integers(-(2**63), 2**63) | st.integers(-9999, 9999).map(lambda number: number / 8)
DATA = st.recursive(
    TEXTS | NUMBERS | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)


def refusal(text: str) -> str:
    """Return what is said of a YAML text that is refused."""
    with pytest.raises(InvalidSourceError) as caught:
        parse(text)
    return str(caught.value)


def bomb(levels: int) -> str:
    """Return a text of a few hundred bytes whose aliases stand for ten values each, over so many levels."""
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(rows)


@given(DATA)
def test_json_is_read_as_what_it_is(value: object) -> None:
    """JSON is YAML, so whatever JSON says is what comes out."""
    assert value == parse(json.dumps(value, ensure_ascii=False)).data


def test_the_contract_is_what_another_parser_makes_of_it() -> None:
    """PyYAML's own loader builds the same data, lines and all kinds of texts included."""
    text = GATEWAY.read_text(encoding="utf-8")

    assert yaml.load(text, yaml.CSafeLoader) == parse(text).data


def test_lines_are_those_of_the_nodes() -> None:
    """A value in a mapping is in the line of its key, an item in its own; what isn't there is in its parent's."""
    source = parse("# head\na:\n  - x\n  -\n    b: 1\nc: &c {d: 2}\ne: *c\n")

    assert [2, 3, 5, 5, 6, 6, 7] == [
        source.line(at) for at in (("a",), ("a", 0), ("a", 1), ("a", 1, "b"), ("c",), ("c", "d"), ("e", "d"))
    ]
    assert 1 == source.line(("nowhere",))


def test_aliases_repeat_values_within_a_bound() -> None:
    """An anchor may be used again and again, but not so that few bytes stand for very many values."""
    assert {"a": [1], "b": [[1], [1]]} == parse("a: &a [1]\nb: [*a, *a]").data
    assert [["x"] * 9] * 1000 == parse(f"- &a {['x'] * 9}\n" + "- *a\n" * 999).data
    assert f"aliases that repeat at most {REPEATED} values" in refusal(bomb(9))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: &a [*a]", 1, "an anchor that is complete above, received *a"),
        ("a: 1\nb: *c", 2, "received *c"),
        ("a: 1\n---\nb: 2", 2, "expected one document"),
        ("[" * (LEVELS + 1), 1, f"at most {LEVELS} levels"),
        ("- " * (LEVELS + 1) + "x", 1, f"at most {LEVELS} levels"),
        ("[" * 1_000_000, 1, f"at most {LEVELS} levels"),
        ("a: 1\n? [b]\n: 2", 2, "a plain name as a key"),
        ("a: 1\n*a : 2", 2, "a plain name as a key"),
        ("a: 0b_", 1, "a number"),
        ("a: !!int x", 1, "a number"),
        ("a: !!bool x", 1, "true, false"),
        ("a: !!binary AAAA", 1, "as tag:yaml.org,2002:binary"),
        (f"a: !!int {'1' * 5000}", 1, "of at most 60 characters"),
        ("a: !strange x", 1, "!strange"),
        ("a: \0", 0, "control characters"),
        ("a: [", 2, "syntax error"),
    ],
)
def test_what_is_no_plain_data_is_refused(text: str, line: int, said: str) -> None:
    """The line, what was expected and what came; never a crash, and never a long wait."""
    refused = refusal(text)

    assert refused.startswith(f"<text>:{line}: " if line else "<text>: ")
    assert said in refused


@pytest.mark.parametrize("text", ["1" * 5000, "1" + ":59" * 2000, "0x" + "f" * 5000])
def test_numbers_without_end_are_texts(text: str) -> None:
    """What is too long for a number is not reckoned: that would cost the square of its digits."""
    assert {"seed": text} == parse(f"seed: {text}").data


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/full"])
def test_a_file_without_end_is_refused(path: str) -> None:
    """As much as a file may have is read, and no more."""
    with pytest.raises(InvalidSourceError, match=f"expected at most {LONGEST} bytes of YAML, received more"):
        read(Path(path))


def test_a_world_with_very_many_rows_is_served(tmp_path: Path) -> None:
    """200,000 rows are audio like any other; that their work grows with their number alone is in test_linear.py."""
    rows = "".join(f"  a{number}: {{seconds: 30}}\n" for number in range(200_000))

    assert 200_000 == len(Fake(world=str(world_file(tmp_path, f"audio:\n{rows}"))).world.sources)


def test_a_mistake_among_very_many_rows_is_found_with_its_line(tmp_path: Path) -> None:
    """Lines are looked for when there is something to say of one."""
    rows = [f"  a{number}: {{seconds: 30}}\n" for number in range(20_000)]
    path = world_file(tmp_path, "".join(["audio:\n", *rows[:10_000], "  b: {}\n", *rows[10_000:]]))
    with pytest.raises(InvalidSourceError, match=r"world\.yaml:10002: audio\.b: seconds is missing"):
        Fake(world=str(path))
