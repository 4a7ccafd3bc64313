// What of the contract the exchanges of this world have exercised so far: operations by status, clauses, errors.

import { LEVELS } from "../contract.js";
import { h, refill } from "../dom.js";
import { count, plural } from "../format.js";
import { to, toAll } from "../router.js";
import { looking } from "../toast.js";

export function coverageView(app) {
  const { live, contract } = app;
  const box = h("div", {});

  async function look() {
    const found = await looking(() => live.ask(["coverage"]));
    if (found) refill(box, summary(contract, found), h("h2", {}, "Operations and their documented answers"), operations(live.name, contract, found), h("h2", {}, "Clauses that answers rested on"), clauses(contract, found), h("h2", {}, "Errors that were given"), errors(live.name, contract, found));
  }

  look();
  return {
    title: "Coverage",
    root: h("section", { "aria-labelledby": "title" }, h("div", { class: "head" }, h("h1", { id: "title" }, "Coverage so far")), box),
    update: (topics) => topics.has("coverage") && look(),
  };
}

function summary(contract, found) {
  const seen = [...contract.operations.keys()].filter((id) => found.operations[id]).length;
  const rests = Object.keys(found.clauses).length;
  const gone = found.evicted ? ` ${count(found.evicted)} older ones are gone and not counted.` : "";
  return h("p", {}, `${plural(found.total, "exchange")}: ${seen} of ${plural(contract.operations.size, "operation")}, ${rests} of ${plural(contract.clauses.size, "clause")}. Not every clause can be seen in an exchange.${gone}`);
}

function operations(world, contract, found) {
  const row = ({ id, method, path, statuses }) => {
    const seen = found.operations[id] ?? {};
    const all = [...new Set([...statuses, ...Object.keys(seen)])].sort();
    return h("li", { class: "operation" }, h("div", {}, h("b", {}, id), h("span", { class: "quiet request" }, ` ${method} ${path}`)), h("ul", { class: "cells" }, all.map((status) => cell(world, id, status, seen[status] ?? 0, statuses.includes(status)))));
  };
  return h("ul", { class: "rows" }, [...contract.operations.values()].map(row));
}

function cell(world, operation, status, times, documented) {
  const words = [h("span", { class: "status", "data-hundred": status[0] }, status), " ", times ? count(times) : "not yet", documented ? "" : " (not documented)"];
  return h("li", { class: times ? (documented ? "cell seen" : "cell odd") : "cell" }, times ? h("a", { href: to(world, "journal", null, { operation, status }) }, words) : words);
}

function clauses(contract, found) {
  const chip = ({ id }) => {
    const times = found.clauses[id] ?? 0;
    return h("li", { class: times ? "cell seen" : "cell" }, h("a", { href: toAll("clauses", id) }, id, " ", times ? count(times) : "–"));
  };
  return LEVELS.map((level) => {
    const own = [...contract.clauses.values()].filter((clause) => clause.level === level);
    return own.length > 0 && h("div", { class: "level-row" }, h("h3", {}, h("span", { class: "level", "data-level": level }, level)), h("ul", { class: "cells" }, own.map(chip)));
  });
}

function errors(world, contract, found) {
  const chip = (name) => {
    const times = found.errors[name] ?? 0;
    const words = [name, " ", times ? count(times) : "–"];
    return h("li", { class: times ? "cell seen" : "cell" }, times ? h("a", { href: to(world, "journal", null, { error: name }) }, words) : words);
  };
  return h("ul", { class: "cells" }, [...contract.errors.keys()].map(chip));
}
