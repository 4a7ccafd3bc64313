// The question for the token, where the server listens on an address that others can reach.

import { h } from "./dom.js";

/** Ask until there is an answer. `why` is the server's own word for it. */
export function askToken(why) {
  return new Promise((resolve) => {
    const field = h("input", { id: "token", type: "password", autocomplete: "off", required: true, spellcheck: "false" });
    const form = h(
      "form",
      {},
      h("h2", { id: "token-title" }, "This mock asks for its token"),
      h("p", { class: "quiet" }, why),
      h("label", { for: "token" }, "Token"),
      field,
      h("p", { class: "quiet" }, "It is kept for this tab only, and sent as a header, never in an address."),
      h("div", { class: "actions" }, h("button", { class: "primary", type: "submit" }, "Go on")),
    );
    const dialog = h("dialog", { "aria-labelledby": "token-title" }, form);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      dialog.remove();
      resolve(field.value.trim());
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
