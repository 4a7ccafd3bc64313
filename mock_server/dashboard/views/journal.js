// The journal: what was asked and how it was answered, live at the newest, with filters, and back to the oldest kept.

import { fill, h, text } from "../dom.js";
import { exchangeTable } from "../exchanges.js";
import { count, plural, words } from "../format.js";
import { atMost } from "../pace.js";
import { go, to, toAll } from "../router.js";
import { looking } from "../toast.js";

const PAGE = 100; // exchanges on a page
const AGAIN = 2000; // milliseconds between two looks at what a filter finds

export function journalView(app, route) {
  const { live } = app;
  const filters = Object.fromEntries(Object.entries(route.query).filter(([name]) => name !== "before"));
  const isLive = !Object.keys(route.query).length;
  const table = exchangeTable(live.name, "Exchanges, newest first");
  const note = h("p", { class: "quiet" });
  const older = h("a", { class: "button", hidden: true }, "Older");
  const newest = h("a", { class: "button", href: to(live.name, "journal", null, filters), hidden: !route.query.before }, "Newest");
  const again = atMost(AGAIN, look);

  function showLive() {
    table.show(live.exchanges.slice(0, PAGE));
    const last = live.exchanges[Math.min(PAGE, live.exchanges.length) - 1];
    say(live.exchangeTotal, last, live.exchanges.length > 0);
    if (live.skipped) text(note, `${note.textContent}; ${count(live.skipped)} came too fast to be told one by one`);
  }

  async function look() {
    const found = await looking(() => live.ask(["journal"], { ...route.query, limit: PAGE }));
    if (!found) return;
    const entries = found.entries.reverse();
    table.show(entries);
    say(found.total, entries.at(-1), entries.length > 0, found.total > entries.length);
    if (!entries.length) text(note, nothing(filters, found.near_misses));
  }

  function say(total, last, any, more = true) {
    text(note, any ? plural(total, "exchange") : "No request yet. The journal fills as clients call.");
    older.hidden = !last || last.number <= 1 || !more;
    if (last) older.href = to(live.name, "journal", null, { ...filters, before: last.number });
  }

  if (isLive) showLive();
  else look();
  return {
    title: "Journal",
    root: h("section", { "aria-labelledby": "title" }, h("div", { class: "head" }, h("h1", { id: "title" }, "Journal"), filterForm(app, route), h("span", { class: "gap" }), h("a", { href: toAll("strays") }, "Unknown keys")), h("div", { class: "framed" }, table.root), h("div", { class: "foot" }, note, newest, older)),
    update: (topics) => {
      if (!topics.has("journal")) return;
      if (isLive) showLive();
      else if (!route.query.before) again();
    },
    destroy: again.stop,
  };
}

/** The filters that the control API has for the journal: what is known has its names, the rest is free text. */
function filterForm(app, route) {
  const choices = {
    operation: [...app.contract.operations.keys()],
    error: [...app.contract.errors.keys()],
    account: Object.keys(app.live.view?.accounts ?? {}),
  };
  const form = h("form", { class: "filters", role: "search", "aria-label": "Filter the journal" });
  const field = (name, kind) => {
    const options = choices[name];
    const box = options ? h("select", { name }, h("option", { value: "" }, `any ${name}`), options.map((one) => h("option", { value: one }, words(one)))) : h("input", { name, type: kind, placeholder: name, size: name === "status" ? 6 : 14 });
    box.setAttribute("aria-label", name);
    box.value = route.query[name] ?? "";
    return box;
  };
  const fields = [field("operation"), field("status", "number"), field("error"), field("account"), field("task", "search"), field("contains", "search")];
  fill(form, fields);
  const apply = (event) => {
    event.preventDefault();
    go(to(app.live.name, "journal", null, Object.fromEntries(new FormData(form))));
  };
  form.addEventListener("submit", apply);
  form.addEventListener("change", apply);
  return form;
}

function nothing(filters, misses) {
  const miss = misses[0]?.differences?.map(({ what, expected, received }) => `its ${what} is ${received}, not ${expected}`).join("; ");
  return `No exchange is like that${miss ? `. The nearest is #${misses[0].entry.number}: ${miss}` : ""}`;
}
