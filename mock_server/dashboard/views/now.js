// What is happening now: the newest tasks beside the newest exchanges, and a few figures.

import { h, keyed, text } from "../dom.js";
import { exchangeTable } from "../exchanges.js";
import { count } from "../format.js";
import { lane } from "../lane.js";
import { to } from "../router.js";
import { runs } from "../tasks.js";
import { verdictOf } from "../verdict.js";
import { tickLanes } from "./tasks.js";

const LANES = 12;
const ROWS = 16;

export function nowView(app) {
  const { live } = app;
  const list = h("ul", { class: "lanes" });
  const table = exchangeTable(live.name, "The newest exchanges", { short: true });
  const noTask = h("p", { class: "quiet" }, "No task yet. A client that starts one will be seen here at once.");
  const noRequest = h("p", { class: "quiet" }, "No request yet. The journal fills as clients call.");
  const tiles = tilesOf(live.name, app.contract.paid);

  function show() {
    const running = live.tasks.filter((task) => task.next !== null);
    const rest = live.tasks.filter((task) => task.next === null);
    keyed(list, order(live.tasks).slice(0, LANES), (task) => task.id, (task) => lane(app, task));
    table.show(live.exchanges.slice(0, ROWS));
    table.root.hidden = !(noRequest.hidden = live.exchanges.length > 0);
    noTask.hidden = live.tasks.length > 0;
    tiles.show({
      running: running.length,
      ended: rest.length,
      requests: live.exchangeTotal,
      refused: live.exchanges.filter((entry) => verdictOf(entry).kind === "refused").length,
      faults: live.exchanges.filter((entry) => verdictOf(entry).kind === "fault").length,
      credits: Object.values(live.view?.accounts ?? {}).reduce((sum, account) => sum + account.credits, 0),
    });
  }

  show();
  return {
    title: "Now",
    root: h("div", { class: "now" }, h("h1", { class: "unseen" }, `What world ${live.name} is doing now`), tiles.root, h("section", { "aria-labelledby": "tasks" }, h("div", { class: "head" }, h("h2", { id: "tasks" }, "Tasks"), h("a", { href: to(live.name, "tasks") }, "All tasks")), noTask, list), h("section", { "aria-labelledby": "requests" }, h("div", { class: "head" }, h("h2", { id: "requests" }, "Requests"), h("a", { href: to(live.name, "journal") }, "The whole journal")), noRequest, h("div", { class: "framed" }, table.root))),
    update: (topics) => ["tasks", "journal", "world"].some((topic) => topics.has(topic)) && show(),
    tick: () => tickLanes(list),
  };
}

/** Those that a client started, newest first, before those that the world began with. */
const order = (tasks) => [...tasks.filter((task) => !began(task)), ...tasks.filter(began)];
const began = (task) => !task.price && !runs(task) && !task.source;

function tilesOf(world, paid) {
  const rows = [
    ["running", "running", to(world, "tasks", null, { state: "running" })],
    ["ended", "not running", to(world, "tasks")],
    ["requests", "requests", to(world, "journal")],
    ["refused", "refused lately", to(world, "journal")],
    ["faults", "met by faults lately", to(world, "faults")],
    ...(paid ? [["credits", "credits left", to(world, "ledger")]] : []),
  ];
  const figures = new Map(rows.map(([name]) => [name, h("b", {}, "0")]));
  const root = h("ul", { class: "tiles" }, rows.map(([name, words, address]) => h("li", {}, h("a", { href: address }, figures.get(name), h("span", {}, words)))));
  return { root, show: (now) => [...figures].forEach(([name, figure]) => text(figure, count(now[name]))) };
}
