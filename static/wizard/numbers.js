// The numbers of rows and groups. Space is kept; an old number dims until the new one is there.

import { html } from "../js/lib/preact.js";
import { isOff } from "./model.js";
import { clockTime, fill, gettext, number } from "./words.js";

const WIDTH = 168;

export function isBusy(store) {
  return store.counting.status === "counting";
}

/** A row's own number with its bar, and what it does to what reaches it. */
export function Numbers({ store, node, match, position }) {
  const numbers = store.numbersOf(node.id);
  const isOut = node.off || store.isLeftOut(node);
  const isStale = store.counting.status !== "fresh";
  const universe = store.counting.answer?.universe ?? store.context.universe;
  if (isOut) return html`<div class="size num"><div class="n">–</div><${Bar} share=${0} /><div class="left">${node.off ? gettext("switched off") : gettext("not counted")}</div></div>`;
  if (!numbers) return html`<div class="size num" aria-busy=${isBusy(store)}><div class="n">${isBusy(store) ? "…" : "–"}</div><${Bar} share=${0} /><div class="left"> </div></div>`;
  return html`
    <div class=${`size num ${isStale ? "stale" : ""}`} aria-busy=${isBusy(store)}>
      <div class="n" data-size=${numbers.size} title=${titleOf(store, numbers, universe)}>
        ${numbers.only_by_absence > 0 && html`<span class="lacking" title=${gettext("They pass only because nothing is known of them.")}>${fill(gettext("{n} lack data"), { n: number(numbers.only_by_absence) })}</span> `}${number(numbers.size)}</div>
      <${Bar} share=${universe ? numbers.size / universe : 0} />
      <div class="left">${effect(store, numbers, match, position)}</div>
    </div>`;
}

/** What the number counts, as of when, and the total without the row. */
function titleOf(store, numbers, universe) {
  const time = clockTime(store.counting.answer.as_of, store.context.timeZone);
  const alone = fill(gettext("{n} of {all} people fit this row alone, as of {time}."), { n: number(numbers.size), all: number(universe), time });
  return `${alone} ${fill(gettext("Without this row: {n}"), { n: number(numbers.without) })}`;
}

/** A share as a bar; its width is an attribute because styles may not stand in the page. */
export function Bar({ share }) {
  return html`<svg class="bar" viewBox=${`0 0 ${WIDTH} 4`} preserveAspectRatio="none" aria-hidden="true">
    <rect class="bar-all" width=${WIDTH} height="4" rx="2" /><rect class="bar-part" width=${Math.max(0, Math.min(1, share)) * WIDTH} height="4" rx="2" /></svg>`;
}

function effect(store, numbers, match, position) {
  const before = position.previous ? store.numbersOf(position.previous)?.leaves ?? 0 : 0;
  if (match === "all") return fill(gettext("leaves {n}"), { n: number(numbers.leaves) });
  if (match === "any") return fill(gettext("adds {n} · {m} so far"), { n: number(numbers.leaves - before), m: number(numbers.leaves) });
  return fill(gettext("removes {n} · leaves {m}"), { n: number(numbers.leaves - before), m: number(numbers.enters - numbers.leaves) });
}

/** What enters a group and what comes out of it. */
export function Flow({ store, group }) {
  const numbers = store.numbersOf(group.id);
  if (!numbers || isOff(group, (node) => store.isLeftOut(node))) return html`<span class="flow num"> </span>`;
  const isStale = store.counting.status !== "fresh";
  return html`<span class=${`flow num ${isStale ? "stale" : ""}`} aria-busy=${isBusy(store)}
    title=${fill(gettext("Without this group: {n}"), { n: number(numbers.without) })}>${number(numbers.enters)} <span aria-hidden="true">→</span> ${number(numbers.leaves)}</span>`;
}
