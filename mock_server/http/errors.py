"""The errors that Python code can give, by their names in x-errors; their texts and statuses are in the contract."""

from typing import Final

MALFORMED_REQUEST: Final = "malformed-request"
NO_SUCH_PATH: Final = "no-such-path"
METHOD_NOT_ALLOWED: Final = "method-not-allowed"
MISSING_KEY: Final = "missing-key"
INVALID_KEY: Final = "invalid-key"
BODY_TOO_LARGE: Final = "body-too-large"
INVALID_JSON: Final = "invalid-json"
INVALID_PARAMS: Final = "invalid-params"
INTERNAL_ERROR: Final = "internal-error"
UNAVAILABLE: Final = "unavailable"
CROWDED: Final = "crowded"

# The control API's own.
UNKNOWN_NAME: Final = "unknown-name"
NAME_TAKEN: Final = "name-taken"
FOREIGN_PAGE: Final = "foreign-page"
UNSATISFIABLE_RANGE: Final = "unsatisfiable-range"
EVICTED: Final = "entries-evicted"
WAITED_IN_VAIN: Final = "waited-in-vain"

# Every other row of the gateway's x-errors belongs to the preconditions that name it.
RAISED = frozenset(
    {
        MALFORMED_REQUEST,
        NO_SUCH_PATH,
        METHOD_NOT_ALLOWED,
        MISSING_KEY,
        INVALID_KEY,
        BODY_TOO_LARGE,
        INVALID_JSON,
        INVALID_PARAMS,
        INTERNAL_ERROR,
        UNAVAILABLE,
        CROWDED,
    }
)
CONTROL_RAISED = RAISED | {UNKNOWN_NAME, NAME_TAKEN, FOREIGN_PAGE, UNSATISFIABLE_RANGE, EVICTED, WAITED_IN_VAIN}


def limit_refusal(limit: str, most: str, remedy: str) -> "Refusal":
    """Return the refusal of one more than a limit of the server allows; `most` says how many are, and of what."""
    higher = f"start the server with a higher --limit {limit}."
    return Refusal(CROWDED, limit=limit, expected=most, remedy=f"{remedy}, or {higher}")


class Refusal(Exception):  # noqa: N818 - an answer that is due, not an error of ours
    """A request that gets an error: the row's name and the words that complete its text."""

    def __init__(self, name: str, **words: object) -> None:
        super().__init__(name)
        self.name = name
        self.words = words
