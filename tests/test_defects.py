"""The catalogue of defects: each is tied to a sentence, can be served, and changes what the mock does."""

import json
from collections import Counter
from pathlib import Path

import pytest
from covermock.contract_tests import judge, settings_for
from covermock.mock_server import Mock, Settings
from covermock.mock_server.defects import GROUPS, Catalogue
from covermock.openapi import GATEWAY, LEVELS, InvalidSourceError, load
from support.named_defects import named_defects
from support.servers import run, serving

KEYS = {"main": "aio_your_api_key_here", "second": "aio_second_key", "poor": "aio_poor_key"}
IDS = {"music_task": ("gen123213213213123bksv",), "audio": "aud_30s", "long_audio": "aud_60_1s"}
NAMED = named_defects()


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """All defects of gateway.yaml."""
    return Catalogue(load(GATEWAY))


def test_each_name_that_people_use_stays_with_its_clause_and_level(catalogue: Catalogue) -> None:
    """All 152, in their groups, each blaming the sentence that it always blamed."""
    assert NAMED == {name: (catalogue[name].clause, catalogue[name].level) for name in catalogue.named}
    assert len(NAMED) == 152
    assert set(GROUPS) == {catalogue[name].group for name in catalogue.named}


def test_every_defect_blames_a_sentence_of_the_contract(catalogue: Catalogue) -> None:
    """Names, clauses, levels and sentences are all there, and no name comes twice."""
    clauses = catalogue.contract.clauses

    assert [] == [one.name for one in catalogue.values() if one.clause not in clauses or one.level not in LEVELS]
    assert [] == [name for name in catalogue if name != catalogue[name].name or not catalogue[name].sentence]
    assert len(catalogue) == len(set(catalogue))


def test_generated_names_are_stable_and_sorted(catalogue: Catalogue) -> None:
    """The same contract gives the same names in the same order."""
    again = Catalogue(load(GATEWAY))

    assert list(catalogue) == list(again)
    assert list(catalogue.generated) == sorted(catalogue.generated)


def test_there_are_a_hundred_subtle_defects(catalogue: Catalogue) -> None:
    """They strike by chance, in one state, at one task, with one field or text, at once, or are nearly right."""
    conditions = Counter(name.partition("@")[2].partition("-")[0] for name in catalogue.subtle)

    assert 100 <= len(catalogue.subtle)
    assert {"one", "state", "second", "later", "with", "astral", "long", "escaped", "at", "after", ""} <= set(
        conditions
    )


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_mock_with_the_defect_starts(name: str) -> None:
    """Every named defect makes a mock whose contract and checks are sound."""
    assert Mock(Settings(defect=name), 0.0).settings.defect == name


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ("second-cover-serve", "second-cover-served"),
        ("startCover-price-twise", "startCover-price-twice"),
        ("second-cover-served@at-onse", "at-once"),
    ],
)
def test_an_unknown_defect_is_refused(wrong: str, nearest: str) -> None:
    """A misspelled name, or condition, gets the nearest one."""
    with pytest.raises(InvalidSourceError, match=nearest):
        Mock(Settings(defect=wrong), 0.0)


def test_the_command_lists_the_catalogue(catalogue: Catalogue) -> None:
    """`covermock defects` lists all of it, for people and for programs."""
    text, data = run("defects"), run("defects", "--format", "json")

    assert list(catalogue) == [row["name"] for row in json.loads(data.stdout)]
    assert all(name in text.stdout for name in catalogue)


def test_the_command_lists_the_defects_of_another_contract(tmp_path: Path) -> None:
    """A renamed operation has its new name in the names of its defects, and only there."""
    spec = tmp_path / "other.yaml"
    spec.write_text(GATEWAY.read_text(encoding="utf-8").replace("startCover", "drawPictures"), encoding="utf-8")
    names = {row["name"] for row in json.loads(run("defects", "--spec", str(spec), "--format", "json").stdout)}

    assert {"drawPictures-price-twice", "no-key-served"} <= names
    assert not [name for name in names if "startCover" in name]


@pytest.mark.parametrize(
    "name",
    ["", "second-cover-served", "long-audio-served", "three-images", "callback-lost", "flat-errors", "nul-dropped"],
)
def test_check_finds_a_defect_of_the_mock_and_nothing_else(name: str) -> None:
    """The mock without a defect is never blamed; with one, its clause is."""
    with serving("--stage-seconds", "0.1", *(["--defect", name] if name else [])) as process:
        judgement = judge(settings_for(process.url, KEYS, {**IDS, "fail_on": "assumed"}))
    clauses = {finding.clause for finding in judgement.findings}

    assert (NAMED[name][0] in clauses) if name else clauses == set()
