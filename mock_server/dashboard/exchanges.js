// A list of exchanges, newest first: one row for each, on a narrow screen a card.

import { h, keyed } from "./dom.js";
import { clockTime } from "./format.js";
import { to } from "./router.js";
import { clauseLink, statusBadge, taskLink, verdictBadge } from "./verdict.js";

const HEADS = ["No.", "Time", "Request", "Status", "Verdict", "Clause", "Task", "Account"];
const SHORT = 6; // columns of the short form

/** Make the table: `{root, show(entries)}`. `short` leaves out what has no room beside something else. */
export function exchangeTable(world, caption, { short = false } = {}) {
  const body = h("tbody");
  const heads = HEADS.slice(0, short ? SHORT - 1 : HEADS.length).map((words) => h("th", { scope: "col" }, words));
  const root = h("table", { class: "exchanges" }, h("caption", { class: "unseen" }, caption), h("thead", {}, h("tr", {}, heads)), body);
  const show = (entries) => keyed(body, entries, (entry) => `${entry.number} ${entry.waiting}`, (entry) => row(world, entry, short));
  return { root, show };
}

function row(world, entry, short) {
  const address = world === null ? null : to(world, "journal", entry.number);
  const path = [entry.path, entry.query && h("span", { class: "quiet" }, `?${entry.query}`)];
  const known = short && entry.why?.operation;
  const request = h("span", { class: "request", title: known ? entry.path : null }, h("b", {}, entry.method), " ", known || path);
  const cells = [
    cell("number", address ? h("a", { class: "id", href: address, "aria-label": `Exchange ${entry.number}` }, entry.number) : entry.number),
    cell("at", h("time", { datetime: entry.at, title: `${entry.at}, the world's time; ${entry.wall}, real time` }, clockTime(entry.at))),
    cell("what", request),
    cell("answered", statusBadge(entry)),
    cell("judged", verdictBadge(entry, { short })),
    ...(short ? [] : [cell("rests", entry.why?.clause ? clauseLink(entry.why.clause) : ""), cell("about", entry.why?.task ? taskLink(world, entry.why.task) : ""), cell("by", entry.why?.account ?? "")]),
  ];
  const root = h("tr", {}, cells);
  if (address) root.addEventListener("click", (event) => event.target.closest("a, button") === null && getSelection().isCollapsed && (location.hash = address));
  return { root, update() {} };
}

const cell = (name, ...children) => h("td", { class: name }, children);
