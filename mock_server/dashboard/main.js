// The page as a whole: reads the two descriptions, follows the world of the address, shows the view of its section.

import { get } from "./api.js";
import { understand } from "./contract.js";
import { fill, h } from "./dom.js";
import { Live } from "./live.js";
import { go, read, to } from "./router.js";
import { trying } from "./toast.js";
import { Top } from "./top.js";
import { clausesView } from "./views/clauses.js";
import { coverageView } from "./views/coverage.js";
import { exchangeView } from "./views/exchange.js";
import { faultsView } from "./views/faults.js";
import { journalView } from "./views/journal.js";
import { ledgerView } from "./views/ledger.js";
import { nowView } from "./views/now.js";
import { straysView } from "./views/strays.js";
import { taskView } from "./views/task.js";
import { tasksView } from "./views/tasks.js";
import { webhooksView } from "./views/webhooks.js";
import { worldsView } from "./views/worlds.js";

const IN_WORLD = {
  now: nowView,
  tasks: (app, route) => (route.id === null ? tasksView : taskView)(app, route),
  journal: (app, route) => (route.id === null ? journalView : exchangeView)(app, route),
  faults: faultsView,
  webhooks: webhooksView,
  ledger: ledgerView,
  coverage: coverageView,
};
const EVERYWHERE = { worlds: worldsView, clauses: clausesView, strays: straysView };

/** What all views share. */
class App {
  constructor(contract, admin) {
    this.contract = contract;
    this.admin = admin;
    this.live = null;
    this.worlds = [];
    this._main = document.getElementById("main");
    this._view = null;
    this.top = new Top(this, document.getElementById("top"));
  }

  async start() {
    await this.lookAtWorlds();
    window.addEventListener("hashchange", () => this._route());
    await this._route();
    setInterval(() => this._tick(), 250);
  }

  /** Read the list of worlds anew. */
  async lookAtWorlds() {
    const { worlds, files } = await get("worlds");
    this.worlds = worlds;
    this.files = files;
    this.top.update(new Set(["worlds"]));
    return this.worlds;
  }

  _has(name) {
    return this.worlds.some((world) => world.name === name);
  }

  async _route() {
    const { hash } = location;
    const route = read(hash);
    const known = route.world ?? (route.section && this.live ? this.live.name : this.worlds[0]?.name);
    if (!route.section && known) return go(to(known), { replace: true });
    if (known && !this._has(known)) await trying(() => this.lookAtWorlds());
    if (this._has(known) && this.live?.name !== known) this._follow(known);
    if (location.hash === hash) this._show(route);
  }

  /** Follow a world, and the one that takes its place when it is made anew. */
  async _follow(name) {
    this.live?.stop();
    const live = new Live(name, (topics) => this._changed(live, topics));
    this.live = live;
    this.top.update(new Set(["world", "state"]));
    await live.run();
    if (this.live !== live) return;
    await trying(() => this.lookAtWorlds());
    if (this._has(name)) this._follow(name);
    else live.state = "gone";
    this.top.update(new Set(["state"]));
    this._show(read(location.hash));
  }

  _show(route) {
    this._view?.destroy?.();
    const gone = route.world !== null && !this._has(route.world);
    const view = gone ? missing(route.world) : (IN_WORLD[route.section] ?? EVERYWHERE[route.section] ?? nowhere)(this, route);
    this._view = view;
    document.title = `${view.title} · ${this.live ? `${this.live.name} · ` : ""}covermock`;
    fill(this._main, view.root);
    this.top.route(route);
    if (this._shown) this._main.focus({ preventScroll: true });
    this._shown = true;
    window.scrollTo(0, 0);
  }

  _changed(live, topics) {
    if (live !== this.live) return;
    this.top.update(topics);
    this._view?.update?.(topics);
  }

  /** Let what shows time go on. */
  _tick() {
    this._ticks = (this._ticks ?? 0) + 1;
    const hurried = Boolean(this.live?.hurried);
    document.documentElement.toggleAttribute("data-hurried", hurried);
    if (document.hidden || (hurried && this._ticks % 8)) return;
    this.live?.advance();
    this.top.tick();
    this._view?.tick?.();
  }
}

const missing = (name) => ({
  title: "No such world",
  root: h("div", { class: "empty" }, h("h1", {}, `There is no world ${name}`), h("p", {}, h("a", { href: "#/worlds" }, "Look at the worlds that there are"))),
});

const nowhere = () => ({
  title: "Nothing here",
  root: h("div", { class: "empty" }, h("h1", {}, "There is nothing at this address"), h("p", {}, h("a", { href: "#/" }, "Go to the beginning"))),
});

async function begin() {
  try {
    const [contract, admin] = await Promise.all([get("openapi.json"), get("admin.json")]);
    await new App(understand(contract), admin).start();
  } catch (error) {
    fill(document.getElementById("main"), h("div", { class: "empty" }, h("h1", {}, "The mock does not answer as expected"), h("p", {}, error.message)));
  }
}

begin();
