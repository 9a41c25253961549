// The tree as the editor holds it, and the document it stands for. Everything here is pure.
//
// A node is {id, kind: "group", match: "all" | "any" | "none", off, children, bare?}
//        or {id, kind: "row", type, values, off}
//        or {id, kind: "segment", segment, off}.
// "None of these" is {"not": {"any": [...]}} in the document. `bare` remembers a document without
// the inner group ({"not": row}, or a root that is a row), so that reading and writing is identity.

let lastId = 0;
const newId = () => `n${++lastId}`;

export const newGroup = (match = "all", children = []) => ({ id: newId(), kind: "group", match, off: false, children });
export const newRow = (type, values = {}) => ({ id: newId(), kind: "row", type, values, off: false });
export const newSegmentRow = (segment) => ({ id: newId(), kind: "segment", segment, off: false });

/** The editor's root (always a group) of a document; null gives an empty "all" group. */
export function fromDocument(where) {
  if (where === null || where === undefined) return newGroup();
  const node = read(where);
  return node.kind === "group" ? node : { ...newGroup("all", [node]), bare: true };
}

function read(document) {
  const off = document.disabled === true;
  if (Array.isArray(document.all)) return { ...newGroup("all", document.all.map(read)), off };
  if (Array.isArray(document.any)) return { ...newGroup("any", document.any.map(read)), off };
  if (document.not !== undefined) {
    const inner = document.not;
    if (Array.isArray(inner.any) && inner.disabled !== true) return { ...newGroup("none", inner.any.map(read)), off };
    return { ...newGroup("none", [read(inner)]), off, bare: true };
  }
  if (document.type === undefined && document.segment !== undefined) return { ...newSegmentRow(document.segment), off };
  const { type, disabled: _disabled, ...values } = document;
  return { ...newRow(type, values), off };
}

/** Whether a node takes no part: switched off, left out, or a group with nothing left in it. */
export function isOff(node, leftOut = () => false) {
  if (node.off || leftOut(node)) return true;
  return node.kind === "group" && node.children.every((child) => isOff(child, leftOut));
}

/**
 * The document to ask about: what takes no part stays out, rows that aren't complete too
 * (`leftOut(node)`). Returns {where, paths}: where is null when nothing is left to ask, paths
 * maps "$.where…" to node ids.
 */
export function toDocument(root, leftOut = () => false) {
  const paths = new Map();
  if (isOff(root, leftOut)) return { where: null, paths };
  return { where: writeRoot(root, paths, (node) => isOff(node, leftOut)), paths };
}

/** The document to save: everything stands in it, switched off or not. */
export function toSavedDocument(root) {
  return toSaved(root).where;
}

/** Like toDocument, of the document to save. */
export function toSaved(root) {
  const paths = new Map();
  if (!root.children.length) return { where: null, paths };
  return { where: writeRoot(root, paths, () => false), paths };
}

function writeRoot(root, paths, isOmitted) {
  const [child] = root.children;
  const isBare = root.bare && root.match !== "none" && root.children.length === 1;
  if (isBare) paths.set("$.where#root", root.id);
  return write(isBare ? child : root, "$.where", paths, isOmitted);
}

function write(node, path, paths, isOmitted) {
  paths.set(path, node.id);
  const disabled = node.off ? { disabled: true } : {};
  if (node.kind === "row") return { type: node.type, ...node.values, ...disabled };
  if (node.kind === "segment") return { segment: node.segment, ...disabled };
  const children = node.children.filter((child) => !isOmitted(child));
  const list = (below) => children.map((child, index) => write(child, `${path}.${below}[${index}]`, paths, isOmitted));
  if (node.match !== "none") return { [node.match]: list(node.match), ...disabled };
  if (node.bare && node.children.length === 1) return { not: write(children[0], `${path}.not`, paths, isOmitted), ...disabled };
  return { not: { any: list("not.any") }, ...disabled };
}

// --- Finding -----------------------------------------------------------------------------------

export function find(root, id) {
  if (root.id === id) return root;
  for (const child of root.children ?? []) {
    const found = find(child, id);
    if (found) return found;
  }
  return null;
}

