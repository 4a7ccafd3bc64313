"""The report for people at a terminal: the verdict, what is broken, what could not be tried, and the rest in a line."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..vocabulary import BROKEN, HELD, UNTRIED
from .plain import plain
from .report import Gap, Item, Report, Row, Table
from .shell import in_lines
from .wrapping import BOLD, DIM, GREEN, RED, YELLOW, columns, pad, paint, wrap

_LABEL = 13  # columns of a fact's name
_WIDE = 110  # columns from which expected and received stand beside each other
_NARROWEST = 40
_MOST = 1500  # characters of a command
_LONG = 40  # lines after which the verdict is said again, where a terminal has stopped
_COLOURS = {HELD: GREEN, BROKEN: RED, UNTRIED: YELLOW}


@dataclass(frozen=True, slots=True)
class Look:
    """How a terminal is written to: its columns, whether it has colours, and whether all rows are told one by one."""

    width: int = 100
    colours: bool = False
    unfolded: bool = False


def as_text(report: Report, look: Look | None = None) -> str:
    """Return the report as text of the look's width; a curl line is as long as it has to be."""
    page = _Page(look or Look(unfolded=True))
    return "".join(f"{line.rstrip()}\n" for line in page.report(report))


def as_short_text(report: Report, look: Look) -> str:
    """Return the verdict, and a line for each finding that fails the run."""
    page = _Page(look)
    lines = [page.paint(plain(report.headline.text), _colour(report), BOLD)]
    places = ((item, f" (in {item.where})" if item.where else "") for item in report.failing)
    lines += [plain(f"{item.rule}: {item.message}{where}".replace("\n", " ")) for item, where in places]
    return "".join(f"{line}\n" for line in lines)


def _colour(report: Report) -> str:
    headline = report.headline
    return _COLOURS[headline.state if headline.whole or headline.state != HELD else UNTRIED]


class _Page:
    """Lays out one report, in lines that are no wider than the terminal."""

    def __init__(self, look: Look) -> None:
        self.unfolded, self.colours = look.unfolded, look.colours
        self.width = max(look.width, _NARROWEST)

    def paint(self, text: str, *styles: str) -> str:
        return paint(text, *styles) if self.colours else text

    def block(self, text: str, *styles: str, indent: int = 0, hang: int = 0, lead: str = "") -> Iterator[str]:
        """Yield a text in lines, all but the first `hang` columns further right; `lead` is its beginning, in bold."""
        for number, line in enumerate(wrap(plain(f"{lead}{text}"), self.width - indent - hang)):
            space = " " * (indent + hang * bool(number))
            if not number and lead and line.startswith(plain(lead)):
                yield f"{space}{self.paint(plain(lead), BOLD)}{self.paint(line[len(plain(lead)) :], *styles)}"
            else:
                yield space + self.paint(line, *styles)

    def report(self, report: Report) -> list[str]:
        remark = report.headline.remark
        head = [*self.block(report.headline.text, _colour(report), BOLD), *(self.block(remark) if remark else ())]
        lines = [*head, *self._body(report), *self._about(report)]
        return [*lines, "", *head] if len(lines) > _LONG and not self.unfolded else lines

    def _about(self, report: Report) -> Iterator[str]:
        if report.about:
            yield from self.heading("the run")
        label = max((columns(name) for name, _ in report.about), default=0) + 2
        for name, text in report.about:
            yield from self.fact(name, text, label=label)

    def _body(self, report: Report) -> Iterator[str]:
        for warning in report.warnings:
            yield ""
            yield from self.block(f"warning: {warning}", YELLOW)
        yield from self._items("broken", report.failing, RED)
        yield from self._items("found, but no failure", report.others, YELLOW)
        yield from self._gaps(report.gaps)
        yield from self._rest(report)
        for table in report.tables:
            yield from self._table(table)

    def heading(self, words: str, colour: str = "") -> Iterator[str]:
        yield ""
        yield self.paint(words.upper(), colour, BOLD)

    def _items(self, words: str, items: list[Item], colour: str) -> Iterator[str]:
        if items:
            yield from self.heading(f"{words}: {len(items)}", colour)
        for number, item in enumerate(items):
            yield from [""] * bool(number)
            yield from self.block(f" {item.title}", BOLD, lead=item.rule, hang=2)
            yield from self.fact("standing", item.standing)
            yield from self._facts(item)

    def _facts(self, item: Item) -> Iterator[str]:
        rows = list(item.facts)
        if self.width >= _WIDE:
            yield from self._side_by_side(item)
            rows = [(name, text) for name, text in rows if name not in {"expected", "received"}]
        for name, text in rows:
            if name == "repeat":
                yield self.paint("  repeat:", DIM)
                yield from (f"    {line}" for line in in_lines(plain(_short(text)), self.width - 8))
            else:
                yield from self.fact(name, text, {"expected": GREEN, "received": RED}.get(name, ""))

    def _side_by_side(self, item: Item) -> Iterator[str]:
        wide = (self.width - 6) // 2
        left, right = wrap(plain(item.expected), wide), wrap(plain(item.received), wide)
        yield self.paint(f"  {pad('expected:', wide)}  received:", DIM)
        for row in range(max(len(left), len(right))):
            ours, theirs = (side[row] if row < len(side) else "" for side in (left, right))
            yield f"  {self.paint(pad(ours, wide), GREEN)}  {self.paint(theirs, RED)}"

    def fact(self, name: str, text: str, style: str = "", label: int = _LABEL) -> Iterator[str]:
        """Yield a name and what it says, its further lines below its first."""
        for number, line in enumerate(wrap(plain(text), self.width - label - 2)):
            yield f"  {self.paint(pad('' if number else f'{name}:', label), DIM)}{self.paint(line, style)}"

    def _gaps(self, gaps: tuple[Gap, ...]) -> Iterator[str]:
        for possible, words in ((True, "not tried, and what it would take"), (False, "cannot be seen from outside")):
            chosen = [gap for gap in gaps if gap.possible == possible]
            if chosen:
                yield from self.heading(words, YELLOW if possible else "")
            for gap in chosen:
                yield from self.block(f": {gap.reason}", lead=", ".join(gap.names), indent=2, hang=4)

    def _rest(self, report: Report) -> Iterator[str]:
        if self.unfolded:
            yield from self.heading(f"every {report.unit}")
            for row in report.lines:
                cells = "  ".join(filter(None, (row.state, *row.details)))
                yield from self.block(f"{cells}  {row.told}", lead=pad(row.name, 5), indent=2, hang=6)
            return
        held = [row for row in report.rows if row.state == HELD]
        if held:
            yield from self.heading(f"held: {len(held)} {report.unit}{'s' * (len(held) != 1)}", GREEN)
            yield from self.block(", ".join(map(_told, held)), indent=2)

    def _table(self, table: Table) -> Iterator[str]:
        yield from self.heading(table.title)
        yield from self.block(table.remark, indent=2)
        for name, *cells in table.rows:
            told = [f"{column}: {cell}" for column, cell in zip(table.columns[1:], cells, strict=True) if cell]
            yield from self.block(f"  {'; '.join(told)}", lead=name, indent=2, hang=4)


def _short(command: str) -> str:
    """Return a command, or of one that nobody reads its beginning."""
    rest = len(command) - _MOST
    return command if rest <= 0 else f"{command[:_MOST]}… ({rest} characters more: the HTML and JSON reports have them)"


def _told(row: Row) -> str:
    """Return the name of a row; that of a run with its times."""
    times = ", ".join(filter(None, row.details)) if row.seconds is not None else ""
    return f"{row.name} ({times})" if times else row.name
