// One tab stop a row: Tab goes from row to row, arrows walk inside, Escape comes back out.

import { useEffect } from "../js/lib/preact.js";

const CONTROLS = "button, input, select, summary, a[href]";
const FLOATING = ".menu, [role=dialog], [role=listbox]";

const controlsOf = (row) => [...row.querySelectorAll(CONTROLS)].filter((control) => !control.closest(FLOATING) && control.offsetParent !== null);

/** Keep every control of every row out of the tab order, and walk them with the arrows. */
export function useRoving(box) {
  useEffect(() => {
    const tree = box.current;
    const settle = () => {
      for (const control of tree.querySelectorAll(`[data-row] :is(${CONTROLS})`)) {
        const tabIndex = control.closest(FLOATING) ? 0 : -1;
        if (control.tabIndex !== tabIndex) control.tabIndex = tabIndex;
      }
    };
    const observer = new MutationObserver(settle);
    observer.observe(tree, { childList: true, subtree: true });
    settle();
    tree.addEventListener("keydown", onKey);
    return () => {
      observer.disconnect();
      tree.removeEventListener("keydown", onKey);
    };
  }, []);
}

function onKey(event) {
  const row = event.target.closest?.("[data-row]");
  if (!row || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.target.closest(FLOATING)) return;
  const controls = controlsOf(row);
  const next = nextOf(event, row, controls);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function nextOf(event, row, controls) {
  const { key, target } = event;
  const at = controls.indexOf(target);
  if (target === row) return ({ Enter: controls[0], ArrowRight: controls[0], ArrowLeft: controls.at(-1), ...rowsAround(row) })[key];
  if (key === "Escape") return row;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  if (!step || !isAtEdge(target, step)) return null;
  return controls[at + step] ?? row;
}

/** Up and down lead to the rows above and below. */
function rowsAround(row) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const at = rows.indexOf(row);
  return { ArrowUp: rows[at - 1], ArrowDown: rows[at + 1] };
}

/** In a text the arrows move the caret first. */
function isAtEdge(target, step) {
  if (!target.matches("input:not([type=checkbox], [type=date], [type=number])")) return true;
  const { selectionStart, selectionEnd, value } = target;
  return selectionStart === selectionEnd ? (step > 0 ? selectionEnd === value.length : selectionStart === 0) : value.length === 0;
}
