// The question, in TraceQL, that finds the traces of an edge of the map.

/** @typedef {import("./map.js").GraphNode} GraphNode */

/**
 * @param {GraphNode | undefined} from
 * @param {GraphNode | undefined} to
 */
export function between(from, to) {
  if (!from || !to) return "";
  const service = (/** @type {GraphNode} */ it) => `resource.service.name = ${JSON.stringify(it.name)}`;
  if (from.kind !== "service") return `{ ${service(to)} && kind = consumer }`;
  switch (to.kind) {
    case "service":
      return `{ ${service(from)} } > { ${service(to)} }`;
    case "queue":
      return `{ ${service(from)} && kind = producer }`;
    case "database": {
      // A database's name is its system, and what it is called there if that is known.
      const [system, ...name] = to.name.split("/");
      const own = JSON.stringify(name.join("/"));
      return `{ ${service(from)} && ${name.length > 0 ? `(span.db.namespace = ${own} || span.db.name = ${own} || span.server.address = ${own})` : `(span.db.system.name = ${JSON.stringify(system)} || span.db.system = ${JSON.stringify(system)})`} }`;
    }
    default: {
      const address = to.name.replace(/:\d+$/, "");
      return `{ ${service(from)} && kind = client && (span.peer.service = ${JSON.stringify(to.name)} || span.server.address = ${JSON.stringify(address)}) }`;
    }
  }
}
