// Rows and groups are dragged by their handle; a line shows where they would land.

import { useEffect } from "../js/lib/preact.js";
import { find, placeOf } from "./model.js";

export function useDragging(box, store) {
  useEffect(() => {
    const tree = box.current;
    let drag = null;
    const onDown = (event) => {
      const grip = event.target.closest?.("[data-grip]");
      if (!grip || event.button !== 0) return;
      event.preventDefault();
      drag = { id: grip.dataset.grip, target: null };
      tree.setPointerCapture(event.pointerId);
      tree.querySelector(`[data-node="${drag.id}"]`)?.classList.add("dragged");
    };
    const onMove = (event) => {
      if (!drag) return;
      clearMarks(tree);
      drag.target = targetAt(tree, store, drag.id, event.clientX, event.clientY);
      if (drag.target) drag.target.element.classList.add(drag.target.mark);
    };
    const onUp = () => {
      if (!drag) return;
      clearMarks(tree);
      tree.querySelector(`[data-node="${drag.id}"]`)?.classList.remove("dragged");
      if (drag.target) store.move(drag.id, drag.target.groupId, drag.target.index);
      drag = null;
    };
    tree.addEventListener("pointerdown", onDown);
    tree.addEventListener("pointermove", onMove);
    tree.addEventListener("pointerup", onUp);
    tree.addEventListener("pointercancel", onUp);
    return () => {
      tree.removeEventListener("pointerdown", onDown);
      tree.removeEventListener("pointermove", onMove);
      tree.removeEventListener("pointerup", onUp);
      tree.removeEventListener("pointercancel", onUp);
    };
  }, []);
}

function clearMarks(tree) {
  for (const marked of tree.querySelectorAll(".drop-before, .drop-after, .drop-into")) marked.classList.remove("drop-before", "drop-after", "drop-into");
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
