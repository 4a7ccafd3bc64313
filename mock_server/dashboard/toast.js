// What just happened, said once: on the screen for a while, and to screen readers.

import { h, icon } from "./dom.js";

const SHOWN = 6000; // milliseconds
const MOST = 4;

/** Say something; `kind` is "ok" or "bad". */
export function say(words, kind = "ok") {
  const box = document.getElementById("toasts");
  const close = h("button", { class: "plain", type: "button", "aria-label": "Close" }, icon("bad"));
  const toast = h("div", { class: `toast ${kind}` }, icon(kind), h("p", {}, words), close);
  close.addEventListener("click", () => toast.remove());
  box.append(toast);
  while (box.children.length > MOST) box.firstChild.remove();
  setTimeout(() => toast.remove(), kind === "bad" ? 3 * SHOWN : SHOWN);
}

/** Do something that asks the server; say what it refused. Return what `work` returns, or undefined. */
export async function trying(work, done = null) {
  try {
    const answer = await work();
    if (done) say(typeof done === "function" ? done(answer) : done);
    return answer;
  } catch (error) {
    if (error.name !== "AbortError") say(error.message, "bad");
    return undefined;
  }
}

/** Look at something once more. That the mock is away is told at the top of the page, not by every look. */
export async function looking(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TypeError) && error.name !== "AbortError") say(error.message, "bad");
    return undefined;
  }
}

/** Ask before something that can't be taken back. */
export function sure(question, deed) {
  return new Promise((resolve) => {
    const yes = h("button", { class: "danger", type: "button" }, deed);
    const no = h("button", { type: "button", autofocus: true }, "Cancel");
    const dialog = h("dialog", { "aria-labelledby": "sure-title" }, h("h2", { id: "sure-title" }, question), h("div", { class: "actions" }, no, yes));
    const end = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    yes.addEventListener("click", () => end(true));
    no.addEventListener("click", () => end(false));
    dialog.addEventListener("cancel", () => end(false));
    document.body.append(dialog);
    dialog.showModal();
  });
}
