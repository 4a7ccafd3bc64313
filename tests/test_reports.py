"""What both judges found, in every form: the verdict first, both sides, what was not tried, and nothing of a key."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from covermock.contract_tests.reports import FORMS, Item, Look, Report, as_short_text, as_text
from covermock.contract_tests.reports.report import Gap, Headline, Row, Table
from covermock.contract_tests.reports.shell import in_lines
from covermock.contract_tests.reports.timeline import MOST_MARKS, Mark, lane
from covermock.contract_tests.reports.wrapping import columns, wrap
from covermock.contract_tests.vocabulary import BROKEN, HELD, UNTRIED
from covermock.openapi import Lifecycle, Stage
from covermock.openapi.violations import Validator
from reports import as_svg, outputs, with_outputs
from reports import plain as without_colours
from support.reference_gateway import Served
from support.servers import COVERMOCK, PATIENCE, environment, run

from .test_check import ENVIRONMENT, FAST, FLAGS, KEYS

ROOT = Path(__file__).parents[1]
ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
EVIL = "<script>alert(1)</script>\u202e\x1b[2J|`]]>&\"'"
ITEM = Item(
    "C7", f"two images {EVIL}", "error", f"2 {EVIL}", f"1 {EVIL}", "C7", "documented", "no. 4", "curl -sS x"
)  # fmt: skip
CYCLE = Lifecycle("cover", (Stage("PENDING", 1, 0),), Stage("SUCCESS", 0, 2), Stage("FAILED", 0, 0))


def report(**over: Any) -> Report:
    """Return a report with one finding, one gap, one lane and a table, all with hostile texts."""
    rows = (
        Row("C7", BROKEN, ("documented",), EVIL, (ITEM,), "contract.documented"),
        Row("C1", HELD, ("documented",), EVIL, group="contract.documented"),
        Row("G9", UNTRIED, ("assumed",), EVIL, group="contract.assumed"),
    )
    settings: dict[str, Any] = {
        "tool": "covermock check",
        "headline": Headline(
            BROKEN, f"the contract is broken: C7 {EVIL}", EVIL, counts={HELD: 1, BROKEN: 1, UNTRIED: 1}
        ),
        "about": (("gateway", EVIL), ("charged", "at most 1 credits")),
        "unit": "clause",
        "columns": ("clause", "verdict", "level", "what it says"),
        "rows": rows,
        "items": (ITEM,),
        "rules": (),
        "data": {"exit_code": 1},
        "gaps": (Gap(f"a second account {EVIL}", (("G9", "assumed", EVIL),)),),
        "lanes": (lane(EVIL, CYCLE, marks(5)),),
        "tables": (Table("what came up", EVIL, ("operation", "came up"), ((EVIL, EVIL),)),),
        "warnings": (EVIL,),
    }
    return Report(**{**settings, **over})


def marks(polls: int) -> Iterator[Mark]:
    """Yield the marks of a task that succeeds at its last poll."""
    yield Mark(0.0, "start", "", "no. 1")
    for number in range(polls):
        yield Mark(number + 1.0, "poll", "SUCCESS" if number == polls - 1 else "PENDING", f"no. {number}")
    yield Mark(polls + 0.5, "webhook", "", EVIL, good=False)


def test_the_verdict_is_the_first_thing_in_every_form_for_people() -> None:
    """Then what is broken, what was not tried, the rest, and the run."""
    text, page = as_text(report(), Look(80)), FORMS[".html"](report())
    order = ["the contract is broken: C7", "BROKEN: 1", "NOT TRIED", "HELD: 1 CLAUSE", "THE RUN"]

    assert text.startswith(order[0])
    assert sorted(map(text.index, order)) == [text.index(words) for words in order]
    headings = re.findall(r"<h[12][^>]*>([^<]+)|<summary>(Every clause)", page)
    assert ["the contract", "Broken", "Not tried", "What becam", "Every clau", "What came ", "The run"] == [
        "".join(pair)[:10].replace("the contra", "the contract").replace("Not tried,", "Not tried") for pair in headings
    ]


def test_a_short_line_says_where_it_was() -> None:
    """A client may have run in many scenarios; a sentence in the line ends with one mark."""
    item = ITEM.__class__("polite-pace", "A client polls slowly.", "error", "a pause", "none", where="happy: #2 GET /x")

    [_, line] = as_short_text(report(items=(item,)), Look(80)).splitlines()

    assert "polite-pace: A client polls slowly: expected a pause, received none (in happy: #2 GET /x)" == line


def test_a_command_that_nobody_reads_is_cut() -> None:
    """In text, with the place that has the whole; elsewhere it stays whole."""
    long = ITEM.__class__("C7", "a", "error", "b", "c", curl="curl " + "x" * 9000, level="documented")

    assert "characters more: the HTML and JSON reports have them)" in " ".join(as_text(report(items=(long,))).split())
    assert len(as_text(report(items=(long,)))) < 6000
    assert "x" * 9000 in FORMS[".html"](report(items=(long,)))


@pytest.mark.parametrize("width", [40, 80, 110, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Wide characters count twice; what has no blank is cut; commands go on after a backslash."""
    wide = ITEM.__class__("C7", "音楽" * 60, "error", "長い" * 70, "x" * 500, level="documented")
    text = as_text(report(items=(wide,)), Look(width))

    assert max(map(columns, text.splitlines())) <= width


