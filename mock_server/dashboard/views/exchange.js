// One exchange: why it was answered so, what breaks the contract and where, both bodies, and how to do it again.

import { bodyView, note } from "../json.js";
import { asCurl, asPytest, copy } from "../copying.js";
import { fill, h, icon } from "../dom.js";
import { clockTime, dateTime, duration, plural } from "../format.js";
import { atMost } from "../pace.js";
import { to } from "../router.js";
import { clauseLink, statusBadge, taskLink, verdictBadge } from "../verdict.js";

const AGAIN = 1000; // milliseconds between two looks at an exchange whose answer is held back

export function exchangeView(app, route) {
  const { live } = app;
  const box = h("div", {}, h("p", { class: "quiet" }, "Looking…"));
  const number = Number(route.id);
  const beside = (other, label) => h("a", { class: "button", href: to(live.name, "journal", other) }, label);
  let waits = true;
  const again = atMost(AGAIN, look);

  async function look() {
    try {
      const told = await live.ask(["journal", route.id, "explain"]);
      waits = told.entry.waiting;
      fill(box, whole(app, told));
    } catch (error) {
      waits = false;
      if (error.name !== "AbortError") fill(box, h("p", { class: "empty" }, error.message));
    }
  }

  look();
  return {
    title: `Exchange ${route.id}`,
    root: h("article", { "aria-labelledby": "title" }, h("div", { class: "head" }, h("h1", { id: "title" }, `Exchange ${route.id}`), h("span", { class: "gap" }), number > 1 && beside(number - 1, "Earlier"), number >= 1 && beside(number + 1, "Later"), h("a", { class: "button", href: to(live.name, "journal") }, "All")), box),
    tick: () => waits && again(),
    destroy: again.stop,
  };
}

function whole(app, told) {
  const { entry, violations } = told;
  const asked = violations.filter(({ where }) => !where.startsWith("answer"));
  const answered = violations.filter(({ where }) => where.startsWith("answer"));
  const files = app.files ?? [];
  const buttons = [
    button("Copy as cURL", () => copy(asCurl(entry), "The cURL command")),
    button("Copy as pytest", () => copy(asPytest(entry, { world: app.live.name, files, carrier: app.contract.key }), "The pytest test")),
  ];
  return [
    h("p", { class: "line-of" }, h("b", {}, entry.method), " ", h("span", { class: "request" }, entry.path, entry.query && `?${entry.query}`), " ", statusBadge(entry), " ", verdictBadge(entry)),
    h("div", { class: "actions start" }, buttons),
    why(app, told),
    h("div", { class: "columns" }, side("Request", entry.headers, bodyView(entry.body, "body", violations), elsewhere(asked, "body"), entry.body_capped), side("Answer", entry.answer_headers, bodyView(entry.answer, "answer.body", violations), elsewhere(answered, "answer.body"), false)),
  ];
}

const button = (label, act) => h("button", { type: "button", on: { click: act } }, icon("copy"), label);

/** The explanation: what dictated the answer, on which clause and line it rests, and what will change it. */
function why(app, { entry, because, operation, clause, spec, next }) {
  const rows = [
    ["Operation", operation ? [h("code", {}, operation.id), h("span", { class: "quiet" }, ` line ${operation.line}`)] : h("span", { class: "quiet" }, "none of the contract")],
    ["Clause", clause && [clauseLink(clause.id), " ", h("span", { class: "level", "data-level": clause.level }, clause.level), " ", clause.text]],
    ["Error", entry.why.error && h("code", {}, entry.why.error)],
    ["Faults", entry.why.faults?.length && entry.why.faults.map((id) => [h("a", { href: to(app.live.name, "faults", id) }, id), " "])],
    ["Task", entry.why.task && taskLink(app.live.name, entry.why.task)],
    ["Next", next && `${next.state} ${next.polls ? "at the next poll" : `in ${duration(next.seconds)}`}`],
    ["Account", entry.why.account],
    ["When", [h("time", { datetime: entry.at }, `${dateTime(entry.at)} in this world`), h("span", { class: "quiet" }, `, ${clockTime(entry.wall)} real time`)]],
    ["Stands in", h("code", {}, spec)],
  ];
  const facts = rows.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  return h("section", { class: "reasons", "aria-labelledby": "why" }, h("h2", { id: "why" }, "Why this answer"), h("p", { class: "because" }, because), h("dl", { class: "facts" }, facts));
}

const elsewhere = (marks, root) => marks.filter(({ where }) => where !== root && !where.startsWith(`${root}.`));

/** The request or the answer. `marks` are the violations that are not in the body: they are said above it. */
function side(title, headers, body, marks, capped) {
  const lines = Object.entries(headers).map(([name, value]) => {
    const own = marks.filter(({ where }) => where.toLowerCase().endsWith(`header.${name.toLowerCase()}`));
    return h("div", { class: own.length ? "line bad" : "line" }, h("span", { class: "key" }, name), ": ", value, own.map((mark) => note(mark)));
  });
  return h(
    "section",
    { class: "side" },
    h("h2", {}, title),
    marks.length > 0 && h("ul", { class: "marks" }, marks.map((mark) => h("li", {}, note(mark, true)))),
    h("details", { open: marks.some(({ where }) => where.includes("header.")) }, h("summary", {}, plural(lines.length, "header")), h("div", { class: "json" }, lines)),
    capped && h("p", { class: "quiet" }, "The body was longer: the journal keeps its first 64 KiB."),
    body,
  );
}
