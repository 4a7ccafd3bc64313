"""The bounds of a server are one table: what a flag may name, what help shows, what its defaults are."""

from dataclasses import fields

import pytest
from covermock.mock_server.limits import Limits, parse_limits, table
from support.servers import run


def test_each_limit_has_a_default_a_unit_and_a_sentence() -> None:
    """No bound is left unexplained."""
    for one in fields(Limits):
        assert isinstance(one.default, int | float)
        assert one.default >= one.metadata["least"]
        assert one.metadata["unit"]
        assert one.metadata["says"].endswith(".")


def test_limits_are_read_by_name() -> None:
    """What is named changes, the last time counts, all else keeps its default."""
    assert Limits() == parse_limits([])
    assert Limits(head_bytes=1000, head_seconds=16.0) == parse_limits(["head_seconds=16", " head_bytes = 1000"])
    assert Limits(head_bytes=2000) == parse_limits(["head_bytes=1000", "head_bytes=2000"])


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("head_seconds", ["NAME=VALUE", "'head_seconds'"]),
        ("", ["NAME=VALUE", "''"]),
        ("head_second=3", ["'head_second'", "did you mean 'head_seconds'"]),
        ("zzz=3", ["'zzz'", "known: "]),
        ("head_bytes=many", ["a whole number of bytes", "at least 256", "'many'"]),
        ("head_bytes=1e6", ["a whole number of bytes", "'1e6'"]),
        ("head_bytes=255", ["at least 256", "'255'"]),
        ("head_bytes=-5", ["at least 256", "'-5'"]),
        ("head_bytes=" + "9" * 5000, ["a whole number"]),
        ("head_seconds=nan", ["a number of seconds", "'nan'"]),
        ("head_seconds=inf", ["a number of seconds", "'inf'"]),
        ("head_seconds=0", ["at least 1"]),
    ],
)
def test_what_is_no_limit_is_refused(pair: str, words: list[str]) -> None:
    """Other names, and values that bound nothing, say what was expected and received."""
    with pytest.raises(ValueError, match="expected") as refused:
        parse_limits([pair])

    assert [] == [word for word in words if word not in str(refused.value)]


def test_help_lists_every_limit() -> None:
    """`serve --help` shows the table, with the defaults."""
    shown = run("serve", "--help").stdout

    assert [] == [row for row, _ in table() if row not in shown]
    assert {one.name for one in fields(Limits)} == {row.partition("=")[0] for row, _ in table()}


def test_an_unknown_limit_is_usage() -> None:
    """On the command line and in the environment, one line and exit 2."""
    by_flag = run("serve", "--limit", "connection=5")
    by_twin = run("serve", COVERMOCK_LIMIT="worlds=3,connection=5")

    for refused in (by_flag, by_twin):
        assert (2, 1) == (refused.returncode, refused.stderr.count("\n"))
        assert "did you mean 'connections'?" in refused.stderr
