"""What a drawn gateway may do its own way: points that are open, and guesses of ours that it may refute.

An open point is one that the evidence leaves to the gateway: no answer to it may be held against it. A guess stands in
the contract as corroborated, inferred or assumed: a gateway that does otherwise breaks the sentences named here.
"""

from dataclasses import dataclass
from itertools import permutations
from random import Random
from typing import Any

# The first value of each is the plainest one.
OPEN: dict[str, tuple[Any, ...]] = {
    # texts and fields that nobody documented
    "blank": (404, 400),
    "odd_id": (404, 400),
    "strange_id": (404, 400, 403),
    "long_id": (404, 400, 413, 414),
    "odd_text": ("taken", 400),
    "long_text": ("taken", 400, 413),
    "large": (0, 100_000, 1_048_576),
    "unread": (False, True),
    "strangers": ("ignored", 400),
    "twice": ("first", "last", 400),
    "media": ("taken", 400, 415),
    "no_media": ("taken", 400, 415),
    "encodings": ("strict", "lax"),
    "percent": ("literal", 400),
    "depth": (0, 20, 200),
    "no_numbers": ("taken", 400),
    "nulls": ("absent", 400),
    "empty_callback": ("absent", 400),
    "odd_url": ("taken", 400),
    "waf": (False, False, True),
    "odd_types_as_it_is": ("ignored", 400),
    "both": ("first", 400, "second"),
    "scheme_case": (True, False),
    "cover_as_music": (404, 400),
    # whose, and what comes of it
    "own_audio": (False, True),
    "given_shown": (False, True),
    "cover_again": (True, False),
    "covered": (False, False, True),
    "failing": (0, 0, 2, 3),
    "credits": (1000, 1000, 14, 1, 0),
    "prices": ((1, 5), (1, 12)),
    "charged": ("start", "end"),
    "key_first": (True, False),
    # time
    "stages": (0.12, 0.0, 0.03, 0.3),
    "skips": (False, True),
    "uneven": (False, True),
    "created": ("Z", "+00:00", ".123Z", ".123456Z", ".5+00:00", ".123456789Z", "-00:00", "z", "tz"),
    "shift": (0.0, -86400.0, 9999.0, -3e8),
    "limit": ("", "", "", "", "", "now and then", "dated", "untold", "bucket", "bursts", "polls"),
    "busy": (0, 0, 0, 0, 2),
    "lag": (0.0, 0.0, 0.0, 0.4),
    "again_after": ((0.1, 0.2), (1.0, 2.0), (0.05,)),
    "hook_lag": (0.02, 0.02, 0.5, 1.5, 3.5),
    "hook_wire": ("length", "chunks", "1.0"),
    # the look of answers
    "ids": (
        "hex",
        "uuid",
        "number",
        "long",
        "unicode",
        "slash",
        "dots",
        "percent",
        "plus",
        "case",
        "query",
        "sequence",
        "capitals",
        "short",
        "blanks",
        "quotes",
        "urn",
        "objectid",
        "ulid",
    ),
    "uuid_case": ("own", "any"),
    "clips": (2, 1, 3, 7),
    "urls": ("plain", "query", "port", "capitals", "local", "unicode"),
    "clip_urls": ("fixed", "signed", "streamed"),
    "shuffled": (False, True),
    "extra": ("", "some", "many", "both", "huge", "task"),
    "grows": (False, False, True),
    "order": ("", "reversed", "sorted"),
    "text": ("plain", "pretty", "escaped", "newline", "spaced", "slashes", "letters"),
    "numbers": ("plain", "plain", "float", "exponent"),
    "coding": ("", "", "", "identity", "gzip", "deflate", "raw deflate", "x-gzip", "gzip, gzip", "br"),
    "type": (
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
        'application/json; charset="utf-8"; v=1',
    ),
    "problem": ("", "application/problem+json"),
    "words": ("no", "Nicht gefunden: äöü", "未找到", "x" * 3000, "Why?\n\tBecause."),
    "hints": ("", "type", "param", "documentation_url"),
    "refused_type": ("method_not_allowed", "bad_request", "other"),
    "allow": ("one", "all", "tight"),
    "challenge": ("", "Bearer", 'Basic realm="api", Bearer error="invalid_token"'),
    # the wire
    "http": ("1.1", "1.1", "1.0"),
    "body": ("length", "chunked", "closed", "extended chunks", "pieces"),
    "names": ("", "lower", "upper"),
    "headers": ("", "proxy", "cookies", "many", "clock", "cache", "limits", "browsers"),
    "before": ("", "", "100", "103"),
    "keeps": (False, True),
    "reason": ("known", "none", "other"),
    # who refuses everybody for a moment, after many bad requests
    "locks": ("", "", "", "page", "403", "408"),
}


