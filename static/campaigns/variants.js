// An A/B test: up to five variants, how many get one, how long it takes, what wins.

import { html } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { fill, gettext } from "../wizard/words.js";
import { Field, Section } from "./fields.js";
import { NumberField } from "./inspector.js";

const MOST = 4; // beside the first
export const letterOf = (variant) => String.fromCharCode(65 + variant);

export function VariantTabs({ store }) {
  const { variants } = store.present.testing;
  if (!variants.length) return null;
  return html`<div class="variants"><div class="seg" role="group" aria-label=${gettext("Variant")}>${[null, ...variants].map((_own, index) => html`
      <button type="button" key=${index} aria-pressed=${store.variant === index} onClick=${() => store.showVariant(index)}>${fill(gettext("Variant {letter}"), { letter: letterOf(index) })}</button>`)}</div>
    ${store.variant > 0 && html`<button type="button" class="btn ghost compact" onClick=${() => store.removeVariant(store.variant)}><${Icon} name="trash-2" />${fill(gettext("Remove {letter}"), { letter: letterOf(store.variant) })}</button>`}</div>`;
}

const WINNERS = [["clicks", gettext("the most clicks")], ["opens", gettext("the most opens")], ["revenue", gettext("the most revenue")]];

export function Test({ store }) {
  const { variants, share, wait_hours: wait, winner } = store.present.testing;
  const add = html`<button type="button" class="btn compact" disabled=${variants.length >= MOST} onClick=${() => store.addVariant()} data-add-variant><${Icon} name="split" />${variants.length ? gettext("One more variant") : gettext("Try another subject")}</button>`;
  return html`<${Section} title=${gettext("A/B test")} actions=${add}>
    ${!variants.length ? html`<p class="help">${gettext("Send two subjects to a part of the audience first; the better one goes to the rest by itself.")}</p>` : html`
      <div class="form-row pair"><${NumberField} label=${gettext("Tried with")} unit=${gettext("% of the recipients")} min=${2} max=${100} value=${share} take=${(value) => store.put("testing", { share: value }, "share")} />
        <${NumberField} label=${gettext("Decided after")} unit=${gettext("hours")} min=${1} max=${168} value=${wait} take=${(value) => store.put("testing", { wait_hours: value }, "wait")} /></div>
      <${Field} label=${gettext("Wins what has")}>${(id) => html`<select id=${id} value=${winner} onChange=${(event) => store.put("testing", { winner: event.target.value })}>${WINNERS.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}</select>`}<//>
      <p class="help">${share === 100 ? gettext("Everybody gets one of the variants; no winner is sent.") : fill(gettext("{share} % get one of {n} variants; after {wait} hours the better one goes to the rest."), { share, n: variants.length + 1, wait })}</p>`}
  <//>`;
}

/** The test in a sentence; empty without one. */
export function sayTest(store) {
  const { variants, share, wait_hours: wait, winner } = store.present.testing;
  if (!variants.length) return "";
  const said = WINNERS.find(([key]) => key === winner)[1];
  if (share === 100) return fill(gettext("Everybody gets one of {n} variants."), { n: variants.length + 1 });
  return fill(gettext("{n} variants are tried with {share} %; after {wait} hours the one with {winner} goes to the rest."), { n: variants.length + 1, share, wait, winner: said });
}
