"""What `covermock serve --store redis://…` starts with, and what it refuses in one line with the remedy."""

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis as client
from support.engines import Engine, engine
from support.fakes import COVER, KEY, Fake, edited, world_file
from support.servers import Process, in_thread, run, serving

OPEN = httpx.Client(trust_env=False, timeout=30, limits=httpx.Limits(max_keepalive_connections=0))
LINE = "from: docs\naccounts: {{main: {{key: aio_mine, credits: {credits}}}}}\n"


def refused(*arguments: str, **env: str) -> str:
    """Return the one line with which a command refuses to start."""
    done = run("serve", "--port", "0", *arguments, **env)

    assert (2, "") == (done.returncode, done.stdout)
    assert 1 == len(done.stderr.splitlines()), done.stderr
    return done.stderr


def credits_of(process: Process, world: str) -> int:
    """Return what was granted to the account `main` of a world."""
    return int(OPEN.get(f"{process.url}/__mock/worlds/{world}/ledger").json()["accounts"]["main"]["granted"])


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A world file."""
    return world_file(tmp_path, LINE.format(credits=3), "mine.yaml")


def test_another_file_for_a_world_that_lives_is_refused(redis: Engine, mine: Path) -> None:
    """A second server with another file, contract or setting says who has the world; the first stays."""
    redis.empty()
    with serving("--store", redis.url, "--world", str(mine)) as process:
        mine.write_text(LINE.format(credits=7))
        contract = edited(mine.parent, ("min: 5, max: 12", "min: 6, max: 12"))
        lines = [
            refused("--store", redis.url, "--world", str(mine)),
            refused("--store", redis.url, "--world", str(mine), "--spec", str(contract)),
            refused("--store", redis.url, "--world", str(mine), "--seed", "7"),
        ]
        granted = credits_of(process, "mine")

    assert 3 == granted
    for line in lines:
        assert f"(process {process.popen.pid})" in line
        assert "end that server first, name another world in the file, or take another database number" in line


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_starting_again_after_an_edit_works(redis: Engine, mine: Path, end: int) -> None:
    """Once its server has ended, however that came, a world is made anew from its edited file, and that is said."""
    redis.empty()
    with serving("--store", redis.url, "--world", str(mine)) as process:
        process.stop(end)
    mine.write_text(LINE.format(credits=7))
    with serving("--store", redis.url, "--world", str(mine)) as process:
        granted = credits_of(process, "mine")

    assert 7 == granted
    assert "world 'mine' is made anew" in process.said


def test_the_same_command_goes_on_with_the_world(redis: Engine, mine: Path) -> None:
    """The same file on another host, or after a restart, or after a reset, finds the tasks that are there."""
    redis.empty()
    headers = {"Authorization": "Bearer aio_mine"}
    music = {"taskId": "gen123213213213123bksv"}
    with serving("--store", redis.url, "--world", str(mine)) as one:
        OPEN.post(f"{one.url}/__mock/worlds/mine/reset")
        with serving("--store", redis.url, "--world", str(mine)) as other:
            assert 200 == OPEN.post(one.url + COVER, json=music, headers=headers).status_code
            assert 400 == OPEN.post(other.url + COVER, json=music, headers=headers).status_code
    with serving("--store", redis.url, "--world", str(mine)) as again:
        assert 400 == OPEN.post(again.url + COVER, json=music, headers=headers).status_code


def test_keys_of_another_world_are_refused(redis: Engine, tmp_path: Path) -> None:
    """A file whose keys another world has: the key, whose it is, and the remedy."""
    redis.empty()
    Fake(store=redis.store())
    other = world_file(tmp_path, "from: docs\n", "other.yaml")
    line = refused("--store", redis.url, "--world", str(other))

    assert f"'{KEY}', a key of world 'docs' in this Redis; change it in the file" in line


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"maxmemory": "100mb", "maxmemory-policy": "allkeys-lru"}, "received maxmemory-policy allkeys-lru; set it to"),
        ({"maxmemory": "1"}, "received a Redis that is full (maxmemory); raise its maxmemory, or delete worlds"),
        ({"replicaof": "127.0.0.1 1"}, "received a Redis that takes no writes (a replica); name the primary"),
        ({"requirepass": "secret"}, "a Redis that refuses the password; put the right one into COVERMOCK_STORE"),
    ],
)
def test_a_redis_that_can_not_serve_is_refused(settings: dict[str, str], said: str) -> None:
    """A cache that forgets, a full one, a replica, one with a password: what is wrong, and what to do about it."""
    with engine() as redis, client.Redis.from_url(redis.url) as admin:
        for name, value in settings.items():
            if name == "replicaof":
                admin.execute_command("REPLICAOF", *value.split())
            else:
                admin.config_set(name, value)

        assert said in refused("--store", redis.url)


def test_a_cache_that_may_not_forget_our_keys_will_do(redis: Engine) -> None:
    """A policy that only drops keys with an expiry, or none without a limit, loses nothing of ours."""
    redis.empty()
    with client.Redis.from_url(redis.url) as admin:
        admin.config_set("maxmemory-policy", "allkeys-lru")
        with serving("--store", redis.url):
            pass
        admin.config_set("maxmemory-policy", "noeviction")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"covermock:worlds": "a text"}, "a database in which another program has keys covermock:…; take another"),
        ({"covermock:epoch": "1 abc"}, "received another version's keys (covermock:…); empty it, or take another"),
        ({"covermock:seq": "7"}, "received another version's keys (covermock:…); empty it, or take another"),
    ],
)
def test_a_database_of_others_is_refused(redis: Engine, fields: dict[str, str], said: str) -> None:
    """Keys with our prefix of another type, or of another version of covermock, stay as they are."""
    redis.empty()
    with client.Redis.from_url(redis.url) as admin:
        admin.mset(fields)
        if "covermock:epoch" in fields:
            for table in ("worlds", "keys", "versions"):
                admin.hset(f"covermock:{table}", "", "")

        assert said in refused("--store", redis.url)
        assert fields == {name: admin.get(name).decode() for name in fields}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis://127.0.0.1:99999", "expected memory, redis://HOST:PORT/NUMBER, or unix:///PATH?db=NUMBER, received"),
        ("redis://[::1", "received 'redis://[::1'"),
        ("redis://127.0.0.1:1/abc", "received 'redis://127.0.0.1:1/abc'"),
        ("redis://me:secret@127.0.0.1:1/abc", "received 'redis://127.0.0.1:1/abc'"),
        ("http://me:secret@host", "received 'http://host'"),
        ("unix://", "received 'unix://'"),
        ("redis://127.0.0.1:1?db=x&password=secret", "redis://127.0.0.1:1 with a setting that isn't understood"),
        ("redis://127.0.0.1:1?nonsense=1", "unexpected keyword argument 'nonsense'); leave it out"),
        ("redis://127.0.0.1:1?password=secret", "a Redis or Valkey at redis://127.0.0.1:1, received none (Connection"),
        ("unix:///nowhere/x.sock?db=3", "a Redis or Valkey at unix:///nowhere/x.sock, received none (Connection"),
    ],
)
def test_an_odd_url_is_refused_and_no_password_is_shown(url: str, said: str) -> None:
    """Whatever is wrong with the URL of a store: a line, no traceback, and no secret in it."""
    line = refused(COVERMOCK_STORE=url)

    assert said in line
    assert "secret" not in line


def test_a_database_number_that_is_none_is_refused(redis: Engine) -> None:
    """A Redis has so many databases, and no others."""
    line = refused("--store", f"{redis.url}?db=99")

    assert "received a Redis without a database of that number; take one that it has" in line


@contextlib.contextmanager
def mute() -> Iterator[int]:
    """Yield a port on which somebody listens who never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextlib.contextmanager
