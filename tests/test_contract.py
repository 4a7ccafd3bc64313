"""The contract files: every clause is there, every example is true, and what is not understood is refused."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from covermock.mock_server import Mock, Settings
from covermock.openapi import ADMIN, GATEWAY, JSON, LEVELS, Contract, InvalidSourceError, Validator, load
from support.fakes import NOON, document, edited

DOCUMENTED, CORROBORATED, INFERRED, ASSUMED = LEVELS
# The levels of each clause's sentences, as the evidence was weighed from the two documentation pages.
EVIDENCE = {
    "G1": "di", "G2": "di", "G3": "dc", "G4": "dc", "G5": "c", "G6": "da", "G7": "i", "G8": "a", "G9": "a",
    "G10": "c", "G11": "i", "G12": "a", "G13": "ia", "G14": "i", "G15": "a",
    "C1": "dc", "C2": "d", "C3": "di", "C4": "d", "C5": "d", "C6": "dc", "C7": "d", "C8": "d", "C9": "d",
    "C10": "i", "C11": "a", "C12": "di", "C13": "da", "C14": "d",
    "U1": "dc", "U2": "dci", "U3": "dc", "U4": "d", "U5": "dia", "U6": "da", "U7": "dia", "U8": "d", "U9": "d",
    "U10": "cca", "U11": "dca", "U12": "dci", "U13": "dca", "U14": "i", "U15": "d",
}  # fmt: skip


@pytest.fixture(scope="module", params=[GATEWAY, ADMIN], ids=["gateway", "admin"])
def contract(request: pytest.FixtureRequest) -> Contract:
    """Each of the two contracts."""
    return load(request.param)


def examples(node: Any, schema: Any = None, at: tuple[str, ...] = ()) -> Iterator[tuple[str, Any, Any]]:
    """Yield (place, schema, value) of each named example that stands beside a schema."""
    if isinstance(node, dict):
        for name, row in node.get("examples", {}).items() if isinstance(node.get("examples"), dict) else ():
            yield ".".join((*at, name)), node["schema"], row["value"]
        for key, inner in node.items():
            yield from examples(inner, schema, (*at, str(key)))
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from examples(inner, schema, (*at, str(number)))


def refusal(folder: Path, *changes: tuple[str, str], source: Path = GATEWAY) -> str:
    """Return what the mock says of an edited contract, without the folder's name."""
    path = edited(folder, *changes, source=source)
    with pytest.raises(InvalidSourceError) as caught:
        Mock(Settings(spec=path), NOON)
    return str(caught.value).replace(f"{folder}/", "")


def test_every_clause_is_there_with_its_levels() -> None:
    """G1 to G15, C1 to C14, U1 to U15, each sentence with the level of its evidence, strongest first."""
    found = {
        name: "".join(sentence.level[0] for sentence in clause.sentences) for name, clause in load().clauses.items()
    }

    assert EVIDENCE == found
    assert all(sentence.text and sentence.source for clause in load().clauses.values() for sentence in clause.sentences)


def test_a_clause_is_known_as_well_as_its_best_sentence() -> None:
    """Sentences stand in the order of their evidence, so the first is the best known."""
    for clause in load().clauses.values():
        levels = [LEVELS.index(sentence.level) for sentence in clause.sentences]
        assert sorted(levels) == levels, clause.id
        assert LEVELS[levels[0]] == clause.level


def test_most_clauses_are_named_where_they_hold() -> None:
    """Each clause is named by something in the file, or in prose where no schema can say it."""
    text = GATEWAY.read_text(encoding="utf-8").partition("\nx-clauses:")[0]

    assert [] == [name for name in EVIDENCE if not re.search(rf"\b{name}\b", text) and name not in _NOT_IN_SCHEMAS]


_NOT_IN_SCHEMAS = {"G4", "G8", "G9", "G11", "G13", "G14"}  # about several answers at once


def test_every_example_satisfies_its_schema(contract: Contract) -> None:
    """Each named example is valid against the schema beside it."""
    found = list(examples(contract.root))

    assert found
    for place, schema, value in found:
        assert [] == Validator(schema, contract.root).violations(value), place


def test_an_example_that_lies_is_found(tmp_path: Path) -> None:
    """The test above fails on an example that its schema refuses."""
    root = load(edited(tmp_path, ("status: PENDING\n", "status: WAITING\n"))).root

    assert [False] == [ok for _, s, v in examples(root) if not (ok := not Validator(s, root).violations(v))]


