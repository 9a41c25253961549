// Before a changed definition is saved: who enters, leaves and stays, and what else it changes.

import { html, useEffect, useRef, useState } from "../js/lib/preact.js";
import { RequestError } from "../js/lib/http.js";
import { askDiff } from "./changes.js";
import { Dialog } from "./dialogs.js";
import { toSavedDocument } from "./model.js";
import { Person } from "./panel.js";
import { clockTime, fill, gettext, number } from "./words.js";

const FIRST_NAMES = 10;
const MORE_NAMES = 50;
const MOVEMENTS = ["entering", "leaving", "staying"];

/** Loads by itself and never stands in the way: saving works before, and without, an answer. */
export function SaveDialog({ store, close, save, saving }) {
  const button = useRef(null);
  const found = useDiff(store);
  useEffect(() => { button.current.focus(); }, []);
  const act = async () => { await save(); close(); };
  const actions = (shut) => html`
    <button type="button" class="btn" onClick=${shut}>${gettext("Keep editing")}</button>
    <button type="button" class="btn primary" ref=${button} aria-disabled=${saving.isSaving} aria-busy=${saving.isSaving} onClick=${act} data-save-changes>${gettext("Save")}</button>`;
  return html`
    <${Dialog} title=${gettext("Save the changed definition?")} close=${close} actions=${actions} wide>
      <div class="save-diff" aria-live="polite" aria-busy=${!found.diff && !found.problem}>
        ${found.problem && html`<p class="note">${found.problem} ${gettext("You can save all the same.")}</p>`}
        ${!found.problem && html`<${Moves} store=${store} found=${found} />`}
        ${found.diff && html`<${Hits} hits=${found.diff.hits} />`}
      </div>
    <//>`;
}

/** {diff, problem, shown, people, show, more}: numbers first, then names of one of the three. */
function useDiff(store) {
  const [diff, setDiff] = useState(null);
  const [problem, setProblem] = useState("");
  const [shown, setShown] = useState(null);
  const [people, setPeople] = useState({});
  const where = toSavedDocument(store.root);
  const fail = (error) => { if (error.name !== "AbortError") setProblem(explain(error)); };
  useEffect(() => {
    const controller = new AbortController();
    askDiff(store, where, { limit: FIRST_NAMES, signal: controller.signal }).then((answer) => {
      setPeople(Object.fromEntries(MOVEMENTS.map((movement) => [movement, answer[movement].members])));
      setShown(MOVEMENTS.find((movement) => answer[movement].number) ?? "staying");
      setDiff(answer);
    }).catch(fail);
    return () => controller.abort();
  }, []);
  const more = () => askDiff(store, where, { list: shown, limit: MORE_NAMES, after: people[shown].at(-1)?.id ?? 0, as_of: diff.as_of })
    .then((answer) => setPeople({ ...people, [shown]: [...people[shown], ...answer[shown].members] })).catch(fail);
  return { diff, problem, shown, people: people[shown] ?? [], show: setShown, more };
}

function explain(error) {
  if (!(error instanceof RequestError)) return gettext("Who enters and leaves couldn't be found out: no answer.");
  const [first] = error.problem?.errors ?? [];
  return `${gettext("Who enters and leaves couldn't be found out.")} ${first?.message ?? error.message}`;
}

const LABELS = { entering: () => gettext("enter"), leaving: () => gettext("leave"), staying: () => gettext("stay") };
const SIGNS = { entering: "+", leaving: "−", staying: "" };

/** The three numbers, each a button, and names of the one that is pressed. */
function Moves({ store, found: { diff, shown, people, show, more } }) {
  const sizeOf = (movement) => (diff ? `${diff[movement].number ? SIGNS[movement] : ""}${number(diff[movement].number)}` : "…");
  return html`
    ${diff ? html`<p class="num sizes"><span>${fill(gettext("{before} people now, {after} afterwards"), { before: number(diff.before.size), after: number(diff.after.size) })}</span>
      <span class="small fresh">${fill(gettext("Exact, as of {time}"), { time: clockTime(diff.as_of, store.context.timeZone) })}</span></p>`
    : html`<p class="muted">${gettext("Finding out who enters and leaves")}</p>`}
    <div class="moves" role="group" aria-label=${gettext("Who moves")}>${MOVEMENTS.map((movement) => html`
      <button type="button" key=${movement} class=${`move ${movement}`} disabled=${!diff} aria-pressed=${shown === movement} onClick=${() => show(movement)} data-movement=${movement}>
        <span class=${`n num ${diff?.[movement].number ? "" : "none"}`}>${sizeOf(movement)}</span><span class="small">${LABELS[movement]()}</span></button>`)}</div>
    ${diff && html`<${Names} store=${store} total=${diff[shown].number} people=${people} shown=${shown} more=${more} />`}`;
}

function Names({ store, total, people, shown, more }) {
  if (!total) return html`<p class="muted">${gettext("Nobody.")}</p>`;
  return html`
    <ul class="people scrolls" tabindex="0" aria-label=${LABELS[shown]()}>${people.map((member) => html`<${Person} key=${member.id} store=${store} member=${member} />`)}</ul>
    ${people.length < total && html`<button type="button" class="btn compact" onClick=${more}>${fill(gettext("More ({n} of {all} shown)"), { n: number(people.length), all: number(total) })}</button>`}`;
}

const KINDS = { segment: () => gettext("Segment"), campaign: () => gettext("Campaign"), rule: () => gettext("Rule") };

/** What else the change reaches, with the way it gets there. */
function Hits({ hits }) {
  if (!hits.length) return html`<p class="small muted">${gettext("Nothing else uses this segment.")}</p>`;
  return html`<section class="hits"><h3>${gettext("This changes, too")}</h3>
    <ul>${hits.map((hit) => html`<li key=${hit.kind + hit.label + hit.url}><span class="small faint">${KINDS[hit.kind]?.() ?? hit.kind}</span> ${hit.url ? html`<a href=${hit.url} target="_blank" rel="noopener">${hit.label}</a>` : hit.label}
      ${hit.through.length > 0 && html` <span class="small faint">${fill(gettext("through {names}"), { names: hit.through.join(", ") })}</span>`}</li>`)}</ul></section>`;
}
