// All tasks of the world as lanes, newest first; by state, or by a part of their id.

import { h, keyed, rowsOf, text } from "../dom.js";
import { count, plural } from "../format.js";
import { lane } from "../lane.js";
import { go, to } from "../router.js";
import { runs } from "../tasks.js";
import { trying } from "../toast.js";

const PAGE = 50; // lanes that are shown, and how many more when more are wanted

export function tasksView(app, route) {
  const { live } = app;
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Which tasks" });
  const search = h("input", { type: "search", placeholder: "id, source or account", "aria-label": "Search tasks", value: route.query.q ?? "" });
  const list = h("ul", { class: "lanes" });
  const note = h("p", { class: "quiet" });
  const more = h("button", { type: "button" }, "Show more");
  let wanted = route.query.state ?? "";
  let most = PAGE;

  const choose = (state) => {
    wanted = state;
    most = PAGE;
    go(to(live.name, "tasks", null, { state, q: search.value }), { replace: false });
  };
  search.addEventListener("input", () => ((most = PAGE), show()));
  search.addEventListener("change", () => history.replaceState(null, "", to(live.name, "tasks", null, { state: wanted, q: search.value })));
  more.addEventListener("click", async () => {
    most += PAGE;
    if (most > live.tasks.length && live.tasks.length < live.taskTotal) await trying(() => live.wantMore());
    show();
  });

  function show() {
    const found = live.tasks.filter((task) => fits(task, wanted) && says(task, search.value));
    keyed(list, found.slice(0, most), (task) => task.id, (task) => lane(app, task));
    showChips(chips, live.tasks, wanted, choose);
    const beyond = live.taskTotal - live.tasks.length;
    more.hidden = found.length <= most && beyond <= 0;
    text(note, found.length ? (beyond > 0 ? `The newest ${count(live.tasks.length)} of ${plural(live.taskTotal, "task")}` : "") : nothing(live));
  }

  show();
  return {
    title: "Tasks",
    root: h("section", { "aria-labelledby": "title" }, h("div", { class: "head" }, h("h1", { id: "title" }, "Tasks"), chips, search), list, h("div", { class: "foot" }, note, more)),
    update: (topics) => topics.has("tasks") && show(),
    tick: () => tickLanes(list),
  };
}

/** Let the lanes that can be seen go on. */
export function tickLanes(list) {
  for (const row of rowsOf(list).values()) row.tick();
}

const nothing = (live) => (live.taskTotal ? "No task is like that" : "No task yet. A client that starts one will be seen here at once.");
const fits = (task, state) => !state || (state === "running" ? runs(task) && task.next !== null : `${task.lifecycle}.${task.state}` === state);
const says = (task, part) => !part || [task.id, task.source, task.account].some((words) => words.includes(part));

function showChips(box, tasks, wanted, choose) {
  const counts = new Map([["", tasks.length], ["running", tasks.filter((task) => fits(task, "running")).length]]);
  for (const task of tasks) {
    const name = `${task.lifecycle}.${task.state}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (wanted && !counts.has(wanted)) counts.set(wanted, 0);
  const names = [...counts.keys()].sort((a, b) => (a === "" ? -1 : b === "" ? 1 : a === "running" ? -1 : b === "running" ? 1 : a < b ? -1 : 1));
  keyed(box, names, (name) => name, (name) => chip(name, choose));
  for (const [name, row] of rowsOf(box)) row.show(counts.get(name), name === wanted);
}

function chip(name, choose) {
  const number = h("span", { class: "number" });
  const root = h("button", { type: "button", class: "chip", on: { click: () => choose(name) } }, name.replace(".", " · ") || "all", number);
  const show = (many, pressed) => {
    text(number, count(many));
    root.setAttribute("aria-pressed", pressed);
  };
  return { root, show, update() {} };
}
