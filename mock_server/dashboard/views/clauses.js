// Every clause of the contract: its sentences, how well each is known, and from where.

import { LEVELS } from "../contract.js";
import { h, text } from "../dom.js";
import { plural } from "../format.js";
import { to, toAll } from "../router.js";

export function clausesView(app, route) {
  const { contract } = app;
  const chosen = route.id === null ? null : contract.clauses.get(route.id);
  const rows = (chosen ? [chosen] : [...contract.clauses.values()]).map((clause) => ({ clause, root: card(app, clause), words: JSON.stringify(clause).toLowerCase() }));
  const note = h("p", { class: "quiet", role: "status" });
  const search = h("input", { type: "search", placeholder: "a word or a clause", "aria-label": "Search clauses" });
  const levels = new Set(LEVELS);
  const show = () => {
    const found = rows.filter(({ clause, words }) => words.includes(search.value.toLowerCase()) && clause.sentences.some(({ level }) => levels.has(level)));
    for (const row of rows) row.root.hidden = !found.includes(row);
    text(note, found.length === rows.length ? "" : plural(found.length, "clause"));
  };
  search.addEventListener("input", show);
  const head = chosen ? h("a", { class: "button", href: toAll("clauses") }, "All clauses") : [levelChips(levels, show), search];
  const unknown = route.id !== null && !chosen && h("p", { class: "empty" }, `There is no clause ${route.id}`);
  return {
    title: chosen ? `Clause ${chosen.id}` : "Clauses",
    root: h("section", { "aria-labelledby": "title" }, h("div", { class: "head" }, h("h1", { id: "title" }, chosen ? `Clause ${chosen.id}` : "Clauses"), head), chosen ? "" : h("p", { class: "quiet" }, `${contract.title}, ${contract.version}. Each sentence says how well it is known: documented by the gateway, corroborated by another public page, inferred from either, or assumed, which is a choice and may be wrong.`), unknown, note, h("div", { class: "clauses" }, rows.map((row) => row.root))),
  };
}

function levelChips(levels, show) {
  const chip = (level) => {
    const button = h("button", { type: "button", class: "chip", "aria-pressed": "true" }, h("span", { class: "level", "data-level": level }, level));
    button.addEventListener("click", () => {
      if (!levels.delete(level)) levels.add(level);
      button.setAttribute("aria-pressed", levels.has(level));
      show();
    });
    return button;
  };
  return h("div", { class: "chips", role: "group", "aria-label": "Levels of evidence" }, LEVELS.map(chip));
}

function card({ live }, clause) {
  const operations = clause.operations.map((id) => h("a", { href: live ? to(live.name, "journal", null, { operation: id }) : "/__mock/docs" }, id));
  const errors = clause.errors.map((name) => h("code", {}, name));
  const used = [...operations, ...errors].flatMap((one, place) => (place ? [", ", one] : [one]));
  const sentence = (row) => h("li", {}, h("span", { class: "level", "data-level": row.level }, row.level), h("div", {}, h("p", {}, row.sentence), h("p", { class: "quiet" }, `Source: ${row.source}`)));
  return h("article", { class: "card clause-card", "aria-label": `Clause ${clause.id}` }, h("h2", {}, h("a", { href: toAll("clauses", clause.id) }, clause.id)), h("ul", { class: "sentences" }, clause.sentences.map(sentence)), used.length > 0 && h("p", { class: "quiet used" }, "Used by ", used));
}