@dataclass(frozen=True)
class Guess:
    """A point where the contract has a guess. `breaks`: what other `values` than ours may break, always if `sure`.

    A sentence is spelled `G8:assumed`; what is sure can be seen with all keys, sources and 60 credits.
    """

    values: tuple[Any, ...]
    breaks: str
    sure: bool = True
    plain: Any = ""


_CHECKS = ("key", "request", "identity", "business", "credits")


def _is_an_order(checks: tuple[str, ...]) -> bool:
    """Return True if what an id names is looked up before it is judged, and whose credits count is known."""
    return checks.index("identity") < checks.index("business") and checks.index("key") < checks.index("credits")


_LABELS = "G3:corroborated G4:corroborated U1:corroborated U2:corroborated U3:corroborated U12:corroborated"
_STATUSES = "U1:corroborated U2:corroborated G7:inferred U5:inferred U7:inferred U5:assumed"
_MISHAPS = ("dropped", "500", "503", "cut", "slow", "html 502")

GUESSES: dict[str, Guess] = {
    "poor": Guess(
        ((403, "forbidden"), (429, "quota"), (400, "bad_request"), (402, "payment"), (401, "suspended")), "G6:assumed"
    ),
    "checks": Guess(
        tuple(" ".join(one) for one in permutations(_CHECKS) if _is_an_order(one) and one != _CHECKS),
        "G8:assumed",
        sure=False,
        plain=" ".join(_CHECKS),
    ),
    "poll_credits": Guess((402, 403, 429), "G8:assumed C6:corroborated"),
    "pending_images": Guess(("null", "absent", "early", "all", "blank", "bare"), "C11:assumed", sure=False),
    "pending_clips": Guess(("null", "absent", "early", "all", "blank", "bare"), "U11:assumed", sure=False),
    "first_clips": Guess(("two", "none", "null", "absent", "unready"), "U11:corroborated U11:assumed", sure=False),
    "failed_results": Guess(("null", "absent", "early"), "C11:assumed U11:assumed", sure=False),
    "hidden": Guess(
        ((404, 0.2), (410, 0.2), (404, 1.5), (409, 0.2), (403, 0.2), (425, 0.2), (400, 0.2)),
        "G13:assumed",
        sure=False,
        plain=(404, 0.0),
    ),
    "foreign": Guess((403, 200, 401, 400, 410), "G9:assumed", sure=False, plain=404),
    "invalid": Guess((422, 409, 412), _STATUSES, plain=400),
    "envelope": Guess(
        (
            "flat",
            "detail",
            "text",
            "empty",
            "html",
            "no type",
            "code text",
            "no message",
            "list",
            "front",
            "own code",
            "label as code",
            "msg",
            "errors",
            "problem",
            "null type",
            "empty message",
            "details",
            "xml",
        ),
        f"G5:corroborated G12:assumed {_LABELS}",
    ),
    "upload_label": Guess(("invalid_request", "error"), _LABELS),
    "upload_key": Guess((403, 400), "G3:corroborated G2:inferred"),
    "paths": Guess((400, 401, 403, 410, "site", "html", "redirect"), "G12:assumed C14:assumed", plain=404),
    "methods": Guess((404, 400, 401, 403, 501, "no allow", "html", "any"), "G12:assumed G15:assumed", plain=405),
    "header": Guess(("none", "text/plain", "text/html", "text/json"), "G1:inferred G12:assumed"),
    "elsewhere": Guess(("query", "x-api-key", "Token", "Basic", "bare", "any"), "G2:inferred", sure=False),
    "malformed": Guess((415, 422, 500), "G7:inferred G15:assumed", plain=0),
    "trailing": Guess((True,), "G7:inferred G8:assumed", plain=False),
    "coerces": Guess((True,), "G7:inferred", plain=False),
    "kinds": Guess((True,), "C12:inferred U12:inferred", plain=False, sure=False),
    "cover_states": Guess(
        (("QUEUED", "RUNNING"), ("PENDING", "GENERATING"), ("pending", "ready_soon")), "C10:inferred", sure=False
    ),
    "music_states": Guess(
        (
            ("queued", "lyrics", "streaming"),
            ("pending", "text", "partial"),
            ("PENDING", "TEXT_SUCCESS", "FIRST_SUCCESS"),
            ("submitted", "in_progress", "in_progress"),
        ),
        "U10:corroborated",
        sure=False,
    ),
    "failures": Guess(
        (("FAILURE", "error"), ("ERROR", "FAILED"), ("CREATE_TASK_FAILED", "SENSITIVE_WORD_ERROR")),
        "C10:inferred U10:corroborated",
        sure=False,
    ),
    "webhooks": Guess(
        (
            "stages",
            "form",
            "other body",
            "twice",
            "key",
            "get",
            "often",
            "once",
            "early",
            "null clips",
            "success only",
            "ahead",
            "put",
            "bare",
            "ping",
            "list",
            "empty",
        ),
        "U7:assumed",
        sure=False,
    ),
    "empty_prompt": Guess(("taken",), "U5:assumed", sure=False, plain=400),
    "unsteered": Guess((400,), "U6:assumed", plain="ignored"),
    "short_texts": Guess((True,), "U6:assumed", plain=False),
    "ends_out": Guess((True,), "U2:inferred", plain=False),
    "any_callback": Guess((True,), "U7:inferred", plain=False),
    "one_spelling": Guess((True,), "C1:corroborated", plain=False),
    "unfinished": Guess((409, 404, 422), "C3:inferred", sure=False, plain=400),
    "length": Guess((422, 404, 413), "U2:corroborated", plain=400),
    "no_audio": Guess((400, 422, 410), "U3:corroborated", plain=404),
    "no_upload": Guess((400, 410, 403), "U12:corroborated U12:inferred", plain=404),
    "mishaps": Guess(_MISHAPS, "G15:assumed", sure=False),
    "moving": Guess(("created_at", "images", "signed"), "C13:assumed", sure=False),
    "endless": Guess(("cover", "music"), "G13:assumed", sure=False),
    "expires": Guess(((404, 2.5), (410, 2.5), (403, 2.5)), "G13:assumed U14:inferred", sure=False, plain=(404, 0.0)),
    "replica": Guess((0.1, 0.3), "G13:inferred G13:assumed U14:inferred U7:assumed", sure=False, plain=0.0),
    "refunds": Guess((False,), "G11:inferred", sure=False, plain=True),
    "backward": Guess((True, "end"), "G13:inferred", sure=False, plain=False),
    "echo": Guess(("other", "capitals"), "G14:inferred", sure=False),
    "same_ids": Guess(
        ("of the music", "one"), "G14:inferred G13:inferred G13:assumed C12:inferred C13:assumed", sure=False
    ),
    "no_source": Guess((404, 400), "U14:inferred", sure=False),
    "polls_cost": Guess((1,), "C6:corroborated G8:assumed", sure=False, plain=0),
    "dedup": Guess((0.5, 1e6), "G14:inferred", sure=False, plain=0.0),
    "cache": Guess((0.1, 0.3), "G13:inferred G13:assumed U14:inferred U7:assumed", sure=False, plain=0.0),
    "clip_ids": Guess(("same",), "U11:assumed", sure=False),
}


