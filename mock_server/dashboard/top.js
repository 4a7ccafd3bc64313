// The top of the page: which world, whether it is live, its clock, and the way to all sections.

import { h, fill, icon, text } from "./dom.js";
import { ClockBar } from "./clockbar.js";
import { count } from "./format.js";
import { go, read, to, toAll } from "./router.js";

const SECTIONS = [
  ["now", "Now"],
  ["tasks", "Tasks"],
  ["journal", "Journal"],
  ["faults", "Faults"],
  ["webhooks", "Webhooks"],
  ["ledger", "Ledger"],
  ["coverage", "Coverage"],
];
const EVERYWHERE = [
  ["worlds", "Worlds"],
  ["clauses", "Clauses"],
];
const MOST = 200; // worlds that can be chosen here; the page of worlds finds all
const STATES = {
  connecting: ["wait", "connecting", "Connecting to the event stream"],
  live: ["ok", "live", "Live: the event stream is open"],
  polling: ["wait", "polling", "No event stream: asking every two seconds"],
  away: ["bad", "away", "The mock does not answer"],
  gone: ["bad", "gone", "This world was deleted"],
};
const THEMES = { auto: ["auto", "Colours follow the system"], light: ["sun", "Light colours"], dark: ["moon", "Dark colours"] };

export class Top {
  constructor(app, root) {
    this._app = app;
    this._select = h("select", { id: "world", on: { change: () => go(to(this._select.value, read(location.hash).section in SAME ? read(location.hash).section : "now")) } });
    this._state = h("span", { class: "state" });
    this._clock = new ClockBar(app);
    this._links = new Map();
    this._counts = new Map();
    fill(
      root,
      h(
        "div",
        { class: "bar" },
        h("a", { class: "brand", href: "#/" }, h("img", { src: "/__mock/dashboard/icon.svg", alt: "", width: 22, height: 22 }), "covermock"),
        h("div", { class: "which" }, h("label", { for: "world", class: "quiet" }, "World"), this._select, this._state),
        this._clock.root,
        this._themes(),
      ),
      h("nav", { class: "tabs", "aria-label": "Sections" }, SECTIONS.map((row) => this._link(...row)), h("span", { class: "gap" }), EVERYWHERE.map((row) => this._link(...row)), h("a", { href: "/__mock/docs" }, "Contract")),
    );
  }

  _link(section, words) {
    const number = h("span", { class: "number" });
    const link = h("a", {}, words, number);
    this._links.set(section, link);
    this._counts.set(section, number);
    return link;
  }

  _themes() {
    const button = h("button", { class: "plain theme", type: "button" });
    const show = () => {
      const [picture, words] = THEMES[document.documentElement.dataset.theme ?? "auto"];
      fill(button, icon(picture));
      button.title = words;
      button.setAttribute("aria-label", `${words}: change`);
    };
    button.addEventListener("click", () => {
      const names = Object.keys(THEMES);
      const next = names[(names.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % names.length];
      if (next === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = next;
      localStorage.setItem("covermock-theme", next);
      show();
    });
    show();
    return button;
  }

  /** Mark where the page is. */
  route(route) {
    const world = this._app.live?.name;
    for (const [section, link] of this._links) {
      link.href = EVERYWHERE.some(([one]) => one === section) ? toAll(section) : world === undefined ? "#/worlds" : to(world, section);
      if (section === route.section) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  update(topics) {
    const { live, worlds } = this._app;
    if (topics.has("worlds") || topics.has("world")) this._showWorlds(worlds, live);
    if (!live) return;
    const [picture, words, why] = STATES[live.state];
    if (this._shownState !== live.state) fill(this._state, icon(picture), words);
    this._shownState = live.state;
    this._state.dataset.state = live.state;
    this._state.title = why;
    text(this._counts.get("tasks"), live.taskTotal ? count(live.taskTotal) : "");
    text(this._counts.get("journal"), live.exchangeTotal ? count(live.exchangeTotal) : "");
    this._clock.update(topics);
  }

  _showWorlds(worlds, live) {
    const names = worlds.slice(0, MOST).map((world) => world.name);
    if (live && !names.includes(live.name)) names.unshift(live.name);
    if (names.join("\n") !== this._names) fill(this._select, names.map((name) => h("option", { value: name }, name)));
    this._names = names.join("\n");
    if (live) this._select.value = live.name;
  }

  tick() {
    this._clock.tick();
  }
}

const SAME = Object.fromEntries(SECTIONS);
