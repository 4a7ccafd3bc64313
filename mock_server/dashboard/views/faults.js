// Faults and anomalies: a switch for each word that the control API knows, its settings from the API's own schema.

import { change, inWorld } from "../api.js";
import { h, keyed, text } from "../dom.js";
import { fieldsOf } from "../form.js";
import { count, plural, prose, words } from "../format.js";
import { firstValue, plain, wantedWords } from "../schema.js";
import { looking, trying } from "../toast.js";

export function faultsView(app, route) {
  const { live, admin } = app;
  const schema = plain(admin, { $ref: "#/components/schemas/Fault" });
  const names = wantedWords(schema);
  const switches = names.map((name) => faultSwitch(app, schema, name, () => look()));
  const list = h("ul", { class: "rows", "aria-label": "Faults that are on" });
  const none = h("p", { class: "quiet" }, "Nothing goes wrong in this world");
  const clear = h("button", { type: "button", on: { click: () => trying(() => live.change("DELETE", ["faults"]), "No fault is on any more").then(look) } }, "Remove all");

  async function look() {
    const found = await looking(() => live.ask(["faults"]));
    if (!found) return;
    keyed(list, found.faults, (fault) => fault.id, (fault) => faultRow(app, fault, names, route.id, look));
    list.hidden = clear.hidden = found.faults.length === 0;
    none.hidden = found.faults.length > 0;
    for (const one of switches) one.show(found.faults);
  }

  look();
  return {
    title: "Faults",
    root: h("section", { "aria-labelledby": "title" }, h("div", { class: "head" }, h("h1", { id: "title" }, "Faults"), h("span", { class: "gap" }), clear), none, list, h("h2", {}, "Switch on"), h("p", { class: "quiet" }, prose(schema.description)), h("ul", { class: "switches" }, switches.map((one) => one.root))),
    update: (topics) => topics.has("faults") && look(),
  };
}

/** Tell whether a fault has acted as often as it may. */
const spent = (fault) => fault.times !== undefined && fault.fired >= fault.times;

/** A fault that is on: its id, what it does, whom it meets, and how often it has. */
function faultRow(app, fault, names, chosen, look) {
  const counts = h("p", { class: "quiet" });
  const remove = h("button", { type: "button", "aria-label": `Remove ${fault.id}`, on: { click: () => trying(() => app.live.change("DELETE", ["faults", fault.id]), `${fault.id} is off`).then(look) } }, "Remove");
  const { id, matched: _, fired: __, ...settings } = fault;
  const inOrder = Object.entries(settings).sort(([a], [b]) => names.includes(b) - names.includes(a));
  const said = inOrder.map(([name, value]) => h("span", { class: "setting" }, names.includes(name) ? h("b", {}, words(name)) : words(name), " ", h("code", {}, JSON.stringify(value))));
  const root = h("li", { class: chosen === id ? "fault chosen" : "fault" }, h("b", { class: "id" }, id), h("div", {}, h("div", { class: "settings" }, said), counts), remove);
  const update = (now) => text(counts, `met ${plural(now.matched, "request")}, acted on ${count(now.fired)}${now.times ? ` of ${count(now.times)}` : ""}${spent(now) ? ": spent" : ""}`);
  return { root, update };
}

/** A word that can be switched on and off, with its settings, and where and how often it is to act. */
function faultSwitch(app, schema, name, look) {
  const { admin, live, contract } = app;
  const own = plain(admin, schema.properties[name]);
  const around = { ...schema, required: [], properties: Object.fromEntries(Object.entries(schema.properties).filter(([other]) => !wantedWords(schema).includes(other))) };
  const known = knownNames(contract, live);
  let settings = null;
  let common = null;
  let on = [];
  const label = words(name);
  const button = h("button", { type: "button", role: "switch", "aria-checked": "false", class: "switch", "aria-label": label, on: { click: () => toggle() } }, h("span", { class: "knob" }));
  const details = h("details", { on: { toggle: () => details.open && build() } }, h("summary", {}, "Settings"));

  function build() {
    if (settings) return;
    settings = fieldsOf(admin, own, { first: firstValue(own) ?? {}, known });
    common = fieldsOf(admin, around, { known });
    details.append(settings.empty ? "" : settings.root, h("fieldset", {}, h("legend", {}, "Where and how often"), common.root));
  }

  async function toggle() {
    build();
    if (on.length) await trying(() => off(), `${label}: off`);
    else await trying(async () => live.change("POST", ["faults"], { ...common.value(), [name]: settings.value() }), (fault) => `${label}: on as ${fault.id}`);
    look();
  }

  async function off() {
    for (const fault of on) await change("DELETE", inWorld(live.name, "faults", fault.id));
    live.look("faults");
  }

  function show(faults) {
    on = faults.filter((fault) => name in fault && !spent(fault));
    button.setAttribute("aria-checked", on.length > 0);
    root.classList.toggle("on", on.length > 0);
  }

  const root = h("li", {}, h("div", { class: "switch-line" }, button, h("div", {}, h("h3", {}, label), h("p", { class: "quiet" }, prose(own.description ?? ""))), details));
  return { root, show };
}

/** The names that fields may want: of operations, accounts, errors, stages, tasks. */
function knownNames(contract, live) {
  const stages = [...contract.lifecycles.values()].flatMap((cycle) => cycle.stages.map((stage) => stage.name));
  const accounts = Object.entries(live.view?.accounts ?? {});
  return {
    operation: [...contract.operations.keys()],
    account: accounts.map(([name]) => name),
    key: accounts.map(([, account]) => account.key),
    error: [...contract.errors.keys()],
    stage: stages,
    stalls_at: stages,
    task: live.tasks.slice(0, 100).map((task) => task.id),
  };
}
