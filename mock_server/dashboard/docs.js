// A contract as a page: Swagger UI over the document of this server, with its evidence, tried against this server.

import { credentials, get } from "./api.js";
import { fill, h } from "./dom.js";
import { nameControls } from "./names.js";
import { withEvidence } from "./evidence.js";

const CONTROL = location.pathname.endsWith("/control");

async function begin() {
  const asking = document.getElementById("asking");
  try {
    const found = await get(CONTROL ? "admin.json" : "openapi.json");
    const server = { url: location.origin, description: "This mock" };
    const ui = window.SwaggerUIBundle({
      spec: withEvidence(found, server),
      domNode: document.getElementById("contract"),
      deepLinking: true,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      tryItOutEnabled: true,
      displayRequestDuration: true,
      persistAuthorization: false,
      validatorUrl: null,
      requestInterceptor: withToken,
      onComplete: () => asking.remove(),
    });
    document.title = `${found.info.title} · covermock`;
    if (!CONTROL) await offerKeys(ui, found);
  } catch (error) {
    fill(asking, error.message);
  }
}

/** Swagger UI has colours of its own for the dark, behind a class. */
function followTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = document.documentElement.dataset.theme;
  const show = () => document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : dark.matches);
  dark.addEventListener("change", show);
  show();
}

/** The control API's token goes to the control API alone. */
function withToken(request) {
  const url = new URL(request.url, location.href);
  if (url.origin === location.origin && url.pathname.startsWith("/__mock/")) Object.assign(request.headers, credentials());
  return request;
}

/** Let the reader choose as whose account to try: all keys of this mock are known here. */
async function offerKeys(ui, found) {
  const scheme = Object.keys(found.components?.securitySchemes ?? {})[0];
  const { worlds } = await get("worlds");
  const keys = worlds.slice(0, 100).flatMap((world) => Object.entries(world.accounts).map(([account, { key }]) => [`${world.name} · ${account}`, key]));
  if (!scheme || !keys.length) return;
  const select = h("select", { id: "account" }, keys.map(([words, key]) => h("option", { value: key }, words)));
  const choose = () => ui.preauthorizeApiKey(scheme, select.value);
  select.addEventListener("change", choose);
  fill(document.getElementById("who"), h("label", { for: "account", class: "quiet" }, "Try it as"), select);
  choose();
}

for (const link of document.querySelectorAll(".tabs a")) {
  if (link.pathname === location.pathname && !link.hash) link.setAttribute("aria-current", "page");
}
followTheme();
nameControls(document.getElementById("contract"));
begin();
