// The clock of the world: what time it is there, and the buttons that let it pass, jump or stand still.

import { fill, h, icon, text } from "./dom.js";
import { dateTime, duration, fromMillis } from "./format.js";
import { say, trying } from "./toast.js";

const STEPS = [[1, "1 s"], [10, "10 s"], [60, "1 min"], [600, "10 min"], [3600, "1 h"], [86400, "1 d"]];
const TOLD = 3; // events that are said one by one

export class ClockBar {
  constructor(app) {
    this._app = app;
    this._time = h("span", { class: "time" });
    this._how = h("span", { class: "quiet how" });
    this._freeze = h("button", { type: "button", hidden: true, on: { click: () => this._toggle() } });
    this._step = h("select", { "aria-label": "Seconds to advance" }, STEPS.map(([seconds, words]) => h("option", { value: seconds }, words)));
    this._step.value = "10";
    const next = h("button", { type: "button", title: "Jump to the next event of this world", on: { click: () => this._next() } }, icon("next"), "Next event");
    const advance = h("button", { type: "button", on: { click: () => this._advance() } }, "Advance");
    this.root = h("div", { class: "clock", role: "group", "aria-label": "Clock of the world" }, h("div", { class: "reading" }, this._time, this._how), next, h("span", { class: "joined" }, advance, this._step), this._freeze);
  }

  update(topics) {
    const { clock, view } = this._app.live;
    if (!clock) return;
    if (topics.has("clock") || topics.has("world")) {
      text(this._how, how(view, clock));
      this._freeze.hidden = view?.drive === "manual" && clock.scale === 0;
      fill(this._freeze, ...(clock.scale === 0 ? [icon("run"), "Run"] : [icon("frost"), "Freeze"]));
    }
    this.tick();
  }

  tick() {
    const { live } = this._app;
    if (live?.clock) text(this._time, dateTime(fromMillis(live.now)));
  }

  async _next() {
    const { live } = this._app;
    const answer = await trying(() => live.change("POST", ["clock", "next"]));
    if (answer) tell(answer.events, "Nothing is to come that time would bring");
  }

  async _advance() {
    const { live } = this._app;
    const seconds = Number(this._step.value);
    const answer = await trying(() => live.change("POST", ["clock", "advance"], { seconds }));
    if (answer) tell(answer.events, `${duration(seconds)} later; nothing happened`);
  }

  async _toggle() {
    const { live } = this._app;
    const frozen = live.clock.scale === 0;
    const scale = frozen ? (this._before ?? 1) : 0;
    if (!frozen) this._before = live.clock.scale;
    await trying(() => live.change("PUT", ["clock"], { scale }), frozen ? "The clock runs" : "The clock stands still");
  }
}

function how(view, clock) {
  if (view?.drive === "manual") return "moved by hand";
  const pace = clock.scale === 0 ? "frozen" : clock.scale === 1 ? "real time" : `×${clock.scale}`;
  return view?.drive === "polls" ? `${pace}, tasks by polls` : pace;
}

/** Say what a call made happen: the first few, and how many more. */
function tell(events, nothing) {
  if (!events.length) return say(nothing);
  const lines = events.slice(0, TOLD).map((event) => Object.entries(event).filter(([key]) => key !== "at" && key !== "kind").map(([, value]) => value).join(" → "));
  const more = events.length > TOLD ? `, and ${events.length - TOLD} more` : "";
  say(`${lines.join(", ")}${more}`);
}