def test_every_documented_state_has_an_example() -> None:
    """Each state of each task is shown by a named example of its status answer."""
    found = load()
    shown = {
        operation.raw["x-task"]: {
            row["value"]["data"]["status"] for row in operation.responses["200"]["content"][JSON]["examples"].values()
        }
        for operation in found.operations
        if operation.handler == "show"
    }

    assert shown == {name: {state.name for state in cycle.states} for name, cycle in found.lifecycles.items()}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  title: API in One", "  title: 'API", "gateway.yaml:"),
        ("x-task: music\n      x-credits", "x-tsk: music\n      x-credits", "did you mean 'x-task'"),
        ("                type: string\n  ", "                typ: string\n  ", "did you mean 'type'"),
        ("required: [audio_id]", "requierd: [audio_id]", "did you mean 'required'"),
        ("x-clause: U1\n      x-handler", "x-clause: U99\n      x-handler", "expected a clause of this file"),
        ("error: audio-not-found}", "error: audio-not-fund}", "did you mean 'audio-not-found'"),
        ("x-handler: start\n      x-task: cover", "x-handler: start", "x-task is missing"),
        ("check: task-known, lifecycle: cover", "check: task-succeeded, lifecycle: cover", "task-known"),
        ("{$ref: '#/components/responses/Unauthorized'}", "{$ref: Unauthorized}", "expected"),
        ("$ref: '#/components/schemas/CoverStatus'", "$ref: '#/components/schemas/Covers'", "schemas/Covers"),
        ("value: {code: 200, msg: success, data: {taskId: cover123123213213b880d2}}", "summary: s", "value is missing"),
        ("required: [taskId]\n", "required: [taskId, taskId]\n", "non-unique"),
        ("x-task: cover\n      x-credits", "x-task: covr\n      x-credits", "did you mean 'cover'"),
        ("check: source-known", "check: source-unknown", "did you mean 'source-known'"),
        ("x-handler: start\n      x-task: cover", "x-handler: strat\n      x-task: cover", "did you mean 'start'"),
        ("x-value: task.status}", "x-value: task.state}", "did you mean 'task.status'"),
        ("x-credits: {min: 5, max: 12,", "x-credits: {min: 5, max: 2,", "expected a max of 5 or more"),
        ("of: seconds, min: 6, max: 60,", "of: seconds, min: 6, max: 5,", "expected a max of 6 or more"),
        (
            "/api/v1/audio/music/cover/status:",
            "/api/v1/áudio/music/cover/status:",
            "/api/v1/%C3%A1udio/music/cover/status",
        ),
        ("'#/components/schemas/CoverAccepted'", "'#/components/schemas/CoverAcepted'", "CoverAcepted"),
        ("        name: cover\n", "        name: cover\n" * 2, "expected each key once"),
        ("enum: [PENDING, IN_PROGRESS, SUCCESS, FAILED]", "enum: [PENDING, SUCCESS, FAILED]", "IN_PROGRESS"),
        ("- {name: text, seconds: 1", "- {name: text, seconds: -1", "expected at least 0"),
        ("operationId: getCoverStatus\n      tags", "operationId: startCover\n      tags", "a new operationId"),
        ("operationId: getCoverStatus\n              desc", "operationId: getCover\n              desc", "did you"),
        ("  no-such-path:\n    {status: 404", "  no-such-paht:\n    {status: 404", "no-such-path"),
        ("{check: source-within, of: seconds, min: 6, max: 60,", "{check: source-within, of: seconds, min: 6,", "max"),
        ("level: corroborated, source: feed page, s", "level: rumoured, source: feed page, s", "received 'rumoured'"),
        ("openapi: 3.1.0", "openapi: 3.0.0", "version"),
        ("    Error:\n", "    Eror:\n", "Error"),
        ("Check the id and the", "Check the {id and the", "write a brace itself twice"),
        ("Check the id and the", "Check the {recieved} and the", "did you mean 'received'"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Unknown words, dangling names and contradictions: one line with file, line and the nearest name."""
    text = refusal(tmp_path, (old, new))

    assert re.match(r"gateway\.yaml:(\d+: | components)", text), text
    assert said in text
    assert "\n" not in text


def test_the_line_is_the_right_one(tmp_path: Path) -> None:
    """The line that is named is the one with the fault."""
    line = int(refusal(tmp_path, ("check: source-known", "check: source-unknown")).split(":")[1])
    lines = (tmp_path / "gateway.yaml").read_text(encoding="utf-8").splitlines()

    assert "x-preconditions" in lines[line - 1]
    assert "source-unknown" in lines[line]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "object"),
        (b"[]", "object"),
        (b"a: [", "syntax error"),
        (b"\xff\xfe", "readable"),
        (b"? [a]\n: b", "plain name"),
        (b"a: &a [*a]", ""),
        (b"x: !!python/object:os.system 1", ""),
    ],
)
def test_a_file_that_is_no_contract_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """Empty files, other data, broken YAML and other encodings are each one clear line."""
    path = tmp_path / "odd.yaml"
    path.write_bytes(content)

    with pytest.raises(InvalidSourceError) as caught:
        load(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    """A missing file and a folder are named, with the reason."""
    with pytest.raises(InvalidSourceError, match="expected a readable YAML file"):
        load(tmp_path / name)


def test_both_yaml_parsers_read_the_files_alike(contract: Contract) -> None:
    """The pure Python parser, which stands in where libyaml is missing, reads the same data."""

    class Loader(yaml.SafeLoader):
        """Leaves dates as they are written."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, rule) for tag, rule in rules if not tag.endswith(":timestamp")]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    text = Path(contract.source.name).read_text(encoding="utf-8")
    assert contract.root == yaml.load(text, Loader)  # noqa: S506 - a SafeLoader with fewer types
    assert contract.root["paths"].keys() == document(Path(contract.source.name))["paths"].keys()


def test_half_surrogates_are_judged_like_any_text() -> None:
    """JSON may escape half of a surrogate pair, UTF-8 has none: it counts as one character, in values and in names."""
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "maxLength": 1}}}
    validator = Validator(schema)

    assert validator.is_valid({"id": "\ud800", "\udc00": 1})
    [violation] = validator.violations({"id": "\ud800a"})
    assert "id" == violation.where
    [violation] = Validator({"type": "object"}).violations("\ud800")
    assert "an object" in violation.expected
