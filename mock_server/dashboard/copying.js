// An exchange as a cURL command and as a pytest test, and onto the clipboard.

import { h } from "./dom.js";
import { say } from "./toast.js";

const BY_ITSELF = new Set(["host", "content-length", "connection", "accept-encoding", "user-agent", "accept", "transfer-encoding"]);
const REDACTED = "<redacted>";

const headersOf = (entry) => Object.entries(entry.headers).filter(([name]) => !BY_ITSELF.has(name) && !name.startsWith("sec-"));
const target = (entry) => entry.path + (entry.query ? `?${entry.query}` : "");

/** Quote a text for a POSIX shell. */
const quoted = (words) => `'${words.replace(/'/g, `'\\''`)}'`;

/** The command that sends the request again. A key that was left out has to be set in $KEY. */
export function asCurl(entry, origin = location.origin) {
  const parts = [`curl -X ${quoted(entry.method)} ${quoted(origin + target(entry))}`];
  for (const [name, value] of headersOf(entry)) {
    const left = value.includes(REDACTED) ? `"$KEY"` : "";
    parts.push(`-H ${quoted(`${name}: ${value.replace(REDACTED, "")}`)}${left}`);
  }
  if (entry.body) parts.push(`--data-raw ${quoted(entry.body)}`);
  return parts.join(" \\\n  ");
}

/** A test that sends the request to a gateway of its own, made like this world, and expects the same answer. */
export function asPytest(entry, { world, files, carrier }) {
  const { account, operation, error } = entry.why;
  const name = `${operation ?? entry.method}_${error ?? entry.status}`.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/\W+/g, "_").replace(/^_+/, "");
  const carrying = carrier.header.toLowerCase();
  const headers = headersOf(entry).filter(([header]) => header !== carrying);
  const key = account ? `gateway.keys[${python(account)}]` : python("unknown");
  const before = carrier.start ? `${python(carrier.start)} + ` : "";
  const authorized = carrying in entry.headers ? [`        ${python(carrier.header)}: ${before}${key},`] : [];
  const lines = [
    "import httpx",
    "import pytest",
    "",
    "",
    files.includes(world) ? `@pytest.mark.gateway(world=${python(world)})` : `@pytest.mark.gateway()  # seen in the world ${python(world)}: make this one alike`,
    `def test_${name}(gateway):`,
    "    headers = {",
    ...authorized,
    ...headers.map(([header, value]) => `        ${python(header)}: ${python(value)},`),
    "    }",
    `    url = gateway.url + ${python(target(entry))}`,
    ...(entry.body ? [`    content = ${python(entry.body)}.encode()`] : []),
    `    answer = httpx.request(${python(entry.method)}, url, headers=headers${entry.body ? ", content=content" : ""}, trust_env=False)`,
    "",
    `    assert ${entry.status} == answer.status_code`,
  ];
  return `${lines.join("\n")}\n`;
}

/** A text as Python writes it: JSON's escapes are Python's, too. */
const python = (words) => JSON.stringify(words).replace(/\u007f/g, "\\x7f");

/** Put a text onto the clipboard; where the browser keeps that to secure pages, show it to be copied by hand. */
export async function copy(words, what) {
  try {
    await navigator.clipboard.writeText(words);
    say(`${what} copied`);
  } catch {
    show(words, what);
  }
}

function show(words, what) {
  const field = h("textarea", { readonly: true, rows: 12, "aria-label": what });
  field.value = words;
  const close = h("button", { type: "button" }, "Close");
  const dialog = h("dialog", { class: "wide", "aria-labelledby": "copy-title" }, h("h2", { id: "copy-title" }, what), field, h("div", { class: "actions" }, close));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  field.select();
}
