// Blocks are dragged by their handle; a line shows where they would land.

import { useEffect } from "../js/lib/preact.js";
import { find, listAt, placeOf } from "./blocks.js";

export function useBlockDragging(box, store) {
  useEffect(() => {
    const canvas = box.current;
    let drag = null;
    const onDown = (event) => {
      const grip = event.target.closest?.("[data-grip]");
      if (!grip || event.button !== 0) return;
      event.preventDefault();
      drag = { id: grip.dataset.grip, target: null };
      canvas.setPointerCapture(event.pointerId);
      canvas.querySelector(`[data-block="${drag.id}"]`)?.classList.add("dragged");
    };
    const onMove = (event) => {
      if (!drag) return;
      clearMarks(canvas);
      drag.target = targetAt(canvas, store, drag.id, event.clientX, event.clientY);
      if (drag.target) drag.target.element.classList.add(drag.target.mark);
    };
    const onUp = () => {
      if (!drag) return;
      clearMarks(canvas);
      canvas.querySelector(`[data-block="${drag.id}"]`)?.classList.remove("dragged");
      if (drag.target) store.moveBlock(drag.id, drag.target.place, drag.target.index);
      drag = null;
    };
    const listeners = { pointerdown: onDown, pointermove: onMove, pointerup: onUp, pointercancel: onUp };
    for (const [name, listener] of Object.entries(listeners)) canvas.addEventListener(name, listener);
    return () => { for (const [name, listener] of Object.entries(listeners)) canvas.removeEventListener(name, listener); };
  }, []);
}

function clearMarks(canvas) {
  for (const marked of canvas.querySelectorAll(".drop-before, .drop-after, .drop-into")) marked.classList.remove("drop-before", "drop-after", "drop-into");
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