/** The group a node stands in, and at which position; null for the root. */
export function placeOf(root, id) {
  const index = (root.children ?? []).findIndex((child) => child.id === id);
  if (index >= 0) return { parent: root, index };
  for (const child of root.children ?? []) {
    const found = placeOf(child, id);
    if (found) return found;
  }
  return null;
}

export function* walk(node) {
  yield node;
  for (const child of node.children ?? []) yield* walk(child);
}

/** The groups from the root down to a node, the node not among them. */
export function ancestorsOf(root, id) {
  if (root.id === id) return [];
  for (const child of root.children ?? []) {
    if (find(child, id)) return [root, ...ancestorsOf(child, id)];
  }
  return [];
}

export function depthOf(node) {
  return node.kind === "group" ? 1 + Math.max(0, ...node.children.map(depthOf)) : 1;
}

// --- Changing: each gives a new root -----------------------------------------------------------

export function replace(root, id, change) {
  if (root.id === id) return change(root);
  if (!root.children) return root;
  const children = root.children.map((child) => replace(child, id, change));
  return children.every((child, index) => child === root.children[index]) ? root : { ...root, children };
}

export function insert(root, groupId, index, node) {
  return replace(root, groupId, (group) => {
    const children = group.children.slice();
    children.splice(index ?? children.length, 0, node);
    const { bare: _bare, ...plain } = group;
    return { ...plain, children };
  });
}

export function remove(root, id) {
  const place = placeOf(root, id);
  if (!place) return root;
  return replace(root, place.parent.id, (group) => ({ ...group, children: group.children.filter((child) => child.id !== id) }));
}

/** Move a node to a place; a place inside itself changes nothing. */
export function move(root, id, groupId, index) {
  const node = find(root, id);
  const from = placeOf(root, id);
  if (!node || !from || find(node, groupId)) return root;
  const shift = from.parent.id === groupId && from.index < index ? 1 : 0;
  return insert(remove(root, id), groupId, index - shift, node);
}

/** One step up or down: past its neighbour, into a neighbouring group, or out of its own. */
export function step(root, id, direction) {
  const place = placeOf(root, id);
  if (!place) return root;
  const { parent, index } = place;
  const neighbour = parent.children[index + direction];
  if (neighbour?.kind === "group") return move(root, id, neighbour.id, direction > 0 ? 0 : neighbour.children.length);
  if (neighbour) return move(root, id, parent.id, direction > 0 ? index + 2 : index - 1);
  const outer = placeOf(root, parent.id);
  return outer ? move(root, id, outer.parent.id, direction > 0 ? outer.index + 1 : outer.index) : root;
}

export function duplicate(root, id) {
  const place = placeOf(root, id);
  return place ? insert(root, place.parent.id, place.index + 1, copy(find(root, id))) : root;
}

function copy(node) {
  return node.children ? { ...node, id: newId(), children: node.children.map(copy) } : { ...structuredClone(node), id: newId() };
}

/** Put a node into a group of its own, where it stood. */
export function wrap(root, id, match = "any") {
  const place = placeOf(root, id);
  if (!place) return root;
  const group = newGroup(match, [find(root, id)]);
  return insert(remove(root, id), place.parent.id, place.index, group);
}

/** Take a group away and leave its rows where it stood. */
export function unwrap(root, id) {
  const place = placeOf(root, id);
  const group = find(root, id);
  if (!place || group?.kind !== "group") return root;
  return replace(root, place.parent.id, (parent) => {
    const children = parent.children.slice();
    children.splice(place.index, 1, ...group.children);
    return { ...parent, children };
  });
}

/** Put a row where it must hold too whenever `id` does its part: into the nearest "all" around it. */
export function requireBeside(root, id, row) {
  const place = placeOf(root, id);
  if (!place) return surround(root, row);
  const { parent, index } = place;
  if (parent.match === "all") return insert(root, parent.id, index + 1, row);
  if (parent.match === "none") return requireBeside(root, parent.id, row);
  return replace(root, id, (node) => newGroup("all", [node, row]));
}

/** The root itself has no "all" around it: it gets one. */
function surround(root, row) {
  return newGroup("all", [root, row]);
}
