"""Habits of clients, good and bad, as generators in virtual time: each yields requests and pauses, returns its code."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from itertools import chain, repeat
from random import Random
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from support.virtual import Ask, Reply, Steps

Values = Mapping[str, str]
Client = Callable[[Values], Steps]
ROOTS = {"cover": "/api/v1/audio/music/cover", "upload": "/api/v1/audio/music/upload-cover"}
GOOD, FAILED = {"SUCCESS", "complete"}, {"FAILED", "failed"}
PATIENCE = 40  # polls


def key(v: Values, word: str = "Bearer") -> dict[str, str]:
    return {"authorization": f"{word} {v['api_key']}"}


def body_of(v: Values, kind: str, **more: Any) -> dict[str, Any]:
    return {**({"taskId": v["music_task"]} if kind == "cover" else {"audio_id": v["audio"]}), **more}


def start(
    v: Values, kind: str = "cover", headers: Mapping[str, str] = {}, body: Any = None, tries: int = 1
) -> Generator[Any, Any, str]:
    """Return the id of a new task, or an empty text; only a refusal with Retry-After is repeated."""
    given = {"content-type": "application/json", **key(v), **headers}
    for _ in range(tries):
        try:
            got: Reply = yield Ask("POST", f"{ROOTS[kind]}/generate", given, body or body_of(v, kind))
        except ConnectionError:
            return ""
        if got.status == 200:
            data = got.value["data"]
            return str(data.get("taskId") or data.get("task_id"))
        if "retry-after" not in got.headers:
            return ""
        yield float(got.headers["retry-after"])
    return ""


def look(
    v: Values, task: str, kind: str = "cover", headers: Mapping[str, str] = {}, query: str = ""
) -> Generator[Any, Any, tuple[str, Any]]:
    """Return the state of a task and its data; `later` after a pause that was asked for, `no` if it can't be had."""
    try:
        path = f"{ROOTS[kind]}/status?{query or urlencode({'task_id': task}, quote_via=quote)}"
        got: Reply = yield Ask("GET", path, {**key(v), **headers})
    except ConnectionError:
        return "later", None
    if got.status == 200:
        data = got.value["data"]
        return data["status"], data
    if "retry-after" in got.headers:
        yield float(got.headers["retry-after"])
    return ("later" if got.status >= 500 or got.status == 429 else "no"), None


def watch(v: Values, task: str, pauses: Iterable[float], kind: str = "cover", **how: Any) -> Generator[Any, Any, int]:
    """Poll until the task has ended, or the pauses have; return the exit code."""
    for pause in pauses:
        state, _ = yield from look(v, task, kind, **how)
        if state in GOOD:
            return 0
        if state in FAILED or state == "no":
            return 1
        yield pause
    return 1


def job(pauses: Callable[[], Iterable[float]], kind: str = "cover", tries: int = 3, **how: Any) -> Client:
    """Return a client that starts a task and watches it; `how` are headers, body and query."""

    def client(v: Values) -> Steps:
        own = {name: value(v) for name, value in how.items()}
        task = yield from start(v, kind, own.get("headers", {}), own.get("body"), tries)
        if not task:
            return 1
        query = {"query": own["query"](task)} if "query" in own else {}
        return (yield from watch(v, task, pauses(), kind, headers=own.get("headers", {}), **query))

    return client


def every(seconds: float) -> Callable[[], Iterable[float]]:
    return lambda: repeat(seconds, PATIENCE)


def growing() -> Iterator[float]:
    return (min(0.05 * 1.5**number, 1.0) for number in range(20))


def jittered() -> Iterator[float]:
    draw = Random(7)  # noqa: S311 - a pause is no secret
    return (draw.uniform(0.05, 0.25) for _ in range(PATIENCE))


def watchers(offsets: Iterable[float], pause: float = 0.1, after: int = 0, polls: int = PATIENCE) -> Client:
    """Return a client in which several watch one task, each for itself, and look `after` the end so often."""

    def one(v: Values, task: str, offset: float) -> Steps:
        yield offset
        code = yield from watch(v, task, repeat(pause, polls))
        for _ in range(after if code == 0 else 0):
            yield pause
            yield from look(v, task)
        return code

    def client(v: Values) -> Steps:
        task = yield from start(v, tries=2)
        codes = yield [one(v, task, offset) for offset in offsets] if task else []
        return max(codes) if codes else 1

    return client


