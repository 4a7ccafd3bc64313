// Requests that belong to no world, since nobody here has their key: the first thing to look at when a client gets 401.

import { get } from "../api.js";
import { h, text } from "../dom.js";
import { exchangeTable } from "../exchanges.js";
import { plural } from "../format.js";
import { toAll } from "../router.js";
import { looking } from "../toast.js";

const PAGE = 100; // exchanges that are shown
const AGAIN = 3000; // milliseconds between two looks: no event tells of them

export function straysView() {
  const table = exchangeTable(null, "Requests with unknown keys, newest first", { short: true });
  const note = h("p", { class: "quiet" });
  const look = async () => {
    const found = await looking(() => get("journal", { limit: PAGE }));
    if (!found) return;
    table.show(found.entries.reverse());
    text(note, found.total ? plural(found.total, "request") : "Every request had a key of this mock");
  };
  const timer = setInterval(() => document.hidden || look(), AGAIN);
  look();
  return {
    title: "Unknown keys",
    root: h("section", { "aria-labelledby": "title" }, h("div", { class: "head" }, h("h1", { id: "title" }, "Unknown keys")), h("p", { class: "quiet" }, "Requests whose key names no account of this mock. The keys that it knows are with its ", h("a", { href: toAll("worlds") }, "worlds"), "."), h("div", { class: "framed" }, table.root), note),
    destroy: () => clearInterval(timer),
  };
}
