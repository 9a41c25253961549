// Where a dragged block would land.

import { useDragging } from "../js/lib/dragging.js";
import { find, listAt, placeOf } from "./blocks.js";

export function useBlockDragging(box, store) {
  useDragging(box, {
    attribute: "data-block",
    targetAt: (whole, id, x, y) => targetAt(whole, store, id, x, y),
    drop: (id, target) => store.moveBlock(id, target.place, target.index),
  });
}

/** Before or after the block under the pointer, or into the empty list under it. */
function targetAt(canvas, store, id, x, y) {
  const dragged = find(store.blocks, id);
  for (const element of document.elementsFromPoint(x, y)) {
    if (!canvas.contains(element)) break;
    const list = element.closest(".blocks, .mail-column");
    const over = element.closest("[data-block]");
    if (element.matches(".mail-column") || (element.matches(".blocks") && !element.children.length)) {
      const place = (element.matches(".blocks") ? element : element.querySelector(".blocks")).dataset.place;
      if (!dragged.columns && !place.startsWith(`${id}:`)) return { element: list, mark: "drop-into", place, index: listAt(store.blocks, place).length };
    }
    if (!over || over.dataset.block === id || over.closest(`[data-block="${id}"]`)) continue;
    const { place, index } = placeOf(store.blocks, over.dataset.block);
    if (dragged.columns && place) continue;
    const box = over.getBoundingClientRect();
    const isAfter = y > box.top + box.height / 2;
    return { element: over, mark: isAfter ? "drop-after" : "drop-before", place, index: index + (isAfter ? 1 : 0) };
  }
  return null;
}
