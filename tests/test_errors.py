"""The table of errors: what Python raises, what x-errors says and what operations document are one set."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from covermock.mock_server.http import errors
from support.fakes import ADMIN, GATEWAY, Fake, document

# Rows that a request gets before, or whatever, its operation is; so no operation documents them.
BEFORE_ANY_OPERATION = {
    errors.MALFORMED_REQUEST,
    errors.NO_SUCH_PATH,
    errors.METHOD_NOT_ALLOWED,
    errors.INTERNAL_ERROR,
}
_TOKEN = {errors.MISSING_KEY, errors.INVALID_KEY, errors.FOREIGN_PAGE}
Spec = Mapping[str, Any]


def operations(spec: Spec) -> Iterator[tuple[str, Spec]]:
    """Yield (operationId, operation) of each path; the path's own parameters are joined to it."""
    for item in spec["paths"].values():
        for method in ("get", "put", "post", "delete", "patch"):
            if method in item:
                whole = {**item[method]}
                whole["parameters"] = [*item.get("parameters", []), *whole.get("parameters", [])]
                yield whole["operationId"], whole


def by_operation(spec: Spec, *, keyed: bool) -> dict[str, set[str]]:
    """Return the rows that each operation can give: its own rules', and those that any operation like it gives."""
    found = {}
    for name, operation in operations(spec):
        rows = {rule["error"] for rule in operation.get("x-preconditions", [])}
        open_to_all = operation.get("security") == []
        if keyed:
            rows |= {errors.MISSING_KEY, errors.INVALID_KEY}
        elif not open_to_all:
            rows |= _TOKEN
        if any(can_be_wrong(spec, parameter) for parameter in operation["parameters"]):
            rows.add(errors.INVALID_PARAMS)
        if "requestBody" in operation:
            rows |= {errors.INVALID_PARAMS, errors.INVALID_JSON, errors.BODY_TOO_LARGE}
        found[name] = rows
    return found


def can_be_wrong(spec: Spec, parameter: Spec) -> bool:
    """Tell whether a value of the parameter can be invalid: not a plain text in the path, which is never empty."""
    if "$ref" in parameter:
        parameter = spec["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    plain = parameter["schema"].keys() <= {"type", "minLength", "title"} and parameter["schema"]["type"] == "string"
    return not (parameter["in"] == "path" and plain)


def strangers(spec: Spec, raised: frozenset[str]) -> set[str]:
    """Return the names that are in x-errors only, or in the code and the preconditions only."""
    named = {rule["error"] for _, operation in operations(spec) for rule in operation.get("x-preconditions", [])}
    return set(spec["x-errors"]) ^ (raised | named)


def undocumented(spec: Spec, rows: Mapping[str, set[str]]) -> set[tuple[str, str]]:
    """Return each (operation, row) whose status the operation does not list among its responses."""
    documented = {name: set(operation["responses"]) for name, operation in operations(spec)}
    statuses = {name: str(row["status"]) for name, row in spec["x-errors"].items()}
    return {
        (name, row) for name, names in rows.items() for row in names if statuses.get(row, "") not in documented[name]
    }


def never_given(spec: Spec, rows: Mapping[str, set[str]]) -> set[tuple[str, str]]:
    """Return each (operation, status) of the gateway that is documented although no row can give it."""
    given = {
        name: {str(spec["x-errors"][row]["status"]) for row in (*names, errors.BODY_TOO_LARGE)}
        for name, names in rows.items()
    }
    return {
        (name, status)
        for name, operation in operations(spec)
        for status in operation["responses"]
        if status >= "400" and status not in given[name]
    }


@pytest.mark.parametrize(("path", "raised"), [(GATEWAY, errors.RAISED), (ADMIN, errors.CONTROL_RAISED)])
def test_code_and_contract_know_the_same_errors(path: Any, raised: frozenset[str]) -> None:
    """What is raised or named by a precondition has a row, and each row is raised or named."""
    assert set() == strangers(document(path), raised)


@pytest.mark.parametrize(("path", "keyed"), [(GATEWAY, True), (ADMIN, False)])
def test_each_error_is_a_documented_answer_of_the_operations_that_give_it(path: Any, keyed: bool) -> None:
    """The status of each row that an operation can give is one of its responses."""
    spec = document(path)

    assert set() == undocumented(spec, by_operation(spec, keyed=keyed))


def test_the_gateway_documents_no_error_that_nothing_gives() -> None:
    """Each 4xx response of a gateway operation is given by a row."""
    spec = document(GATEWAY)

    assert set() == never_given(spec, by_operation(spec, keyed=True))


def test_the_control_table_and_its_contract_name_the_same_operations(fake: Fake) -> None:
    """Each operation of admin.yaml has its function, and each function its operation."""
    assert set(fake.mock.control._handlers) == {name for name, _ in operations(document(ADMIN))}


def test_the_table_test_fails_when_the_table_is_broken() -> None:
    """A row too many, a row too few, a missing response and a response too many are each found."""
    spec = document(GATEWAY)
    more, fewer, silent, chatty = (copy.deepcopy(spec) for _ in range(4))
    more["x-errors"]["new-row"] = {"status": 400, "type": "bad_request", "message": "x"}
    del fewer["x-errors"]["audio-length"]
    path = "/api/v1/audio/music/cover/status"
    del silent["paths"][path]["get"]["responses"]["404"]
    chatty["paths"][path]["get"]["responses"]["409"] = {"description": "x"}

    assert {"new-row"} == strangers(more, errors.RAISED)
    assert {"audio-length"} == strangers(fewer, errors.RAISED)
    assert {"no-such-path"} == strangers(spec, errors.RAISED - {"no-such-path"})
    assert {("getCoverStatus", "cover-task-not-found")} == undocumented(silent, by_operation(silent, keyed=True))
    assert {("getCoverStatus", "409")} == never_given(chatty, by_operation(chatty, keyed=True))


@pytest.mark.parametrize("path", [GATEWAY, ADMIN])
def test_every_error_says_what_was_expected_and_what_came(path: Any) -> None:
    """Each text names both sides, or hands on violations that do."""
    for name, row in document(path)["x-errors"].items():
        assert "{violations}" in row["message"] or ("expected" in row["message"] and "received" in row["message"]), name
