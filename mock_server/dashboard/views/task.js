// One task: its lane, its facts, what it made, what can be done to it, and every exchange about it.

import { get, inWorld } from "../api.js";
import { resolve } from "../contract.js";
import { fill, h, refill } from "../dom.js";
import { exchangeTable } from "../exchanges.js";
import { dateTime, duration, words } from "../format.js";
import { lane } from "../lane.js";
import { results } from "../media.js";
import { atMost } from "../pace.js";
import { takeTask } from "../tasks.js";
import { trying } from "../toast.js";

const MOST = 50; // exchanges that are shown
const AGAIN = 1000; // milliseconds between two looks at it, while something happens
const TOPICS = ["tasks", "journal", "clock"];

export function taskView(app, route) {
  const { live } = app;
  const box = h("div", {}, h("p", { class: "quiet" }, "Looking…"));
  const about = exchangeTable(live.name, "Exchanges about this task", { short: true });
  const heard = h("h2", { hidden: true }, "Exchanges about it");
  const framed = h("div", { class: "framed", hidden: true }, about.root);
  const list = h("ul", { class: "lanes" });
  let row = null;
  let shown = "";
  const look = atMost(AGAIN, lookNow);

  async function lookNow() {
    try {
      const view = await get(inWorld(live.name, "tasks", route.id));
      show(takeTask(view, live.now));
      const { entries } = await live.ask(["journal"], { task: route.id, limit: MOST });
      about.show(entries.reverse());
      heard.hidden = framed.hidden = entries.length === 0;
    } catch (error) {
      if (error.name !== "AbortError" && !row) fill(box, h("p", { class: "empty" }, error.message));
    }
  }

  function show(task) {
    row ??= lane(app, task);
    if (!row.root.isConnected) list.append(row.root);
    row.update(task);
    const key = JSON.stringify([task.state, task.results, task.held, task.polls, task.plan]);
    if (key === shown) return;
    shown = key;
    const made = task.results.length ? h("ul", { class: "results" }, results(task)) : h("p", { class: "quiet" }, task.next ? "Nothing yet" : "Nothing");
    refill(box, list, deeds(app, task, lookNow), h("div", { class: "columns" }, h("section", {}, h("h2", {}, "What it made"), made), h("section", {}, h("h2", {}, "Facts"), facts(task), h("h2", {}, "Plan"), plan(task))));
  }

  lookNow();
  return {
    title: `Task ${route.id}`,
    root: h("article", { "aria-labelledby": "title" }, h("div", { class: "head" }, h("h1", { id: "title" }, "Task ", h("span", { class: "id" }, route.id))), box, heard, framed),
    update: (topics) => TOPICS.some((topic) => topics.has(topic)) && look(),
    destroy: look.stop,
    tick: () => row?.tick(),
  };
}

function facts(task) {
  const rows = Object.entries(task).filter(([name, value]) => !["plan", "results", "next", "step", "due", "id"].includes(name) && value !== "" && value !== null);
  return h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, words(name)), h("dd", {}, name === "created_at" ? dateTime(value) : String(value))]));
}

function plan(task) {
  const row = (step, number) => h("li", number === task.step ? { "aria-current": "step" } : {}, h("span", { class: "badge" }, step.state), h("span", { class: "quiet" }, step.after ? ` after ${duration(step.after)}` : " at once"));
  return h("ol", { class: "plan" }, task.plan.map(row));
}

/** A button for each thing that the control API can do to a task: the words are its own. */
function deeds(app, task, lookNow) {
  const path = Object.keys(app.admin.paths).find((one) => one.endsWith("/tasks/{task}/{act}"));
  const parameter = app.admin.paths[path]?.parameters?.map((one) => resolve(app.admin, one)).find((one) => one.name === "act");
  const over = task.step + 1 >= task.plan.length && !task.held && task.next === null;
  const act = async (name) => {
    await trying(() => app.live.change("POST", ["tasks", task.id, name]), `${words(name)}: done`);
    lookNow();
  };
  const button = (name) => h("button", { type: "button", disabled: over, on: { click: () => act(name) } }, words(name));
  return h("div", { class: "actions start", role: "group", "aria-label": "What to do with it" }, (parameter?.schema.enum ?? []).map(button));
}
