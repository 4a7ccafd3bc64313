// Where a task is in its plan, and when it goes on: worked out here, so that a lane moves without asking the server.

import { worldNow } from "./worldtime.js";

/** Take a task as the control API shows it, at the world's instant `now` (milliseconds). */
export function takeTask(view, now) {
  const step = stepOf(view);
  const due = view.next && view.drive === "time" ? now + view.next.in_seconds * 1000 : null;
  return { ...view, step, due };
}

/** Where a task is in its plan: no state comes twice in one. */
const stepOf = (view) => Math.max(0, view.plan.findIndex((step) => step.state === view.state));

/** Let a task enter a state at an instant (milliseconds), as an event tells. */
export function entered(task, state, at) {
  const step = task.plan.findIndex((one) => one.state === state);
  if (step < 0 || step < task.step) return task; // another plan, or late news: the next look will tell
  const coming = task.plan[step + 1];
  const seconds = coming ? coming.after - task.plan[step].after : 0;
  const next = coming && !task.held ? { state: coming.state, in_seconds: seconds } : null;
  return { ...task, state, step, next, due: next && task.drive === "time" ? at + seconds * 1000 : null };
}

/** The share of its present stage that a task has behind it, from 0 to 1. */
export function progress(task, clock) {
  const coming = task.plan[task.step + 1];
  if (!coming) return 1;
  const length = (coming.after - task.plan[task.step].after) * 1000;
  const left = secondsLeft(task, clock) * 1000;
  return length > 0 ? Math.min(1, Math.max(0, 1 - left / length)) : 0;
}

/** The seconds of the world's time until its next state. Where no clock moves it, what it still has to be given. */
export function secondsLeft(task, clock) {
  if (task.due !== null) return Math.max(0, (task.due - worldNow(clock)) / 1000);
  return task.next ? task.next.in_seconds : 0;
}

/** Tell whether a task can still change. */
export const runs = (task) => task.step + 1 < task.plan.length || task.next !== null;
