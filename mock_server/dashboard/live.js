// What the page knows of the world that it shows: kept up to date by the event stream, or by polling where there is
// none. Views are told which topics changed, a few times a second at most, however much happens.

import { change, get, inWorld } from "./api.js";
import { follow, pause } from "./stream.js";
import { entered, takeTask } from "./tasks.js";
import { sameLine, takeClock, worldNow } from "./worldtime.js";

const KEPT = 500; // exchanges that are kept here; older ones are asked for
const FIRST = 100; // exchanges that are asked for at the start
const PAINT = 200; // milliseconds between two updates of the page
const PAINT_HURRIED = 2000; // the same where more happens than is told: the processor is for the mock and its clients
const AGAIN = 2000; // milliseconds between two looks at what events don't tell whole
const CHECK = 5000; // milliseconds between two looks at the clock, which others may move
const CALM = 5000; // milliseconds after which a world is no more in a hurry
const STEP = 200; // tasks that are asked for, and how many more when more are wanted

/** The world `name`, followed until `stop`. `notify(topics)` gets a set: tasks, journal, clock, webhooks, … */
export class Live {
  constructor(name, notify) {
    this.name = name;
    this.state = "connecting"; // live, polling, away, gone
    this.tasks = []; // newest first
    this.taskTotal = 0;
    this.taskLimit = STEP;
    this.exchanges = []; // newest first, without bodies
    this.exchangeTotal = 0;
    this.skipped = 0;
    this._skippedAt = -Infinity;
    this.clock = null;
    this.view = null;
    this._notify = notify;
    this._topics = new Set();
    this._stale = new Set();
    this._places = new Map();
    this._stopped = new AbortController();
  }

  /** Follow the world; return when it has ended, or somebody has stopped this. */
  async run() {
    const { signal } = this._stopped;
    this._stale = new Set(["world", "clock", "tasks", "journal"]);
    this._refresh(signal);
    this._check(signal);
    await follow(this.name, signal, (events) => this._take(events), (state) => this._told(state));
    this.stop();
  }

  /** Follow it no more. */
  stop() {
    this._stopped.abort();
    clearTimeout(this._timer);
  }

  get now() {
    return worldNow(this.clock);
  }

  /** Let time move the tasks whose next state is due by the world's clock: an event may come late, or not at all. */
  advance() {
    const { now } = this;
    for (const [place, task] of this.tasks.entries()) {
      if (task.due === null || task.due > now) continue;
      this.tasks[place] = entered(task, task.next.state, task.due);
      if (this.tasks[place].due === null) this._stale.add("tasks");
      this._say("tasks");
    }
  }

  /** Tell whether so much happens that not all of it is told. */
  get hurried() {
    return performance.now() - this._skippedAt < CALM;
  }

  /** Find a task among those that are known here. */
  task(id) {
    const place = this._places.get(id);
    return place === undefined ? undefined : this.tasks[place];
  }

  /** Ask for more of the tasks. */
  wantMore() {
    this.taskLimit = Math.min(this.taskLimit + STEP, 10000);
    return this.look("tasks");
  }

  /** Change something in this world, then look at what that may have changed. */
  async change(method, parts, body) {
    const answer = await change(method, inWorld(this.name, ...parts), body);
    this.look("world", "clock", "tasks", "webhooks", "faults", "ledger", "coverage");
    return answer;
  }

  /** Ask something about this world. */
  ask(parts, query) {
    return get(inWorld(this.name, ...parts), query, { signal: this._stopped.signal });
  }

  /** Look at topics now; those that no list here holds are looked at by the views, which are told. */
  async look(...topics) {
    for (const topic of topics) {
      this._stale.delete(topic);
      await this[`_look_${topic}`]?.().then(() => this._back(), (error) => this._failed(topic, error));
      this._say(topic);
    }
  }

  /** Hear how the stream is. While nobody answers at all, that there is none is no news. */
  _told(state) {
    if (state !== "polling" || this.state !== "away") this._became(state);
  }

  _back() {
    if (this.state === "away") this._became("polling");
  }

  _failed(topic, error) {
    this._stale.add(topic);
    if (error instanceof TypeError) this._became("away"); // what fetch raises where nobody answers
  }

  _became(state) {
    if (this.state === state) return;
    this.state = state;
    this._say("state");
    if (state === "polling" || state === "live") this._markAll(); // a stream tells nothing of what came before it
  }

