// The worlds: who is in each, and what can be done with one as a whole.

import { change, get, inWorld } from "../api.js";
import { h, refill, text } from "../dom.js";
import { fieldsOf } from "../form.js";
import { count, dateTime, plural } from "../format.js";
import { kindOfField, plain } from "../schema.js";
import { go, to } from "../router.js";
import { looking, sure, trying } from "../toast.js";

const MOST = 100; // worlds that are shown at a time
const ROWS = 6; // accounts of a world that are shown

export function worldsView(app) {
  const list = h("ul", { class: "cards" });
  const note = h("p", { class: "quiet", role: "status" });
  const search = h("input", { type: "search", placeholder: "name or key", "aria-label": "Search worlds" });

  const look = async () => {
    await looking(() => app.lookAtWorlds());
    show();
  };
  const show = () => {
    const found = app.worlds.filter((world) => says(world, search.value));
    refill(list, found.slice(0, MOST).map((world) => card(app, world, look)));
    text(note, found.length > MOST ? `The first ${MOST} of ${plural(found.length, "world")}: search for the others` : plural(found.length, "world"));
  };
  search.addEventListener("input", show);
  show();
  look();
  return {
    title: "Worlds",
    root: h("section", { "aria-labelledby": "title" }, h("div", { class: "head" }, h("h1", { id: "title" }, "Worlds"), search), h("p", { class: "quiet" }, "An API key names its world: accounts, sources, tasks, faults and a clock of its own."), maker(app, look), list, note),
  };
}

const says = (world, part) => !part || world.name.includes(part) || Object.values(world.accounts).some(({ key }) => key.includes(part));

function card(app, world, look) {
  const { name } = world;
  const accounts = Object.entries(world.accounts);
  const row = ([account, { key, credits }]) => h("tr", {}, h("th", { scope: "row" }, account), h("td", { class: "id" }, key), h("td", { class: "figure" }, count(credits)));
  const more = accounts.length > ROWS ? h("p", { class: "quiet" }, `and ${accounts.length - ROWS} more accounts`) : "";
  const table = h("table", { class: "plain-table" }, h("caption", { class: "unseen" }, `Accounts of ${name}`), h("thead", {}, h("tr", {}, ["Account", "Key", "Credits"].map((words) => h("th", { scope: "col" }, words)))), h("tbody", {}, accounts.slice(0, ROWS).map(row)));
  const facts = [world.drive === "time" ? "by time" : `by ${world.drive}`, plural(world.tasks, "task"), ...Object.entries(world.sources).map(([kind, number]) => `${count(number)} ${kind}`), `seed ${world.seed}`, dateTime(world.now)];
  return h("li", { class: "card" }, h("h2", {}, h("a", { href: to(name) }, name)), world.description && h("p", {}, world.description), h("p", { class: "quiet" }, facts.join(" · ")), table, more, h("div", { class: "actions start" }, deeds(app, name, look)));
}

function deeds(app, name, look) {
  const button = (label, act, kind = "") => h("button", { type: "button", class: kind, "aria-label": `${label} ${name}`, on: { click: async () => (await act(), look()) } }, label);
  return [
    button("Reset", async () => (await sure(`Put ${name} back to how it was made? Its tasks and journal go.`, "Reset")) && trying(() => change("POST", inWorld(name, "reset")), `${name} is as it was made`)),
    button("Fork", () => trying(() => change("POST", inWorld(name, "fork"), {}), (world) => `${name} was copied as ${world.name}`)),
    button("Export", () => trying(() => save(name), `${name} was exported`)),
    button("Delete", async () => (await sure(`Delete ${name}? Its keys will be unknown.`, "Delete")) && trying(() => change("DELETE", inWorld(name)), `${name} is gone`), "danger"),
  ];
}

async function save(name) {
  const document_ = await get(inWorld(name, "export"));
  const url = URL.createObjectURL(new Blob([JSON.stringify(document_, null, 1)], { type: "application/json" }));
  h("a", { href: url, download: `${name}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** The form that makes a world: the plain fields of the control API's own schema. */
function maker(app, look) {
  const schema = plain(app.admin, { $ref: "#/components/schemas/World" });
  const simple = (name) => ["choice", "number", "text"].includes(kindOfField(plain(app.admin, schema.properties[name])));
  const fields = fieldsOf(app.admin, schema, { only: simple, known: { from: [...(app.files ?? []), ...app.worlds.map((world) => world.name)] } });
  const form = h("form", {}, fields.root, h("div", { class: "actions" }, h("button", { class: "primary", type: "submit" }, "Make it")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const made = await trying(async () => change("POST", "worlds", fields.value()), (world) => `${world.name} was made`);
    await look();
    if (made) go(to(made.name));
  });
  return h("details", { class: "maker" }, h("summary", {}, "New world"), form);
}
