// How many are left after each step: exact, of what is saved, and never an old number as a new one.

import { request, RequestError } from "../js/lib/http.js";
import { html, useEffect, useRef, useState } from "../js/lib/preact.js";
import { clockTime, fill, gettext, ngettext, number, percent } from "../wizard/words.js";

const WIDTH = 1000;
const SPEAK_AFTER_MS = 600;
// What the numbers depend on.
const COUNTED = ["audience", "topic", "consent_rule", "ignores_cap", "holdout_points"];

/**
 * {answer, isFresh, isBusy, problem, again}: the newest answer, fresh only while it is of what is on
 * the screen. A newer question cancels the one before.
 */
export function useAudience(store) {
  const [found, setFound] = useState({ answer: null, of: null, problem: null });
  const [turn, setTurn] = useState(0);
  const asked = JSON.stringify(COUNTED.map((name) => store.present[name]));
  const { segments, lists } = store.present.audience;
  const isEmpty = !segments.length && !lists.length;
  const isSaved = COUNTED.every((name) => same(store.present[name], store.saver.saved[name])) && store.id !== null;
  useEffect(() => {
    if (isEmpty || !isSaved) return undefined;
    const controller = new AbortController();
    request(`${store.urls.campaigns}${store.id}/waterfall/`, { signal: controller.signal }).then(
      (answer) => setFound({ answer, of: asked, problem: null }),
      (error) => { if (error.name !== "AbortError") setFound((before) => ({ ...before, of: null, problem: explain(error) })); },
    );
    return () => controller.abort();
  }, [asked, isSaved, isEmpty, turn, store.id]);
  const isFresh = !isEmpty && found.of === asked && !found.problem;
  const again = () => { setFound((before) => ({ ...before, of: null, problem: null })); setTurn(turn + 1); };
  return { answer: isEmpty ? null : found.answer, problem: isEmpty ? null : found.problem, isFresh, isEmpty, isBusy: !isEmpty && !isFresh && !found.problem, again };
}

const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

/** {text, reasons}: what stands in the way, in words. */
function explain(error) {
  if (!(error instanceof RequestError)) return { text: gettext("No answer. Is the connection there?"), reasons: [] };
  const reasons = (error.problem?.errors ?? []).map((one) => one.message);
  return { text: error.message, reasons };
}

/** The hero number and the falling bars. */
export function Waterfall({ store, audience, title = gettext("Who is left") }) {
  const { answer, isFresh, isBusy, isEmpty, problem } = audience;
  if (isEmpty) return html`<section class="waterfall empty-side"><p class="total num">0</p><p class="muted">${gettext("Choose a segment or a list: here you then see who is left after every rule, person by person.")}</p></section>`;
  return html`<section class="waterfall" aria-label=${title} aria-busy=${isBusy}>
    <p class=${`total num ${isFresh ? "" : "stale"}`} data-recipients=${isFresh ? answer.recipients : ""}>${answer ? number(answer.recipients) : "…"}</p>
    <div class=${`working ${isBusy ? "" : "still"}`}></div>
    <p class="muted">${answer ? ngettext("person gets it", "people get it", answer.recipients) : gettext("Counting")}${answer && isFresh && html` · <span class="small fresh" title=${gettext("Counted one by one. At the moment of sending it is counted again.")}>${fill(gettext("Exact, as of {time}"), { time: clockTime(answer.as_of, store.context.timeZone) })}</span>`}</p>
    ${problem && html`<div class="note bad" role="alert"><p>${problem.text}</p>${problem.reasons.length > 0 && html`<ul class="lines">${problem.reasons.map((reason) => html`<li key=${reason}>${reason}</li>`)}</ul>`}
      <p><button type="button" class="btn compact" onClick=${audience.again}>${gettext("Count again")}</button></p></div>`}
    ${answer && html`<${Bars} store=${store} answer=${answer} isFresh=${isFresh} />`}
    ${answer && isFresh && answer.warnings.length > 0 && html`<div class="note small"><ul class="lines">${answer.warnings.map((warning) => html`<li key=${warning.message}>${warning.message}</li>`)}</ul></div>`}
    <${Spoken} answer=${answer} isFresh=${isFresh} />
  </section>`;
}

/** One row a step: its words, what it takes away, what is left; each number opens its list. */
function Bars({ store, answer, isFresh }) {
  const most = Math.max(answer.audience, 1);
  const rows = [
    { key: "in_segments", label: gettext("In the segments and lists"), left: answer.audience, removed: 0 },
    ...answer.steps,
    { key: "recipients", label: gettext("Get it"), left: answer.recipients, removed: 0 },
  ];
  return html`<table class=${`falls ${isFresh ? "" : "stale"}`}><caption class="sr">${gettext("Who is left after each rule")}</caption>
    <thead class="sr"><tr><th scope="col">${gettext("Rule")}</th><th scope="col">${gettext("Removed")}</th><th scope="col">${gettext("Remaining")}</th></tr></thead>
    <tbody>${rows.map((row) => html`<${Bar} key=${row.key} store=${store} row=${row} most=${most} isFresh=${isFresh} asOf=${answer.as_of} />`)}</tbody></table>`;
}

function Bar({ store, row, most, isFresh, asOf }) {
  const isEdge = row.key === "in_segments" || row.key === "recipients";
  const from = (row.left / most) * WIDTH;
  const width = (row.removed / most) * WIDTH;
  const amount = isEdge ? row.left : row.removed;
  const shown = isEdge ? number(amount) : amount ? `−${number(amount)}` : "0";
  const title = fill(gettext("{n} left, {share} of the audience"), { n: number(row.left), share: percent(row.left / most) });
  return html`<tr class=${`${isEdge ? "edge" : ""} ${amount ? "" : "none"} ${row.key}`}>
    <th scope="row">${row.label}</th>
    <td class="falls-bar" aria-hidden="true"><svg viewBox=${`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true"><rect class="left" width=${from} height="10" /><rect class="gone" x=${from} width=${width} height="10" /></svg></td>
    <td class="r num" title=${title} data-step=${row.key} data-amount=${amount}><${Opening} store=${store} step=${row.key} amount=${amount} isFresh=${isFresh} asOf=${asOf}>${shown}<//></td>
    <td class="sr">${number(row.left)}</td></tr>`;
}

function Opening({ store, step, amount, isFresh, asOf, children }) {
  const { waterfallList } = store.urls;
  if (!waterfallList || !amount || !isFresh) return html`<span>${children}</span>`;
  return html`<a href=${`${waterfallList.replace("/0/", `/${store.id}/`)}?${new URLSearchParams({ step, as_of: asOf })}`} target="_blank" rel="noopener" aria-label=${fill(gettext("{n}: open the list"), { n: number(amount) })}>${children}</a>`;
}

/** The one polite live region: says the number once it has settled. */
function Spoken({ answer, isFresh }) {
  const [text, setText] = useState("");
  const timer = useRef(0);
  useEffect(() => {
    if (!isFresh) return undefined;
    timer.current = setTimeout(() => setText(fill(ngettext("{n} recipient", "{n} recipients", answer.recipients), { n: number(answer.recipients) })), SPEAK_AFTER_MS);
    return () => clearTimeout(timer.current);
  }, [answer, isFresh]);
  return html`<p class="sr" role="status">${text}</p>`;
}
