// One task as a lane: its stages side by side, as long as they last, filled as far as it has come; and what it made.

import { kindOf } from "./contract.js";
import { fill, h, icon, text } from "./dom.js";
import { duration } from "./format.js";
import { thumbnails } from "./media.js";
import { to } from "./router.js";
import { progress, secondsLeft } from "./tasks.js";

const LEAST = 0.08; // the share of a lane that the shortest stage gets, so that its name can be read

/** Make the lane of a task: `{root, update(task), tick()}`. */
export function lane(app, first) {
  const id = h("a", { class: "id", href: to(app.live.name, "tasks", first.id) }, first.id);
  const about = h("span", { class: "quiet about" });
  const track = h("div", { class: "track", "aria-hidden": "true" });
  const state = h("span", { class: "badge" });
  const left = h("span", { class: "left quiet" });
  const made = h("div", { class: "made" });
  const root = h("li", { class: "lane" }, h("div", { class: "who" }, id, about), track, h("div", { class: "where" }, state, left), made);
  let task = null;
  let plan = "";
  let shown = "";
  let parts = [];
  let here = null;

  function update(now) {
    if (task === now) return;
    task = now;
    const shape = JSON.stringify(task.plan);
    if (shape !== plan) {
      parts = stages(app, task).map((root) => ({ root, share: "" }));
      fill(track, parts.map((part) => part.root));
    }
    plan = shape;
    const kind = kindOf(app.contract, task.lifecycle, task.state);
    root.dataset.kind = kind;
    state.dataset.kind = kind;
    text(state, task.state);
    text(about, [task.lifecycle, task.account].filter(Boolean).join(" · "));
    const pictures = JSON.stringify(task.results);
    // To draw pictures takes the mock's time, which a world in a hurry has for its clients alone.
    if (pictures !== shown && !app.live.hurried) {
      fill(made, thumbnails(task));
      shown = pictures;
    }
    tick();
  }

  function tick() {
    const { clock } = app.live;
    for (const [number, part] of parts.entries()) {
      const share = (number < task.step ? 1 : number > task.step ? 0 : progress(task, clock)).toFixed(3);
      if (part.share === share) continue;
      part.share = share;
      part.root.style.setProperty("--share", share);
    }
    if (here !== parts[task.step]?.root) {
      here?.classList.remove("here");
      here = parts[task.step]?.root;
      here?.classList.add("here");
    }
    text(left, whatNext(task, clock));
  }

  update(first);
  return { root, update, tick };
}

/** The parts of a track: one for each stage of the plan, as wide as it is long. */
function stages(app, task) {
  const lengths = task.plan.map((step, number) => (task.plan[number + 1]?.after ?? step.after) - step.after);
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  return task.plan.map((step, number) => {
    const grow = whole ? Math.max(lengths[number] / whole, LEAST) : 1;
    const kind = kindOf(app.contract, task.lifecycle, step.state);
    const sign = kind === "success" ? icon("ok") : kind === "failure" ? icon("bad") : h("span", {}, step.state);
    return h("div", { class: "stage", "data-kind": kind, title: step.state, style: { "--grow": grow.toFixed(3) } }, sign);
  });
}

/** Say what will come next, and when. */
export function whatNext(task, clock) {
  if (task.held) return "held";
  if (!task.next) return "";
  const seconds = secondsLeft(task, clock);
  if (task.drive === "polls") return `${task.next.state} at the next poll`;
  if (task.drive !== "time") return `${task.next.state} after ${duration(seconds)} by hand`;
  if (clock?.scale === 0) return `${task.next.state} ${duration(seconds)} away, the clock stands still`;
  return seconds > 0 ? `${task.next.state} in ${duration(seconds)}` : `${task.next.state} now`;
}