  _markAll() {
    for (const topic of ["world", "clock", "tasks", "journal", "webhooks", "faults", "ledger", "coverage"]) {
      this._stale.add(topic);
    }
  }

  /** Look again, once in a while, at what has become stale. */
  async _refresh(signal) {
    while (!signal.aborted) {
      if (this.state === "polling") this._markAll();
      if (!document.hidden && this._stale.size) await this.look(...this._stale);
      await pause(this.hurried ? 5 * AGAIN : AGAIN, signal);
    }
  }

  /** Look at the clock: if others have moved it, tasks are elsewhere. */
  async _check(signal) {
    while (!signal.aborted) {
      await pause(CHECK, signal);
      if (!signal.aborted && !document.hidden) this._stale.add("clock");
    }
  }

  async _look_world() {
    this.view = await this.ask([]);
  }

  async _look_clock() {
    const clock = takeClock(await this.ask(["clock"]));
    if (this.clock && !sameLine(this.clock, clock)) this._stale.add("tasks");
    this.clock = clock;
  }

  async _look_tasks() {
    if (!this.clock) await this._look_clock();
    const { tasks, total } = await this.ask(["tasks"], { order: "newest", limit: this.taskLimit });
    const { now } = this;
    this.tasks = tasks.map((view) => takeTask(view, now));
    this.taskTotal = total;
    this._places = new Map(this.tasks.map((task, place) => [task.id, place]));
  }

  async _look_journal() {
    const known = this.exchanges[0]?.number ?? 0;
    const { entries } = await this.ask(["journal"], { limit: FIRST });
    if ((entries.at(-1)?.number ?? 0) < known) return this.stop(); // the world was made anew
    for (const entry of entries) this._exchange(entry);
    this._awaited();
  }

  _take(events) {
    const handle = { request: this._request, stage: this._stage, webhook: this._webhook, skipped: this._skip };
    for (const { kind, data } of events) handle[kind]?.call(this, data);
  }

  _request(entry) {
    if (this._exchange(entry)) this._stale.add("world").add("ledger").add("coverage");
    if (entry.why?.faults?.length) this._stale.add("faults");
    if (entry.waiting) this._stale.add("journal");
  }

  /** Put an exchange in its place, unless it is known; its bodies are asked for when they are wanted. */
  _exchange({ body, answer, headers, answer_headers: _, ...entry }) {
    const [newest] = this.exchanges;
    if (newest && entry.number <= newest.number) return this._earlier(entry);
    this.exchanges.unshift(entry);
    if (this.exchanges.length > KEPT) this.exchanges.length = KEPT;
    this.exchangeTotal = entry.number;
    this._say("journal");
    return true;
  }

  /** Put an exchange among those that came after it: it was on its way while they were asked for. */
  _earlier(entry) {
    const at = this.exchanges.findIndex((one) => one.number <= entry.number);
    if (at < 0 && this.exchanges.length >= KEPT) return false;
    const known = at >= 0 && this.exchanges[at].number === entry.number;
    if (known && this.exchanges[at].waiting === entry.waiting) return false;
    this.exchanges.splice(at < 0 ? this.exchanges.length : at, known ? 1 : 0, entry);
    this._say("journal");
    return true;
  }

  /** Look again as long as an answer is held back: no event tells when it goes. */
  _awaited() {
    if (this.exchanges.slice(0, FIRST).some((entry) => entry.waiting)) this._stale.add("journal");
  }

  _stage(data) {
    const place = this._places.get(data.task);
    if (place === undefined) {
      this._stale.add("tasks");
      return;
    }
    const moved = entered(this.tasks[place], data.state, Date.parse(data.at));
    this.tasks[place] = moved;
    if (moved.step + 1 >= moved.plan.length) this._stale.add("tasks"); // its results are to be seen
    this._stale.add("world").add("webhooks").add("ledger");
    this._say("tasks");
  }

  _webhook() {
    this._stale.add("webhooks");
  }

  _skip({ count }) {
    this.skipped += count;
    this._skippedAt = performance.now();
    this._stale.add("tasks").add("world").add("journal");
    this._say("journal");
  }

  _say(topic) {
    this._topics.add(topic);
    this._timer ??= setTimeout(() => {
      this._timer = undefined;
      const topics = this._topics;
      this._topics = new Set();
      this._notify(topics);
    }, this.hurried ? PAINT_HURRIED : PAINT);
  }
}