def test_only_a_look_with_colours_has_escape_sequences() -> None:
    """With them the text says the same; those of a stranger are spelled out in both."""
    plain, coloured = as_text(report(), Look(80)), as_text(report(), Look(80, colours=True))

    assert "\x1b" not in plain
    assert plain == ESCAPE.sub("", coloured)
    assert "\x1b[2J" not in coloured
    assert "\u202e" not in coloured


@pytest.mark.parametrize("suffix", FORMS)
def test_no_form_is_spoilt_by_what_a_stranger_says(suffix: str) -> None:
    """Each can be read by what reads such files, and a script in a text is text."""
    text = FORMS[suffix](report())

    if suffix in {".json", ".sarif"}:
        assert EVIL in json.dumps(json.loads(text), ensure_ascii=False).replace("\\u001b", "\x1b").replace('\\"', '"')
    elif suffix == ".xml":
        assert ["C7 " + EVIL.replace("\x1b", "\ufffd")] == [
            case.get("name") for case in ET.fromstring(text).iter("testcase") if case.find("failure") is not None  # noqa: S314 - our own
        ]  # fmt: skip
    elif suffix == ".md":
        assert "<script>" not in re.sub(r"(`+) .*? \1(?!`)", "", text)
    elif suffix == ".txt":
        assert "\x1b" not in text
    else:
        assert "<script>alert" not in text


def test_both_sides_stand_beside_each_other_where_there_is_room() -> None:
    """On a wide terminal in one line, on a narrow one below each other."""
    item = Item("C7", "two images", "error", "two of them", "one of them", level="documented")
    wide = [line.split() for line in as_text(report(items=(item,)), Look(120)).splitlines()]

    assert ["two", "of", "them", "one", "of", "them"] in wide
    assert "expected:    two of them\n  received:    one of them\n" in as_text(report(items=(item,)), Look(80))


@pytest.mark.parametrize("width", [20, 60, 200])
def test_a_command_in_lines_is_the_command(width: int) -> None:
    """A shell reads the same words, whatever stands in them; a remark at the end stays one."""
    command = (
        r"""curl -sS -i -X POST 'http://h/p?a=1 b' -H 'A: Bearer '"$KEY" --data-binary '{"x": "it'\''s  -H \"y\""}'"""
    )
    told = [
        subprocess.run(["bash", "-c", f"printf '%s\\n' {text}"], capture_output=True, text=True, check=True).stdout
        for text in (command, "\n".join(in_lines(command, width)))
    ]

    assert told[0] == told[1]
    assert in_lines("curl x 'abc'  # 9000 bytes in all, cut here", 12)[-1].endswith(
        "'abc'  # 9000 bytes in all, cut here"
    )


def test_wrapping_loses_no_character() -> None:
    """All but the blanks between words is there."""
    text = "one two  three\n" + "x" * 100 + " 音楽" * 30

    assert re.sub(r"\s", "", text) == re.sub(r"\s", "", "".join(wrap(text, 17)))


def test_a_lane_of_very_many_polls_keeps_what_is_new_and_counts_the_rest() -> None:
    """A million polls are no megabytes of picture; each state, the start and the webhook are in it."""
    found = lane("t", CYCLE, marks(100_000))

    assert len(found.marks) <= MOST_MARKS
    assert ["PENDING", "SUCCESS"] == [state for state, _, _ in found.spans]
    assert (1.0, 100_002 - len(found.marks)) == (found.pause, found.left_out)
    assert {"start", "poll", "webhook"} == {mark.kind for mark in found.marks}
    assert len(FORMS[".html"](report(lanes=(found,) * 500))) < 3_000_000