def http() -> Iterator[int]:
    """Yield a port on which an HTTP server listens."""
    with in_thread(Fake().mock) as url:
        yield int(url.rpartition(":")[2])


@pytest.mark.parametrize("other", [mute, http])
def test_what_is_no_redis_is_refused(other: Any) -> None:
    """A server that says nothing, or speaks another protocol, is no store."""
    with other() as port:
        line = refused("--store", f"redis://127.0.0.1:{port}")

    assert f"expected a Redis or Valkey at redis://127.0.0.1:{port}, received " in line


def test_a_frozen_redis_is_refused() -> None:
    """A Redis that accepts connections and never answers can't be started with."""
    with engine() as redis, redis.frozen():
        line = refused("--store", redis.url)

    assert "received none (TimeoutError" in line


def test_worlds_of_another_contract_are_left_alone(redis: Engine, tmp_path: Path) -> None:
    """Two servers with contracts that name other states share a Redis: neither serves the other's worlds, nor fails."""
    redis.empty()
    contract = edited(tmp_path, ("PENDING", "QUEUED"))
    other = world_file(tmp_path, "accounts: {main: {key: aio_other}}\n", "other.yaml")
    ours, theirs = Fake(store=redis.store()), Fake("aio_other", redis.store(), world=str(other), spec=contract)
    task = ours.cover()
    theirs.control("POST", "worlds/other/music-tasks", {"id": "gen"})
    answer = theirs.get(f"/api/v1/audio/music/cover/status?task_id={task}", key=KEY)

    assert (503, "service_unavailable") == answer.error
    assert "world 'docs', which was made under a contract with other lifecycles or operations" in answer.message
    assert 503 == theirs.control("GET", "worlds/docs").status
    assert ["other"] == [world["name"] for world in theirs.control("GET", "worlds").json["worlds"]]
    assert ["docs"] == [world["name"] for world in ours.control("GET", "worlds").json["worlds"]]
    assert ("PENDING", "QUEUED") == (ours.status(task), theirs.status(theirs.cover("gen")))


def test_a_record_that_nobody_can_read_is_no_crash(redis: Engine) -> None:
    """What another version, or a hand, has written into a world gives a 503 that names the world."""
    redis.empty()
    fake = Fake(store=redis.store())
    with client.Redis.from_url(redis.url) as admin:
        [records] = admin.keys("covermock:*:records")
        admin.hset(records, "head", b'1 1 {"of": "tomorrow"}')
    answer = Fake(store=redis.store()).get("/api/v1/audio/music/cover/status?task_id=x")

    assert (503, "service_unavailable") == answer.error
    assert "records of world 'docs' that this version can't read" in answer.message
    assert fake.control("GET", "livez").status == 200


def test_the_process_id_that_is_named_is_the_servers(redis: Engine) -> None:
    """Whoever looks at the clients of a Redis sees which of them are covermock's, and for which world."""
    redis.empty()
    Fake(store=redis.store()).cover()
    with client.Redis.from_url(redis.url) as admin:
        names = [row["name"] for row in admin.client_list()]

    assert any(name.startswith("covermock:") and name.endswith(f":{os.getpid()}") for name in names)
