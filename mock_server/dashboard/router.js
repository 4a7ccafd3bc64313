// Addresses: everything that can be looked at has one, behind the # of the page, to be sent to a colleague.
//
//   #/w/docs/tasks/cover_1    #/w/docs/journal?error=invalid-params    #/worlds    #/clauses/C5

/** Read an address into world, section, id and query. */
export function read(hash) {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decoded);
  const query = Object.fromEntries(new URLSearchParams(search));
  if (parts[0] !== "w") return { world: null, section: parts[0] ?? "", id: parts[1] ?? null, query };
  return { world: parts[1] ?? null, section: parts[2] ?? "now", id: parts[3] ?? null, query };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Return the address of a section of a world, or of something in it. */
export function to(world, section = "now", id = null, query = {}) {
  const parts = ["w", world, ...(section === "now" ? [] : [section]), ...(id === null ? [] : [id])];
  return address(parts, query);
}

/** Return the address of what belongs to no world: worlds, clauses. */
export const toAll = (section, id = null) => address([section, ...(id === null ? [] : [id])]);

function address(parts, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return `#/${parts.map(encodeURIComponent).join("/")}${pairs.length ? `?${new URLSearchParams(pairs)}` : ""}`;
}

/** Go to an address; `replace` leaves no step to go back to. */
export function go(hash, { replace = false } = {}) {
  if (replace) {
    history.replaceState(null, "", hash);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = hash;
  }
}
