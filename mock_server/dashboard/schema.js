// JSON Schema as a form needs it: what kind of field a schema is, and what a first value may be.

import { resolve } from "./contract.js";

/** Follow references, and take in what a single allOf says. */
export function plain(root, schema) {
  const here = resolve(root, schema);
  return (here.allOf ?? []).reduce((whole, part) => ({ ...plain(root, part), ...whole }), here);
}

/** Return the kind of field: choice, flag, number, text, group, or json for what has no field of its own. */
export function kindOfField(schema) {
  if (schema.enum) return "choice";
  if (schema.properties && schema.additionalProperties === false) return "group";
  const types = [schema.type].flat();
  if (types.includes("integer") || types.includes("number")) return "number";
  if (types.includes("boolean")) return "flag";
  if (types.includes("string")) return "text";
  if (schema.anyOf?.some((one) => one.type === "string")) return "names";
  return "json";
}

/** The words of which a schema with `anyOf: [{required: [word]}]` wants at least one. */
export const wantedWords = (schema) => (schema.anyOf ?? []).flatMap((one) => one.required ?? []);

/** A first value that is likely to be valid: the schema's own example, else its default. */
export const firstValue = (schema) => schema.examples?.[0] ?? schema.default;