@pytest.mark.parametrize("marks", [(), (Mark(1.0, "start", "", "no. 1"),)])
def test_a_task_that_was_never_polled_has_a_lane(marks: tuple[Mark, ...]) -> None:
    """Nothing was seen of it, and nothing fails."""
    found = lane("t", CYCLE, marks)

    assert ([], None) == (found.spans, found.pause)
    assert "no state was seen" in FORMS[".html"](report(lanes=(found,)))


@pytest.mark.parametrize("name", ["gateway", "admin", "dialect"])
def test_no_message_shows_a_regular_expression(name: str) -> None:
    """Whatever has a pattern says in its title what it is; without one an example is shown."""
    untitled: list[Any] = []

    def look(node: Any) -> None:
        if isinstance(node, Mapping):
            if isinstance(node.get("pattern"), str) and "title" not in node:
                untitled.append(node)
            for inner in node.values():
                look(inner)
        elif isinstance(node, list):
            for inner in node:
                look(inner)

    look(yaml.safe_load((ROOT / "openapi" / f"{name}.yaml").read_text(encoding="utf-8")))

    assert [] == untitled


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"title": "a colour"}, "a colour"),
        ({"examples": ["#fff"]}, "text such as '#fff'"),
        ({}, "text of the form that the contract's pattern gives"),
    ],
)
def test_a_pattern_is_told_in_words(schema: dict[str, Any], words: str) -> None:
    """By its title, else by an example."""
    [violation] = Validator({"type": "string", "pattern": "^#[0-9a-f]{3}$", **schema}).violations("red", "body.colour")

    assert f"body.colour: expected {words}, received 'red'" == str(violation)


def on_terminal(*arguments: str, columns: int = 80, **variables: str) -> str:
    """Run the command on a terminal of its own; return what it showed, errors included."""
    ours, theirs = pty.openpty()
    size = {"COLUMNS": str(columns), "LINES": "24"}
    env = {**environment(**ENVIRONMENT), **size, **variables}
    env = {name: value for name, value in env.items() if value or name not in {"CI", "NO_COLOR"}}
    with subprocess.Popen([*COVERMOCK, *arguments], stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=env):
        os.close(theirs)
        return b"".join(_read(ours)).decode().replace("\r\n", "\n")


def _read(terminal: int) -> Iterator[bytes]:
    end = time.monotonic() + 20 * PATIENCE
    while time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            try:
                yield os.read(terminal, 65536)
            except OSError:  # the other side is closed
                break
    os.close(terminal)


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm", "CI": "true"}, False),
    ],
)
def test_a_terminal_gets_its_width_and_colours_where_it_has_them(variables: dict[str, str], coloured: bool) -> None:
    """NO_COLOR, TERM=dumb and CI mean none."""
    with Served(FAST, "unknown-cover-ok") as served:
        flags = ("--max-credits", "0", "--max-requests", "40")
        shown = on_terminal("check", served.url, *flags, **{"CI": "", "NO_COLOR": "", **variables})

    assert coloured == bool(ESCAPE.search(shown))
    lines = ESCAPE.sub("", shown).splitlines()
    assert lines[0].startswith("the contract is broken: C12")
    assert 80 >= max(len(line) for line in lines if "curl" not in line and "'" not in line)
    assert any(len(line) > 60 for line in lines)


