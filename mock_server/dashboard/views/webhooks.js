// Webhooks: to whom, how each attempt went, and once more.

import { fill, h, keyed } from "../dom.js";
import { clockTime, plural } from "../format.js";
import { looking, trying } from "../toast.js";
import { taskLink } from "../verdict.js";

const MOST = 200; // webhooks that are shown, the newest

export function webhooksView(app) {
  const { live } = app;
  const list = h("ul", { class: "rows" });
  const note = h("p", { class: "quiet" });

  async function look() {
    const found = await looking(() => live.ask(["callbacks"]));
    if (!found) return;
    const newest = found.callbacks.slice(-MOST).reverse();
    keyed(list, newest, (one) => one.id, (one) => row(app, one, look));
    fill(note, found.callbacks.length ? (found.callbacks.length > MOST ? `The newest ${MOST} of ${plural(found.callbacks.length, "webhook")}` : "") : "No task was started with a callback URL");
  }

  look();
  return {
    title: "Webhooks",
    root: h("section", { "aria-labelledby": "title" }, h("div", { class: "head" }, h("h1", { id: "title" }, "Webhooks")), list, note),
    update: (topics) => topics.has("webhooks") && look(),
  };
}

function row(app, first, look) {
  const { live } = app;
  const state = h("span", { class: "badge" });
  const about = h("p", { class: "quiet" });
  const attempts = h("ol", { class: "attempts" });
  const again = h("button", { type: "button", "aria-label": `Redeliver ${first.id}`, on: { click: () => trying(() => live.change("POST", ["callbacks", first.id, "redeliver"]), `${first.id} goes out once more`).then(look) } }, "Redeliver");
  const root = h("li", { class: "webhook" }, h("div", { class: "who" }, h("b", { class: "id" }, first.id), " ", state, " ", taskLink(live.name, first.task)), h("div", { class: "url" }, first.url), about, attempts, again);
  let shown = "";
  function update(now) {
    const key = JSON.stringify(now);
    if (key === shown) return;
    shown = key;
    fill(state, now.state);
    state.dataset.kind = KINDS[now.state] ?? "waiting";
    fill(about, [now.mode && `misbehaves: ${now.mode}`, now.due === null ? "due when its task ends" : OPEN.has(now.state) && `due ${clockTime(now.due)}`].filter(Boolean).join(" · "));
    fill(attempts, now.attempts.map((attempt) => h("li", {}, h("time", { datetime: attempt.at }, clockTime(attempt.at)), " ", h("span", { class: "status", "data-hundred": attempt.status ? Math.floor(attempt.status / 100) : 5 }, attempt.status ?? "–"), " ", attempt.problem)));
  }
  update(first);
  return { root, update };
}

const OPEN = new Set(["planned", "sending"]);
const KINDS = { delivered: "success", failed: "failure", blocked: "failure", lost: "failure" };