def plain() -> dict[str, Any]:
    """Return the points of a gateway that does everything as the contract guesses."""
    return {name: values[0] for name, values in OPEN.items()} | {name: one.plain for name, one in GUESSES.items()}


def open_points(seed: int) -> dict[str, Any]:
    """Return points of which the open ones are drawn."""
    pick = Random(f"open {seed}").choice  # noqa: S311 - no secret
    return plain() | {name: pick(values) for name, values in OPEN.items()}


def refuting(seed: int, share: float = 0.2) -> dict[str, Any]:
    """Return points of which the open ones are drawn, and some guesses refuted, one at least."""
    chance = Random(f"guesses {seed}")  # noqa: S311 - no secret
    refuted = [name for name in GUESSES if chance.random() < share] or [chance.choice([*GUESSES])]
    points = open_points(seed) | {name: chance.choice(GUESSES[name].values) for name in refuted}
    # Without an account that has none, nobody could tell that such a refusal means credits.
    return points | ({"credits": 1000} if points["poor"] else {})


def refuted(points: dict[str, Any]) -> list[str]:
    """Return the names of the guesses that the points refute."""
    return [name for name, one in GUESSES.items() if points[name] != one.plain]


def may_break(points: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the sentences that may be blamed: those that the refuted guesses stand on."""
    words = (word for name in refuted(points) for word in GUESSES[name].breaks.split())
    return {(clause, level) for clause, _, level in (word.partition(":") for word in words)}
