// Things in a box are dragged by their handle (data-grip); a line shows where they would land.

import { useEffect } from "./preact.js";

const MARKS = ["drop-before", "drop-after", "drop-into"];

/**
 * `attribute` names what is dragged by its id; `targetAt(box, id, x, y)` answers where it would land
 * ({ element, mark, … }) or null, and `drop(id, target)` puts it there.
 */
export function useDragging(box, { attribute, targetAt, drop }) {
  useEffect(() => {
    const whole = box.current;
    const dragged = (id) => whole.querySelector(`[${attribute}="${id}"]`);
    let drag = null;
    const onDown = (event) => {
      const grip = event.target.closest?.("[data-grip]");
      if (!grip || event.button !== 0) return;
      event.preventDefault();
      drag = { id: grip.dataset.grip, target: null };
      whole.setPointerCapture(event.pointerId);
      dragged(drag.id)?.classList.add("dragged");
    };
    const onMove = (event) => {
      if (!drag) return;
      clearMarks(whole);
      drag.target = targetAt(whole, drag.id, event.clientX, event.clientY);
      if (drag.target) drag.target.element.classList.add(drag.target.mark);
    };
    const onUp = () => {
      if (!drag) return;
      clearMarks(whole);
      dragged(drag.id)?.classList.remove("dragged");
      if (drag.target) drop(drag.id, drag.target);
      drag = null;
    };
    const listeners = { pointerdown: onDown, pointermove: onMove, pointerup: onUp, pointercancel: onUp };
    for (const [name, listener] of Object.entries(listeners)) whole.addEventListener(name, listener);
    return () => { for (const [name, listener] of Object.entries(listeners)) whole.removeEventListener(name, listener); };
  }, []);
}

function clearMarks(whole) {
  for (const marked of whole.querySelectorAll(MARKS.map((mark) => `.${mark}`).join())) marked.classList.remove(...MARKS);
}
