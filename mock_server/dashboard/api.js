// The control API, as the page uses it. Where the server wants a token it is asked for once, kept for this tab only,
// and sent as a header: no URL ever has it.

import { askToken } from "./token.js";

const KEPT = "covermock-token";

/** An answer that is no good: title and detail say what was expected, what was received, and the remedy. */
export class Problem extends Error {
  constructor(status, title, detail) {
    super(detail || title);
    this.status = status;
    this.title = title;
  }
}

/** The headers that prove who is asking. */
export function credentials() {
  const token = sessionStorage.getItem(KEPT);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

let asking = null;

/** Fetch a path under /__mock/; ask for the token where it is needed, and try again. */
export async function send(path, { method = "GET", headers = {}, ...rest } = {}) {
  for (;;) {
    const response = await fetch(`/__mock/${path}`, {
      method,
      headers: { ...headers, ...credentials() },
      cache: "no-store",
      ...rest,
    });
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (problem.title !== "Token needed") throw problem;
    asking ??= askToken(problem.message).finally(() => (asking = null));
    sessionStorage.setItem(KEPT, await asking);
  }
}

async function problemOf(response) {
  const said = await response.json().catch(() => ({}));
  return new Problem(response.status, said.title ?? response.statusText, said.detail ?? "");
}

/** Ask and return the JSON of the answer. */
export async function get(path, query = {}, options = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = pairs.length ? `?${new URLSearchParams(pairs)}` : "";
  return (await send(path + search, options)).json();
}

/** Send a JSON body; return the JSON of the answer, or null where there is none. */
export async function change(method, path, body = undefined) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const response = await send(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  return response.status === 204 ? null : response.json();
}

/** The path of something in a world. */
export const inWorld = (world, ...parts) => ["worlds", world, ...parts].map(encodeURIComponent).join("/");
