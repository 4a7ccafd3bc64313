// Where the credits of each account are. What was granted is always what is available, held and captured together.

import { h, refill } from "../dom.js";
import { count } from "../format.js";
import { looking } from "../toast.js";

const PARTS = ["available", "held", "captured"];

export function ledgerView(app) {
  const { live } = app;
  const box = h("div", { class: "cards" });

  async function look() {
    const found = await looking(() => live.ask(["ledger"]));
    if (found) refill(box, Object.entries(found.accounts).map(([name, row]) => card(name, row, live.view?.accounts?.[name]?.key)));
  }

  look();
  return {
    title: "Ledger",
    root: h("section", { "aria-labelledby": "title" }, h("div", { class: "head" }, h("h1", { id: "title" }, "Ledger")), box),
    update: (topics) => topics.has("ledger") && look(),
  };
}

function card(name, row, key) {
  const whole = PARTS.reduce((sum, part) => sum + row[part], 0) || 1;
  const bar = h("div", { class: "ledger-bar", "aria-hidden": "true" }, PARTS.map((part) => h("span", { class: part, style: { "--share": (row[part] / whole).toFixed(4) } })));
  const rows = [["granted", row.granted], ...PARTS.map((part) => [part, row[part]])];
  return h("article", { class: "card" }, h("h2", {}, name), key && h("p", { class: "id quiet" }, key), bar, h("dl", { class: "figures" }, rows.map(([part, credits]) => h("div", { class: part }, h("dt", {}, part), h("dd", {}, count(credits))))));
}
