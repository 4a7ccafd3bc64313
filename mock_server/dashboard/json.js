// A body as people read it: JSON laid out, with a mark where it breaks the contract and a word on why.

import { h } from "./dom.js";
import { clauseLink } from "./verdict.js";

const MOST = 600; // lines that are laid out; what is longer is shown as it came

/** Show a body. `marks` are violations, whose places begin with `root` (body, answer). */
export function bodyView(body, root, marks) {
  const own = marks.filter(({ where }) => where === root || where.startsWith(`${root}.`));
  if (body === "") return h("div", { class: "body" }, h("p", { class: "quiet" }, "No body"), own.map((mark) => h("p", {}, note(mark, true))));
  let value;
  try {
    value = JSON.parse(body);
  } catch {
    return h("div", { class: "body" }, own.map((mark) => h("p", {}, note(mark, true))), h("pre", { class: own.length ? "raw bad" : "raw" }, body));
  }
  const lines = [];
  layOut(lines, value, { at: root, depth: 0, before: "", after: "" }, byPlace(own));
  const whole = lines.length > MOST ? [...lines.slice(0, MOST), h("div", { class: "line quiet" }, `… ${lines.length - MOST} more lines`)] : lines;
  return h("div", { class: "body" }, h("div", { class: "json", role: "group", "aria-label": "Body" }, whole));
}

function byPlace(marks) {
  const places = new Map();
  for (const mark of marks) places.set(mark.where, [...(places.get(mark.where) ?? []), mark]);
  return places;
}

function layOut(lines, value, { at, depth, before, after }, marks) {
  const own = marks.get(at) ?? [];
  const shell = Array.isArray(value) ? ["[", "]"] : value !== null && typeof value === "object" ? ["{", "}"] : null;
  if (!shell) return void lines.push(line(depth, before, scalar(value), after, own));
  const entries = Object.entries(value);
  const missing = missingIn(at, entries, marks);
  if (!entries.length && !missing.length) return void lines.push(line(depth, before, shell.join(""), after, own));
  lines.push(line(depth, before, shell[0], "", own));
  for (const [number, [name, inner]] of entries.entries()) {
    const label = Array.isArray(value) ? "" : [h("span", { class: "key" }, JSON.stringify(name)), ": "];
    layOut(lines, inner, { at: `${at}.${name}`, depth: depth + 1, before: label, after: number + 1 < entries.length ? "," : "" }, marks);
  }
  for (const [name, why] of missing) lines.push(line(depth + 1, "", h("span", { class: "gone" }, JSON.stringify(name)), "", why));
  lines.push(line(depth, "", shell[1], after, []));
}

/** The marks about names that a value should have, but has not. */
function missingIn(at, entries, marks) {
  const names = new Set(entries.map(([name]) => name));
  return [...marks].filter(([where]) => where.startsWith(`${at}.`)).map(([where, why]) => [where.slice(at.length + 1), why]).filter(([name]) => !name.includes(".") && !names.has(name));
}

function line(depth, before, value, after, marks) {
  const bad = marks.length > 0;
  return h("div", { class: bad ? "line bad" : "line", style: { "--depth": depth } }, before, bad ? h("mark", {}, value) : value, after, marks.map((mark) => note(mark)));
}

function scalar(value) {
  return h("span", { class: value === null ? "null" : typeof value }, JSON.stringify(value));
}

/** What was expected and received at a place. */
export function note({ where, expected, received, clause }, named = false) {
  const parts = [named && h("code", {}, where), named && ": ", received ? `expected ${expected}, received ${received}` : expected];
  return h("span", { class: "note" }, parts, clause && [" ", clauseLink(clause)]);
}
