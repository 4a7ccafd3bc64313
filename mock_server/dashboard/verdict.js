// What the mock thought of a request, in one word and why: read from the facts that its journal entry carries.

import { h, icon } from "./dom.js";
import { words } from "./format.js";
import { to, toAll } from "./router.js";

const KINDS = {
  accepted: ["ok", "accepted"],
  refused: ["bad", "refused"],
  fault: ["bolt", "fault"],
  asked: ["hand", "as asked"],
  waiting: ["wait", "held back"],
};

/** Return `{kind, label, why}`: why is an error's name, the faults' ids, or what the request itself asked for. */
export function verdictOf(entry) {
  const why = entry.why ?? {};
  if (entry.waiting) return verdict("waiting", "");
  if (why.faults?.length) return verdict("fault", why.faults.join(", "));
  if (why.preferred) return verdict("asked", Object.entries(why.preferred).map((pair) => pair.join("=")).join(", "));
  if (why.error) return verdict("refused", words(why.error.replace(/-/g, " ")));
  return verdict("accepted", "");
}

function verdict(kind, why) {
  const [picture, label] = KINDS[kind];
  return { kind, picture, label, why };
}

/** A verdict to be seen: picture and word, never colour alone. Where there is little room, of a refusal only why. */
export function verdictBadge(entry, { short = false } = {}) {
  const { kind, picture, label, why } = verdictOf(entry);
  const words = short && kind === "refused" ? [why] : [label, why && h("span", { class: "why" }, why)];
  return h("span", { class: "verdict", "data-kind": kind, title: label }, icon(picture), h("span", {}, words));
}

/** A status, coloured by its hundred. */
export const statusBadge = (entry) => h("span", { class: "status", "data-hundred": Math.floor(entry.status / 100) }, entry.wire || entry.status);

/** A link to a clause. */
export const clauseLink = (id) => h("a", { class: "clause", href: toAll("clauses", id) }, id);

/** A link to a task. */
export const taskLink = (world, id) => h("a", { class: "id", href: to(world, "tasks", id) }, id);

/** A link to an exchange. */
export const exchangeLink = (world, number) => h("a", { class: "id", href: to(world, "journal", number) }, `#${number}`);
