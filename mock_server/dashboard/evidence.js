// The evidence of a contract where a reader needs it: each description says on which clause it stands, and how well
// that clause is known; each operation says which rules a request meets, and what breaking them gives.

import { LEVELS } from "./contract.js";

const SIGNS = ["■■■■", "■■■□", "■■□□", "■□□□"];

/** A level as a word with its sign. */
export const levelWords = (level) => `${SIGNS[LEVELS.indexOf(level)] ?? ""} ${level}`.trim();

/** Return a copy of the document in which descriptions tell of clauses, and requests go to this server. */
export function withEvidence(document, server) {
  const copy = structuredClone(document);
  copy.servers = [server];
  delete copy.jsonSchemaDialect; // it is the usual one, of which Swagger UI warns nevertheless
  const clauses = copy["x-clauses"] ?? {};
  if (Object.keys(clauses).length) copy.info.description = `${copy.info.description ?? ""}\n\n${LEGEND}`;
  for (const item of Object.values(copy.paths)) {
    for (const operation of Object.values(item)) {
      if (operation?.operationId) addRules(operation, copy["x-errors"] ?? {});
    }
  }
  walk({ paths: copy.paths, components: copy.components }, clauses);
  return copy;
}

const LEGEND = `**How well each rule is known**: ${LEVELS.map(levelWords).join(" · ")}. [All clauses with their sources](/__mock/#/clauses)`;

/** Add the words of its clause to whatever names one. */
function walk(node, clauses) {
  if (node === null || typeof node !== "object") return;
  for (const [key, value] of Object.entries(node)) if (key !== "example" && key !== "examples") walk(value, clauses);
  const id = node["x-clause"];
  if (typeof id !== "string" || !clauses[id]) return;
  node.description = [node.description, clauseWords(id, clauses[id])].filter(Boolean).join("\n\n");
}

const clauseWords = (id, sentences) => `[**${id}**](/__mock/#/clauses/${encodeURIComponent(id)}) ${sentences.map(({ level, sentence }) => `${levelWords(level)}: ${escaped(sentence)}`).join(" ")}`;

function addRules(operation, errors) {
  const rules = (operation["x-preconditions"] ?? []).map(({ error }) => errors[error] && ruleWords(errors[error]));
  if (rules.length) operation.description = `${operation.description ?? ""}\n\n**Refused, in this order:**\n\n${rules.filter(Boolean).join("\n")}`;
}

const ruleWords = ({ status, message, clause }) => `- ${status} ${escaped(message.split(":")[0])}${clause ? ` ([${clause}](/__mock/#/clauses/${encodeURIComponent(clause)}))` : ""}`;

/** Keep Markdown from reading a sentence as anything but words. */
const escaped = (words) => words.replace(/[\\`*_{}[\]<>#|~&]/g, (sign) => `&#${sign.codePointAt(0)};`);