def checked(*flags: str, fault: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a check of a reference gateway that costs nothing."""
    with Served(FAST, fault) as served:
        return run(
            "check", served.url, "--max-credits", "0", "--max-requests", "60", *flags, **ENVIRONMENT, **variables
        )


def test_quiet_is_the_verdict_and_what_fails() -> None:
    """The headline, and a line for each finding; the exit code is as ever."""
    done = checked("--quiet", fault="unknown-cover-ok")

    assert 1 == done.returncode
    assert done.stdout.splitlines()[0].startswith("the contract is broken: C12")
    assert all(line.startswith("C12: ") for line in done.stdout.splitlines()[1:])


def test_json_is_the_whole_report_on_standard_output() -> None:
    """Nothing else is there, in GitHub Actions too; the twin of the flag does the same."""
    done = checked("--json", fault="unknown-cover-ok", GITHUB_ACTIONS="true")
    data = json.loads(done.stdout)

    assert (1, 1) == (done.returncode, data["exit_code"])
    assert data["headline"].startswith("the contract is broken: C12")
    assert "::error" in done.stderr
    assert json.loads(checked(COVERMOCK_JSON="1").stdout)["not_tried"]


def test_holds_never_stands_alone_where_much_was_not_tried() -> None:
    """The verdict says how much was tried, and each gap what it would take."""
    done = checked()

    assert 0 == done.returncode
    assert re.match(r"little was tried, and nothing of it is broken: \d+ of \d+ sentences\n", done.stdout)
    assert "NOT TRIED, AND WHAT IT WOULD TAKE" in done.stdout


def test_a_report_says_what_the_run_was(tmp_path: Path) -> None:
    """Who, when, by what, with which budget, what was charged; each task with its polls; no key anywhere."""
    paths = {suffix: tmp_path / f"report{suffix}" for suffix in FORMS}
    with Served(FAST, "one-image") as served:
        reports = [part for path in paths.values() for part in ("--report", str(path))]
        done = run("check", served.url, *FLAGS, *reports, **ENVIRONMENT)
    data = json.loads(paths[".json"].read_text(encoding="utf-8"))
    page = paths[".html"].read_text(encoding="utf-8")

    assert {
        "gateway",
        "contract",
        "began",
        "judged by",
        "keys",
        "charged",
        "requests",
        "patience",
        "ten credits more",
    } == set(data["about"])
    assert served.url == data["about"]["gateway"]
    assert {"start", "poll", "webhook"} == {mark["kind"] for lane in data["timelines"] for mark in lane["marks"]}
    assert {"cover", "music"} == {lane["kind"] for lane in data["timelines"]}
    assert page.count('class="track"') == len(data["timelines"])
    texts = [done.stdout, *(path.read_text(encoding="utf-8") for path in paths.values())]
    assert [] == [key for key in KEYS.values() for text in texts if key in text]


def test_the_command_of_a_client_is_shown_without_keys(tmp_path: Path) -> None:
    """Neither one in its arguments by its look, nor one that an environment variable holds."""
    path = tmp_path / "report.json"
    command = (sys.executable, "-c", "pass", "aio_somebody_elses", "odd!secret")
    done = run("client", "--report", str(path), "--", *command, COVERMOCK_API_KEY="odd!secret")
    shown = json.loads(path.read_text(encoding="utf-8"))["command"]

    assert 3 == done.returncode
    assert shown.startswith(f"{sys.executable} -c pass ")
    assert "aio_somebody_elses" not in shown + done.stdout
    assert "odd!secret" not in shown + done.stdout


def test_a_client_that_is_good_gets_no_mark() -> None:
    """It keeps the contract as far as it was tried; what came up is a list, and no percentage."""
    client = str(ROOT / "examples" / "python_requests.py")
    done = run("client", "--", sys.executable, client, GATEWAY_POLL_SECONDS="0.1")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "the client keeps the contract as far as it was tried\n" in done.stdout
    assert "%" not in done.stdout
    assert "WHAT CAME UP" in done.stdout
    assert re.search(r"pace: +polls at least 0.042 s apart; seen 0\.\d+ s", done.stdout)


def test_a_quiet_client_says_nothing_of_its_output() -> None:
    """With --json it goes to standard error, so that standard output is JSON."""
    client = (sys.executable, "-c", "print('its own words')")

    assert "its own words" not in run("client", "--quiet", "--", *client).stdout
    told = run("client", "--json", "--", *client)
    assert "its own words" in told.stderr
    assert "covermock client" == json.loads(told.stdout)["tool"]


def steady(text: str) -> str:
    """Return an output without markup, and without what differs from run to run: times, and how many requests it took.

    Blanks go first, since a longer number moves the ends of lines.
    """
    text = re.sub(r"</?(svg|text|tspan|rect|style)[^>]*>|\s+", "", text)
    for pattern, put in (
        (r"\d{4}-\d\d-\d\dT?\d\d:\d\d:\d\d(UTC|Z)", "TIME"),
        (r"took[\d.]+s|line=\d+", "took"),
        (r"no\.\d+,|requests:\d+", "NUMBER"),
    ):
        text = re.sub(pattern, put, text)
    return text


def test_the_docs_show_what_a_run_prints() -> None:
    """The three outputs of docs/reports.md are those of a fresh run, up to times and ids."""
    page = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
    picture = (ROOT / "docs" / "images" / "check-terminal.svg").read_text(encoding="utf-8")
    found = outputs()

    assert ["dumb", "ci", "colour"] == list(found)
    assert steady(page) == steady(with_outputs(page, found))
    assert steady(picture) == steady(as_svg(found["colour"]))
    assert found["dumb"].splitlines()[0] == without_colours(found["colour"]).splitlines()[0]
    assert 80 >= max(len(line) for line in found["dumb"].splitlines() if "http" not in line)
