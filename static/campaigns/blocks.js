// Lists of blocks as values: every change makes a new list. Columns hold lists of their own.

let made = 0;

/** A short id no block of this page has had: letters, digits and dashes. */
export function newId() {
  made += 1;
  return `b-${Date.now().toString(36)}-${made.toString(36)}`;
}

/** Every block with its list's place ("" or "id:column") and index. */
export function* walk(list, place = "") {
  for (const [index, block] of list.entries()) {
    yield { block, place, index };
    for (const [column, inner] of (block.columns ?? []).entries()) yield* walk(inner, `${block.id}:${column}`);
  }
}

export function find(list, id) {
  for (const { block } of walk(list)) if (block.id === id) return block;
  return null;
}

export function placeOf(list, id) {
  for (const { block, place, index } of walk(list)) if (block.id === id) return { place, index };
  return null;
}

/** The list at a place. */
export function listAt(list, place) {
  if (!place) return list;
  const [id, column] = place.split(":");
  return find(list, id)?.columns[Number(column)] ?? [];
}

/** The whole with the list at one place replaced. */
function withList(list, place, change) {
  if (!place) return change(list);
  const [id, column] = place.split(":");
  return replace(list, id, (block) => ({ ...block, columns: block.columns.map((inner, at) => (at === Number(column) ? change(inner) : inner)) }));
}

export function replace(list, id, change) {
  return list.map((block) => {
    if (block.id === id) return change(block);
    if (!block.columns) return block;
    return { ...block, columns: block.columns.map((inner) => replace(inner, id, change)) };
  });
}

export function insert(list, block, place = "", index = undefined) {
  return withList(list, place, (inner) => [...inner.slice(0, index ?? inner.length), block, ...inner.slice(index ?? inner.length)]);
}

export function remove(list, id) {
  return list.filter((block) => block.id !== id)
    .map((block) => (block.columns ? { ...block, columns: block.columns.map((inner) => remove(inner, id)) } : block));
}

/** The block up or down within its list; nothing happens at its ends. */
export function step(list, id, direction) {
  const { place, index } = placeOf(list, id);
  const inner = listAt(list, place);
  const to = index + direction;
  if (to < 0 || to >= inner.length) return list;
  const block = inner[index];
  const rest = inner.filter((other) => other !== block);
  return withList(list, place, () => [...rest.slice(0, to), block, ...rest.slice(to)]);
}

/** The block at another place; columns don't go into columns. */
export function move(list, id, place, index) {
  const block = find(list, id);
  if (!block || (block.columns && place)) return list;
  const from = placeOf(list, id);
  const shift = from.place === place && from.index < index ? 1 : 0;
  return insert(remove(list, id), block, place, index - shift);
}

/** Which block gets the focus when one goes: the next, the one before, or the one around it. */
export function neighbour(list, id) {
  const { place, index } = placeOf(list, id);
  const inner = listAt(list, place);
  return (inner[index + 1] ?? inner[index - 1])?.id ?? (place ? place.split(":")[0] : null);
}

/** The same block with ids of its own. */
export function copyOf(block) {
  const copy = { ...structuredClone(block), id: newId() };
  if (copy.columns) copy.columns = copy.columns.map((inner) => inner.map(copyOf));
  return copy;
}
