"""The catalogue of defects: each is tied to a sentence, can be served, and changes what the mock does."""

import json

import pytest
from covermock.contract_tests import judge, settings_for
from covermock.mock_server import Mock, Settings
from covermock.mock_server.defects import DEFECTS, GROUPS
from covermock.openapi import GATEWAY, LEVELS, InvalidSourceError, load
from support.servers import run, serving

KEYS = {"main": "aio_your_api_key_here", "second": "aio_second_key", "poor": "aio_poor_key"}
IDS = {"music_task": ("gen123213213213123bksv",), "audio": "aud_30s", "long_audio": "aud_60_1s"}


def test_the_catalogue_covers_all_groups() -> None:
    """At least 60 defects, in every group, each with a known clause and level."""
    clauses = load(GATEWAY).clauses

    assert 60 <= len(DEFECTS)
    assert set(GROUPS) == {defect.group for defect in DEFECTS.values()}
    assert [] == [one.name for one in DEFECTS.values() if one.clause not in clauses or one.level not in LEVELS]


@pytest.mark.parametrize("name", DEFECTS)
def test_a_mock_with_the_defect_starts(name: str) -> None:
    """Every defect makes a mock whose contract and checks are sound."""
    assert Mock(Settings(defect=name), 0.0).settings.defect == name


def test_an_unknown_defect_is_refused() -> None:
    """A misspelled name gets the nearest one."""
    with pytest.raises(InvalidSourceError, match="second-cover-served"):
        Mock(Settings(defect="second-cover-serve"), 0.0)


def test_the_command_lists_the_catalogue() -> None:
    """`covermock defects` lists all of it, for people and for programs."""
    text, data = run("defects"), run("defects", "--format", "json")

    assert set(DEFECTS) == {row["name"] for row in json.loads(data.stdout)}
    assert all(name in text.stdout for name in DEFECTS)


@pytest.mark.parametrize(
    "name",
    ["", "second-cover-served", "long-audio-served", "three-images", "callback-lost", "flat-errors", "nul-dropped"],
)
def test_check_finds_a_defect_of_the_mock_and_nothing_else(name: str) -> None:
    """The mock without a defect is never blamed; with one, its clause is."""
    with serving("--stage-seconds", "0.1", *(["--defect", name] if name else [])) as process:
        judgement = judge(settings_for(process.url, KEYS, {**IDS, "fail_on": "assumed"}))
    clauses = {finding.clause for finding in judgement.findings}

    assert (DEFECTS[name].clause in clauses) if name else clauses == set()
