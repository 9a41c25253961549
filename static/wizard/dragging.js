// Where a dragged row or group would land.

import { useDragging } from "../js/lib/dragging.js";
import { find, placeOf } from "./model.js";

export function useRowDragging(box, store) {
  useDragging(box, {
    attribute: "data-node",
    targetAt: (whole, id, x, y) => targetAt(whole, store, id, x, y),
    drop: (id, target) => store.move(id, target.groupId, target.index),
  });
}

/** Where the pointer would drop: before or after a row or group, or at the end of a group. */
function targetAt(tree, store, id, x, y) {
  const under = document.elementsFromPoint(x, y).find((element) => tree.contains(element) && element.closest("[data-node]"));
  const element = under?.closest("[data-node]");
  if (!element) return null;
  const over = element.dataset.node;
  if (find(find(store.root, id) ?? {}, over)) return null;
  const node = find(store.root, over);
  const box = element.getBoundingClientRect();
  if (node.kind === "group" && (over === store.root.id || (y > box.top + 20 && y < box.bottom - 12))) {
    return { element, mark: "drop-into", groupId: over, index: node.children.length };
  }
  const place = placeOf(store.root, over);
  const isAfter = y > box.top + box.height / 2;
  return { element, mark: isAfter ? "drop-after" : "drop-before", groupId: place.parent.id, index: place.index + (isAfter ? 1 : 0) };
}
