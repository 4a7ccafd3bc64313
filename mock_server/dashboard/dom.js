// Elements from code. Text becomes text nodes and nothing else, so that nothing a client sent can be markup.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: `class`, `on: {event: listener}`, `style: {"--x": value}`, else properties by attribute name. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) set(element, name, value);
  append(element, children);
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "on") {
    for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
  } else if (name === "style") {
    for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
  } else if (name.startsWith("on")) {
    throw new TypeError(`expected a listener under "on", received the attribute ${name}`);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Replace all that is in an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Replace all that is in an element, and keep the focus where it was: on what is called the same. */
export function refill(element, ...children) {
  const focused = element.contains(document.activeElement) ? called(document.activeElement) : null;
  fill(element, ...children);
  if (focused === null) return;
  const again = [...element.querySelectorAll("a, button, input, select, summary")].find((one) => called(one) === focused);
  again?.focus({ preventScroll: true });
}

const called = (one) => `${one.tagName} ${one.getAttribute("aria-label") ?? one.id ?? ""} ${one.getAttribute("href") ?? ""} ${one.textContent}`;

/** Set the text of an element, if it is another one: no work for the browser where nothing changed. */
export function text(element, words) {
  const now = String(words);
  if (element.textContent !== now) element.textContent = now;
}

/**
 * Let `parent` show the items, in order. A row stays the same element while its key stays, so that focus and
 * selection stay; `make(item)` returns `{root, update(item)}`.
 */
export function keyed(parent, items, key, make) {
  const old = ROWS.get(parent) ?? new Map();
  const rows = new Map();
  let at = parent.firstChild;
  for (const item of items) {
    const name = key(item);
    const row = old.get(name) ?? make(item);
    rows.set(name, row);
    old.delete(name);
    row.update(item);
    if (row.root === at) at = at.nextSibling;
    else parent.insertBefore(row.root, at);
  }
  for (const row of old.values()) row.root.remove();
  ROWS.set(parent, rows);
}

const ROWS = new WeakMap();

/** The rows that `keyed` has put into an element, by key. */
export const rowsOf = (parent) => ROWS.get(parent) ?? new Map();

/** Make one of the few small pictures. It is beside a word that says the same. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const ICONS = {
  ok: "M3 8.5l3.2 3L13 4.8",
  bad: "M4 4l8 8M12 4l-8 8",
  bolt: "M9 1.8L3.5 9H8l-1 5.2L12.5 7H8z",
  hand: "M8 2v7M8 12.2v.6",
  wait: "M8 4v4.2l2.6 1.6M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z",
  next: "M3 3.5v9L9.5 8zM12.5 3.5v9",
  frost: "M8 1.5v13M2.4 4.8l11.2 6.4M13.6 4.8L2.4 11.2",
  run: "M4.5 3v10l8-5z",
  copy: "M5.5 5.5h7.5v8H5.5zM3 10.5v-8h7.5",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6zM8 1v1.8M8 13.2V15M1 8h1.8M13.2 8H15M3 3l1.3 1.3M11.7 11.7L13 13M13 3l-1.3 1.3M4.3 11.7L3 13",
  moon: "M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6z",
  auto: "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12",
};