def looks_again(times: int) -> Client:
    """Return a client that reads a finished task some more times."""

    def client(v: Values) -> Steps:
        task = yield from start(v)
        code = (yield from watch(v, task, repeat(0.1, PATIENCE))) if task else 1
        for _ in range(times if task else 0):
            yield 0.1
            yield from look(v, task)
        return code

    return client


def preflights(v: Values) -> Steps:
    for method in ("OPTIONS", "HEAD"):
        for path in ("/", f"{ROOTS['cover']}/generate", f"{ROOTS['cover']}/status?task_id=x"):
            yield Ask(method, path, {"origin": "https://app.example"})
    yield Ask("GET", "/", {})
    return (yield from job(every(0.1))(v))


def restarts(v: Values) -> Steps:
    """Write the id down, die, and go on with it after the restart."""
    task = yield from start(v)
    if not task:
        return 1
    yield from look(v, task)
    yield 1.0
    return (yield from watch(v, task, repeat(0.1, PATIENCE)))


def both(v: Values) -> Steps:
    first = yield from job(every(0.1), "cover")(v)
    return first or (yield from job(every(0.1), "upload")(v))


def both_at_once(v: Values) -> Steps:
    codes = yield [job(every(0.1), kind)(v) for kind in ROOTS]
    return max(codes)


def downloads(headers: Callable[[Values], dict[str, str]], query: str = "", method: str = "GET") -> Client:
    """Return a client that fetches its results, with whatever headers."""

    def client(v: Values) -> Steps:
        task = yield from start(v)
        code = (yield from watch(v, task, repeat(0.1, PATIENCE))) if task else 1
        if code:
            return code
        _, data = yield from look(v, task)
        for url in data["images"] if data else ():
            parts = urlsplit(url)
            yield Ask(method, f"{parts.path}{query.format(key=v['api_key'])}", {"host": parts.netloc, **headers(v)})
        return 0

    return client


def stubborn_reader(times: int) -> Client:
    """Return a client that asks again after a refusal, so often: an id may not be visible yet."""

    def client(v: Values) -> Steps:
        task = yield from start(v)
        refused = 0
        for _ in range(PATIENCE) if task else ():
            state, _ = yield from look(v, task)
            refused += state == "no"
            if state in GOOD:
                return 0
            if state in FAILED or refused > times:
                return 1
            yield 0.1
        return 1

    return client


def goes_on(v: Values) -> Steps:
    """Make music, and then pictures for what it has made."""
    music = yield from start(v, "upload", tries=3)
    code = (yield from watch(v, music, repeat(0.1, PATIENCE), "upload")) if music else 1
    if code:
        return code
    cover = yield from start(v, body={"taskId": music}, tries=3)
    return (yield from watch(v, cover, repeat(0.1, PATIENCE))) if cover else 1


def restarts_twice(v: Values) -> Steps:
    """Die twice between two polls, perhaps after the end, and go on with the id that was saved."""
    task = yield from start(v)
    if not task:
        return 1
    yield from watch(v, task, repeat(0.1, 3))
    yield 2.0
    yield from watch(v, task, repeat(0.1, 2))
    yield 2.0
    return (yield from watch(v, task, repeat(0.1, PATIENCE)))


def looks_before_it_repeats(v: Values) -> Steps:
    """Repeat a start only where nothing can have been started: the connection came to nothing, and a look said so."""
    task = yield from start(v, tries=4)
    return (yield from watch(v, task, growing())) if task else 1


def over_encoded(task: str) -> str:
    return "task_id=" + "".join(f"%{byte:02X}" for byte in task.encode())


def many_headers(_: Values) -> dict[str, str]:
    return {
        "user-agent": "Shop/2.1 (+https://shop.example)",
        "accept": "application/json, text/plain;q=0.5, */*;q=0.1",
        "accept-language": "de,en;q=0.5",
        "cookie": "theme=dark; consent=yes",
        "x-request-id": "5b2c11f0",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "idempotency-key": "8c9d",
        "cache-control": "no-cache",
        "dnt": "1",
    }


