// A form from a JSON Schema: a field for each property, with its description; what is left empty is left out.

import { h } from "./dom.js";
import { prose, words } from "./format.js";
import { kindOfField, plain } from "./schema.js";

let made = 0;

/**
 * Make the fields of an object schema: `{root, value()}`. `first` is what they begin with, `known` has the names that
 * a field may want, by the field's name. `value` raises a `SyntaxError` where a field should have JSON and has not.
 */
export function fieldsOf(root, schema, { first = {}, known = {}, only = () => true } = {}) {
  const object = plain(root, schema);
  const needed = new Set(object.required ?? []);
  const fields = Object.entries(object.properties ?? {}).filter(([name]) => only(name)).map(([name, inner]) => [name, field(root, name, plain(root, inner), { first: first?.[name], known, needed: needed.has(name) })]);
  const value = () => Object.fromEntries(fields.map(([name, one]) => [name, one.value()]).filter(([, given]) => given !== undefined));
  return { root: h("div", { class: "fields" }, fields.map(([, one]) => one.root)), value, empty: fields.length === 0 };
}

function field(root, name, schema, options) {
  const kind = kindOfField(schema);
  return kind === "group" ? group(root, name, schema, options) : single(name, schema, kind, options);
}

function group(root, name, schema, { first, known, needed }) {
  const inner = fieldsOf(root, schema, { first, known });
  const value = () => {
    const given = inner.value();
    return Object.keys(given).length || needed ? given : undefined;
  };
  return { root: h("fieldset", {}, h("legend", {}, words(name)), hint(schema), inner.root), value };
}

function single(name, schema, kind, { first, known, needed }) {
  made += 1;
  const id = `field-${made}`;
  const list = known[name] ? h("datalist", { id: `${id}-names` }, known[name].map((one) => h("option", { value: one }))) : null;
  const control = CONTROLS[kind](schema, needed);
  control.id = id;
  if (list) control.setAttribute("list", list.id);
  if (first !== undefined) control.value = kind === "json" ? JSON.stringify(first) : String(first);
  const described = schema.description ? `${id}-hint` : null;
  if (described) control.setAttribute("aria-describedby", described);
  const value = () => (control.value.trim() === "" ? undefined : READERS[kind](control.value.trim(), name));
  return { root: h("div", { class: "field" }, h("label", { for: id }, words(name), needed && h("span", { class: "quiet" }, " (needed)")), control, list, hint(schema, described)), value };
}

const hint = (schema, id = null) => schema.description && h("p", { class: "hint", id }, prose(schema.description));

const options = (names) => names.map((name) => h("option", { value: name }, name === "" ? "–" : String(name)));

const CONTROLS = {
  choice: (schema, needed) => h("select", {}, options(needed ? schema.enum : ["", ...schema.enum])),
  flag: () => h("select", {}, options(["", "true", "false"])),
  number: (schema) => h("input", { type: "number", step: [schema.type].flat().includes("integer") ? 1 : "any", min: schema.minimum, max: schema.maximum, placeholder: schema.default }),
  text: (schema) => h("input", { type: "text", maxlength: schema.maxLength, placeholder: schema.default, spellcheck: "false" }),
  names: () => h("input", { type: "text", placeholder: "name, or several with commas", spellcheck: "false" }),
  json: () => h("input", { type: "text", placeholder: "JSON", class: "mono", spellcheck: "false" }),
};

const READERS = {
  choice: (given) => given,
  flag: (given) => given === "true",
  number: Number,
  text: (given) => given,
  names: (given) => (given.includes(",") ? given.split(",").map((one) => one.trim()).filter(Boolean) : given),
  json: (given, name) => json(given, name),
};

function json(given, name) {
  try {
    return JSON.parse(given);
  } catch {
    throw new SyntaxError(`${words(name)}: expected JSON, such as {"a": 1}, [1, 2] or "text", received ${given}`);
  }
}
