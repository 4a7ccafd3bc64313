"""Why a gateway has to refuse a request: one row for each reason, with the sentences that it stands on."""

from dataclasses import dataclass, replace

from covermock.openapi import Operation

from ..evidence import Blame

KEY, REQUEST, IDENTITY, BUSINESS, CREDITS = range(5)  # the order of checks (G8)
TYPES = {400: "bad_request", 401: "authentication_error", 402: "insufficient_credits", 404: "not_found"}
TYPED_BY = {400: "G4", 401: "G3", 402: "G6", 404: "G4"}


def blames(text: str) -> tuple[Blame, ...]:
    """Return the blames that `text` spells: `C4 U3:corroborated`; documented where no level is said."""
    pairs = (word.partition(":") for word in text.split())
    return tuple((clause, level or "documented") for clause, _, level in pairs)


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason to refuse. `accepted` is broken by a 2xx, `other` by a refusal with another status.

    `also` are statuses that are right, too, since the contract leaves open which one comes first.
    """

    fact: str
    status: int
    accepted: tuple[Blame, ...]
    other: tuple[Blame, ...]
    rank: int
    also: frozenset[int] = frozenset()

    @property
    def sure(self) -> bool:
        """Return True if a documented or corroborated sentence says that such a request is an error."""
        return self.rank == CREDITS or any(level in {"documented", "corroborated"} for _, level in self.other)

    def with_statuses(self, *statuses: int) -> "Reason":
        """Return the rule with more statuses that are right."""
        return replace(self, also=self.also | set(statuses))


def reason(fact: str, status: int, rank: int, accepted: str, other: str) -> Reason:
    """Return a rule whose blames are spelled as texts."""
    return Reason(fact, status, blames(accepted), blames(other), rank)


COVER_OPERATIONS = frozenset({"startCover", "getCoverStatus"})


def by_page(operation: Operation, known: Reason) -> Reason:
    """Return the rule as the operation's own page knows it: upload-cover's lost its codes (G3, G4)."""
    if operation.id in COVER_OPERATIONS:
        return known
    lowered = tuple((clause, "corroborated" if clause == "G3" else level) for clause, level in known.other)
    return replace(known, other=lowered)


NO_KEY = reason("a request without a key gives 401", 401, KEY, "G3", "G3")
WRONG_KEY = reason("a request with an unknown key gives 401", 401, KEY, "G3", "G3")
OTHER_SCHEME = reason("a key that is not sent as 'Bearer <key>' gives 401", 401, KEY, "G3 G2", "G3")

MALFORMED = reason("malformed JSON gives 400", 400, REQUEST, "G7:inferred", "G7:inferred")
NO_OBJECT = reason("a body that is no JSON object gives 400", 400, REQUEST, "G7:inferred", "G7:inferred")

MISSING = {
    "startCover": reason("a cover request without taskId gives 400", 400, REQUEST, "C1 G7:inferred", "G7:inferred"),
    "startUploadCover": reason(
        "an upload-cover request without audio_id gives 400",
        400,
        REQUEST,
        "U1 G7:inferred",
        "U1:corroborated G7:inferred",
    ),
    "getCoverStatus": reason("cover status without task_id gives 400", 400, REQUEST, "C8 G7:inferred", "G7:inferred"),
    "getUploadCoverStatus": reason(
        "upload-cover status without task_id gives 400", 400, REQUEST, "U9 G7:inferred", "G7:inferred"
    ),
}
WRONG_TYPE = {
    "taskId": reason("a taskId that is no string gives 400", 400, REQUEST, "G7:inferred C1", "G7:inferred"),
    "task_id": reason(
        "a task_id that is no string gives 400", 400, REQUEST, "G7:inferred C1:corroborated", "G7:inferred"
    ),
    "audio_id": reason(
        "an audio_id that is no string gives 400", 400, REQUEST, "G7:inferred U1", "G7:inferred U1:corroborated"
    ),
    "custom_mode": reason("a custom_mode that is no boolean gives 400", 400, REQUEST, "U4 G7:inferred", "G7:inferred"),
    "prompt": reason("a prompt that is no string gives 400", 400, REQUEST, "G7:inferred U5:inferred", "G7:inferred"),
    "style": reason("a style that is no string gives 400", 400, REQUEST, "U6 G7:inferred", "G7:inferred"),
    "title": reason("a title that is no string gives 400", 400, REQUEST, "U6 G7:inferred", "G7:inferred"),
    "callback_url": reason(
        "a callback_url that is no string gives 400", 400, REQUEST, "U7:inferred G7:inferred", "U7:inferred G7:inferred"
    ),
}
NO_PROMPT = reason("custom mode without a prompt gives 400", 400, REQUEST, "U5", "U5:inferred")
EMPTY_PROMPT = reason("custom mode with an empty prompt gives 400", 400, REQUEST, "U5:assumed", "U5:assumed")
NO_URL = reason("a callback_url that is no http(s) URL gives 400", 400, REQUEST, "U7:inferred", "U7:inferred")

UNKNOWN = {
    "startCover": reason("an unknown music task gives 404", 404, IDENTITY, "C4", "C4"),
    "getCoverStatus": reason("an unknown cover task gives 404", 404, IDENTITY, "C12", "C12"),
    "startUploadCover": reason("an unknown audio_id gives 404", 404, IDENTITY, "U3", "U3:corroborated"),
    "getUploadCoverStatus": reason("an unknown upload-cover task gives 404", 404, IDENTITY, "U12", "U12:corroborated"),
}
FOREIGN = reason("another account's task gives 404", 404, IDENTITY, "G9:assumed", "G9:assumed")
PENDING = reason("a music task that is not completed gives 400", 400, BUSINESS, "C3", "C3:inferred")
COVERED = reason("a second cover for a music task gives 400", 400, BUSINESS, "C5", "C5")
BAD_LENGTH = reason("audio outside 6 to 60 seconds gives 400", 400, BUSINESS, "U2", "U2:corroborated")
POOR = reason("an account without credits gets 402", 402, CREDITS, "G6", "G6:assumed").with_statuses(404)

NO_PATH = reason("an unknown path gives 404", 404, KEY, "G12:assumed", "G12:assumed")
OLD_PATH = reason(
    "a leftover of an older version is no operation: 404",
    404,
    KEY,
    "G12:assumed C14:assumed",
    "G12:assumed C14:assumed",
)
NO_METHOD = reason("a known path with another method gives 405", 405, KEY, "G12:assumed", "G12:assumed")