FULL = {"custom_mode": True, "prompt": "Grüße 🎵", "style": "jazz", "title": "Ünder"}
WELL: dict[str, Client] = {
    "plain": job(every(0.1)),
    "uploads": job(every(0.1), "upload"),
    "slowly": job(every(2.0)),
    "grows its pause": job(growing),
    "jitters": job(jittered, tries=5),
    "begins fast": job(lambda: chain([0.01] * 3, repeat(0.5, PATIENCE))),
    "waits first, then polls often": job(lambda: chain([1.0], repeat(0.05, 60))),
    "three watchers together": watchers([0, 0, 0]),
    "three watchers one after the other": watchers([0, 0.02, 0.055]),
    "three watchers, each looks again": watchers([0, 0.001, 0.003], after=1),
    "two watchers": watchers([0, 0.03]),
    "a second look": looks_again(1),
    "a third look": looks_again(2),
    "preflights and probes": preflights,
    "null optionals": job(
        every(0.1),
        "upload",
        body=lambda v: body_of(v, "upload", prompt=None, style=None, title=None, custom_mode=None, callback_url=None),
    ),
    "an empty callback_url": job(every(0.1), "upload", body=lambda v: body_of(v, "upload", callback_url="")),
    "lower-case bearer": job(every(0.1), headers=lambda v: key(v, "bearer")),
    "many headers": job(every(0.1), headers=many_headers),
    "a charset, and JSON with spaces": job(
        every(0.1),
        headers=lambda _: {"content-type": "application/json; charset=UTF-8"},
        body=lambda v: f'{{\n  "taskId" : "{v["music_task"]}"\n}}\n'.encode(),
    ),
    "all fields": job(every(0.1), "upload", body=lambda v: body_of(v, "upload", **FULL)),
    "resumes": restarts,
    "one kind after the other": both,
    "both kinds at once": both_at_once,
    "downloads": downloads(lambda _: {}),
    "a range of a download": downloads(lambda _: {"range": "bytes=0-99"}),
    "looks at a download": downloads(lambda _: {}, method="HEAD"),
    "asks twice more after a refusal": stubborn_reader(2),
    "encodes every character": job(every(0.1), query=lambda _: over_encoded),
    "plus for a space": job(every(0.1), query=lambda _: lambda task: urlencode({"task_id": task})),
    "pictures for its own music": goes_on,
    "restarts twice": restarts_twice,
    "waits out a limit with a growing pause": looks_before_it_repeats,
    "asks only for what is new": job(
        every(0.1), headers=lambda _: {"if-none-match": '"0"', "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}
    ),
    "announces its body": job(every(0.1), headers=lambda _: {"expect": "100-continue", "te": "trailers"}),
    "through a proxy": job(
        every(0.1),
        headers=lambda _: {"via": "1.1 proxy", "x-forwarded-for": "10.0.0.1", "forwarded": "for=10.0.0.1;proto=https"},
    ),
    "takes any coding": job(every(0.1), headers=lambda _: {"accept": "*/*", "accept-encoding": "gzip, br;q=0.5"}),
    "the default written out": job(
        every(0.1), "upload", body=lambda v: body_of(v, "upload", custom_mode=False, prompt="", style="", title="")
    ),
    "JSON in escapes": job(
        every(0.1),
        "upload",
        body=lambda v: b'{"\\u0061udio_id":"%b","prompt":"\\ud83c\\udfb5","custom_mode":true}' % v["audio"].encode(),
    ),
    "results in parts, and once more": downloads(lambda _: {"range": "bytes=100-", "if-range": '"x"'}),
    "results with a name of its own": downloads(lambda _: {"user-agent": "curl/8.5.0", "referer": "https://app.example"}),
    "a long deadline": job(lambda: repeat(5.0, 120)),
}  # fmt: skip


# Bad ones.


def starts_again(lost: bool, **more: Any) -> Client:
    """Return a client that starts once more, with another body, after a lost answer or a good one."""

    def client(v: Values) -> Steps:
        task = yield from start(v, "upload", body=body_of(v, "upload", title="One"))
        if not task or not lost:
            yield 0.2
            task = yield from start(v, "upload", {"idempotency-key": "2"}, body_of(v, "upload", **more))
        return (yield from watch(v, task, repeat(0.1, PATIENCE), "upload")) if task else 1

    return client


def runs_twice(v: Values) -> Steps:
    """Start, die, and begin anew after the restart."""
    task = yield from start(v)
    yield from look(v, task)
    yield 0.5
    return (yield from job(every(0.1))(v))


def guesses(change: Callable[[str], str]) -> Client:
    def client(v: Values) -> Steps:
        task = yield from start(v)
        yield 0.1
        return (yield from watch(v, change(task), repeat(0.1, 3)))

    return client


def never_looks(polls: int, pause: float) -> Client:
    """Return a client that polls so often, whatever the answers say, and is content."""

    def client(v: Values) -> Steps:
        task = yield from start(v)
        for _ in range(polls if task else 0):
            yield from look(v, task)
            yield pause
        return 0

    return client


def in_bursts(v: Values) -> Steps:
    task = yield from start(v)
    for _ in range(4):
        yield from watch(v, task, repeat(0.0, 12))
        yield 1.0
    return 0


def waits(unit: float) -> Client:
    """Return a client that takes Retry-After for another unit."""

    def client(v: Values) -> Steps:
        task = yield from start(v)
        for _ in range(PATIENCE if task else 0):
            got: Reply = yield Ask("GET", f"{ROOTS['cover']}/status?task_id={quote(task)}", key(v))
            if got.status == 200 and got.value["data"]["status"] in GOOD:
                return 0
            yield float(got.headers.get("retry-after", 0)) * unit + 0.1
        return 1

    return client


def repeats_start(times: int, statuses: set[int]) -> Client:
    def client(v: Values) -> Steps:
        for _ in range(times):
            got: Reply = yield Ask(
                "POST",
                f"{ROOTS['cover']}/generate",
                {"content-type": "application/json", **key(v)},
                body_of(v, "cover"),
            )
            if got.status not in statuses:
                break
            yield 0.3
        if got.status != 200:
            return 1
        return (yield from watch(v, got.value["data"]["taskId"], repeat(0.1, PATIENCE)))

    return client


def asks(method: str, path: str, then: int = 0, **headers: str) -> Client:
    """Return a client that sends one request more after its job."""

    def client(v: Values) -> Steps:
        yield from job(every(0.1))(v)
        yield Ask(method, path, {**key(v), **headers})
        return then

    return client


def says_success(v: Values) -> Steps:
    yield from job(every(0.1))(v)
    return 0


def ignores(*states: str, kind: str = "cover", takes: Iterable[str] = ()) -> Client:
    """Return a client that overlooks some states, and takes others for success."""

    def client(v: Values) -> Steps:
        task = yield from start(v, kind)
        for _ in range(PATIENCE):
            state, _ = yield from look(v, task, kind)
            if state in {*GOOD, *takes} - {*states}:
                return 0
            if state in FAILED - {*states}:
                return 1
            yield 0.1
        return 1

    return client


def polls_on_404(v: Values) -> Steps:
    """Take a task that is not found for one that has not begun."""
    task = yield from start(v)
    for _ in range(PATIENCE if task else 0):
        got: Reply = yield Ask("GET", f"{ROOTS['cover']}/status?task_id={quote(task)}x", key(v))
        if got.status == 200:
            return 0
        yield 0.2
    return 1


def takes_early_results(v: Values) -> Steps:
    """Take the first clip that is shown for all of it."""
    task = yield from start(v, "upload")
    for _ in range(PATIENCE):
        _, data = yield from look(v, task, "upload")
        if data and data["clips"]:
            return 0
        yield 0.05
    return 1


def starts_from(what: str) -> Client:
    """Return a client that starts from an id of another kind."""

    def client(v: Values) -> Steps:
        task = yield from start(v, body={"taskId": v[what]})
        return (yield from watch(v, task, repeat(0.1, PATIENCE))) if task else 1

    return client


def looks_forever(pause: float) -> Client:
    """Return a client that reads a finished task in a loop, beside other work."""

    def client(v: Values) -> Steps:
        code = yield from job(every(0.1))(v)
        task = yield from start(v, "upload")
        for _ in range(30):
            yield from look(v, task, "upload")
            yield pause
        return code

    return client


def with_key(place: str) -> dict[str, Any]:
    """Return how a job has its key in another place as well."""
    return {
        "cookie": {"headers": lambda v: {"cookie": f"theme=dark; session={v['api_key']}"}},
        "another header": {"headers": lambda v: {"x-secret": v["api_key"]}},
        "the poll": {"query": lambda v: lambda task: urlencode({"task_id": task, "secret": v["api_key"]})},
    }[place]


# name: (client, scenario, the rule that it breaks)
BADLY: dict[str, tuple[Client, str, str]] = {
    "sends its key to the results": (downloads(key), "happy", "key-for-gateway-only"),
    "looks at results with its key": (downloads(key, method="HEAD"), "happy", "key-for-gateway-only"),
    "its key in the URL of a result": (downloads(lambda _: {}, "?token={key}"), "happy", "key-for-gateway-only"),
    "its key in a cookie for results": (
        downloads(lambda v: {"cookie": f"k={v['api_key']}"}), "happy", "key-for-gateway-only"),
    "its key in a cookie": (job(every(0.1), **with_key("cookie")), "happy", "key-nowhere-else"),
    "its key in a header of its own": (job(every(0.1), **with_key("another header")), "happy", "key-nowhere-else"),
    "its key in the URL of a poll": (job(every(0.1), **with_key("the poll")), "happy", "key-nowhere-else"),
    "its key in the body": (
        job(every(0.1), "upload", body=lambda v: body_of(v, "upload", title=v["api_key"])),
        "happy", "key-nowhere-else"),
    "the scheme twice": (job(every(0.1), headers=lambda v: key(v, "Bearer Bearer")), "happy", "own-key"),
    "another scheme": (job(every(0.1), headers=lambda v: key(v, "Token")), "happy", "key-in-header"),
    "another title": (starts_again(lost=False, title="Two"), "happy", "pays-once"),
    "another title after a lost start": (starts_again(lost=True, title="Two"), "start-reset", "pays-once"),
    "without a title after a 500": (starts_again(lost=True), "start-breaks", "pays-once"),
    "starts anew after its restart": (runs_twice, "happy", "pays-once"),
    "repeats a start after 503": (repeats_start(3, {503}), "start-unavailable", "pays-once"),
    "repeats a refused start": (repeats_start(2, {400}), "refused", "no-hopeless-repeat"),
    "guesses the next id": (guesses(lambda task: f"{task}1"), "happy", "given-task"),
    "makes an id up": (guesses(lambda _: "cover123"), "happy", "given-task"),
    "guesses after a lost start": (guesses(lambda _: "cover_1"), "start-reset", "given-task"),
    "never looks, and is late": (never_looks(12, 0.5), "happy", "stops-at-the-end"),
    "never looks, and is early": (never_looks(2, 0.2), "happy", "sees-the-end"),
    "never looks at a failure": (never_looks(5, 0.5), "task-fails", "reports-failure"),
    "never looks at a refusal": (never_looks(8, 0.3), "key-revoked", "no-hopeless-repeat"),
    "ten watchers": (watchers([0.003 * number for number in range(10)]), "happy", "no-busy-loop"),
    "polls in bursts": (in_bursts, "never-ends", "no-busy-loop"),
    "too fast all the time": (job(lambda: repeat(0.02, 100)), "happy", "polite-pace"),
    "four looks more": (looks_again(4), "happy", "stops-at-the-end"),
    "three watchers who never stop": (watchers([0, 0.001, 0.003], after=6), "happy", "stops-at-the-end"),
    "takes seconds for milliseconds": (waits(0.001), "poll-limited", "respects-retry-after"),
    "asks on after a refusal": (stubborn_reader(5), "key-revoked", "no-hopeless-repeat"),
    "deletes its task": (
        asks("DELETE", f"{ROOTS['cover']}/status?task_id=x"), "happy", "right-method"),
    "asks for its credits": (asks("GET", "/api/v1/get-credits"), "happy", "known-path"),
    "success after no credits": (says_success, "no-credits", "reports-failure"),
    "overlooks a failure": (ignores(*FAILED), "task-fails", "stops-at-the-end"),
    "takes a beginning for the end": (ignores(kind="upload", takes={"first"}), "every-state", "sees-the-end"),
    "a task that is not found is pending": (polls_on_404, "happy", "given-task"),
    "polls a wrong id on and on": (polls_on_404, "happy", "no-hopeless-repeat"),
    "takes early results for all": (takes_early_results, "every-state", "sees-the-end"),
    "starts pictures from audio": (starts_from("audio"), "happy", "given-source"),
    "reads a finished task in a loop": (looks_forever(0.5), "happy", "stops-at-the-end"),
    "no pause at all": (job(lambda: repeat(0.0, 400)), "never-ends", "no-busy-loop"),
    "repeats a start after 500": (repeats_start(2, {500}), "start-breaks", "pays-once"),
    "repeats a start for want of credits": (repeats_start(3, {402}), "no-credits", "no-hopeless-repeat"),
    "a wrong key again and again": (repeats_start(3, {401}), "unauthorized", "no-hopeless-repeat"),
    "never gives up": (job(lambda: repeat(0.1, 10_000)), "never-ends", "gives-up"),
    "no prompt in custom mode": (
        job(every(0.1), "upload", body=lambda v: body_of(v, "upload", custom_mode=True)), "happy", "valid-request"),
    "a path for a callback_url": (
        job(every(0.1), "upload", body=lambda v: body_of(v, "upload", callback_url="/hook")), "happy", "valid-request"),
}  # fmt: skip
