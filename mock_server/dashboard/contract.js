// What a contract says, read from its OpenAPI document: any contract, so no operation, state or field is named here.

export const LEVELS = ["documented", "corroborated", "inferred", "assumed"];

/** Follow a local reference. */
export function resolve(root, node) {
  let here = node;
  for (let hops = 0; here?.$ref && hops < 32; hops += 1) {
    const { $ref, ...beside } = here;
    const names = $ref.slice(2).split("/").map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
    here = { ...names.reduce((at, name) => at?.[name], root), ...beside };
  }
  return here ?? {};
}

/** Read a document into operations, lifecycles, clauses and errors. */
export function understand(root) {
  const operations = [];
  for (const [path, item] of Object.entries(root.paths)) {
    for (const [method, raw] of Object.entries(item)) {
      if (raw?.operationId) operations.push(operationOf(root, path, method, raw));
    }
  }
  const errors = new Map(Object.entries(root["x-errors"] ?? {}));
  const clauses = clausesOf(root, operations, errors);
  return {
    root,
    title: root.info.title,
    version: root.info.version,
    operations: new Map(operations.map((operation) => [operation.id, operation])),
    lifecycles: lifecyclesOf(root),
    clauses,
    errors,
    key: keyHeader(root),
    paid: operations.some((operation) => operation.price > 0),
  };
}

/** The header that carries a key, and what stands before the key in it. */
function keyHeader(root) {
  const [name] = Object.keys(root.security?.[0] ?? {});
  const scheme = root.components?.securitySchemes?.[name] ?? {};
  return scheme.type === "apiKey" ? { header: scheme.name, start: "" } : { header: "Authorization", start: "Bearer " };
}

function operationOf(root, path, method, raw) {
  return {
    id: raw.operationId,
    method: method.toUpperCase(),
    path,
    summary: raw.summary ?? "",
    statuses: Object.keys(raw.responses),
    price: raw["x-credits"]?.max ?? 0,
    clauses: clausesIn(root, raw),
  };
}

/** Collect the clauses that a part of the document names, through references. */
function clausesIn(root, part) {
  const found = new Set();
  const seen = new Set();
  const walk = (node) => {
    if (node === null || typeof node !== "object" || seen.has(node)) return;
    seen.add(node);
    for (const [key, value] of Object.entries(node)) {
      if ((key === "x-clause" || key === "clause") && typeof value === "string") found.add(value);
      else if (key === "$ref" && typeof value === "string") walk(resolve(root, { $ref: value }));
      else if (key !== "example" && key !== "examples") walk(value);
    }
  };
  walk(part);
  return found;
}

function clausesOf(root, operations, errors) {
  const clauses = new Map();
  for (const [id, sentences] of Object.entries(root["x-clauses"] ?? {})) {
    const used = operations.filter((operation) => operation.clauses.has(id)).map((operation) => operation.id);
    const named = [...errors].filter(([, row]) => row.clause === id).map(([name]) => name);
    clauses.set(id, { id, sentences, level: sentences[0].level, operations: used, errors: named });
  }
  return clauses;
}

function lifecyclesOf(root) {
  const found = new Map();
  for (const schema of Object.values(root.components?.schemas ?? {})) {
    const row = schema["x-lifecycle"];
    if (row) found.set(row.name, { name: row.name, stages: row.stages, success: row.success.name, failure: row.failure.name });
  }
  return found;
}

/** Tell what a state is to its lifecycle: waiting, success, failure. */
export function kindOf(contract, lifecycle, state) {
  const known = contract.lifecycles.get(lifecycle);
  if (state === known?.success) return "success";
  return state === known?.failure ? "failure" : "waiting";
}
