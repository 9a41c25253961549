// The page: name, what is saved, the four steps, and the bar at the bottom of a phone.

import { confirmed } from "../js/lib/confirm.js";
import { useLeaving } from "../js/lib/leaving.js";
import { html, useEffect, useReducer, useState } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { UndoButtons, undoingBy } from "../wizard/undoing.js";
import { fill, gettext, number } from "../wizard/words.js";
import { Audience } from "./audience.js";
import { Content } from "./content.js";
import { Review } from "./review.js";
import { Schedule } from "./schedule.js";
import { errorsAt } from "./saver.js";
import { useAudience } from "./waterfall.js";

const STEPS = [
  { key: "audience", label: gettext("Audience"), Step: Audience },
  { key: "content", label: gettext("Content"), Step: Content },
  { key: "schedule", label: gettext("Schedule"), Step: Schedule },
  { key: "review", label: gettext("Review"), Step: Review },
];

export function Editor({ store }) {
  const [, draw] = useReducer((count) => count + 1, 0);
  const [step, goTo] = useStep();
  const audience = useAudience(store);
  useEffect(() => store.listen(draw), []);
  useKeys(store);
  useLeaving(store, { isUnsaved: () => store.saver.isUnsaved, mayLeave: () => saveFirst(store) });
  const { Step } = STEPS[step];
  return html`
    <${Head} store=${store} />
    <${Steps} step=${step} goTo=${goTo} />
    <${Stale} store=${store} />
    <div class="step" data-step=${STEPS[step].key}><h2 class="sr" tabindex="-1" id="step-title">${STEPS[step].label}</h2>
      <${Step} store=${store} audience=${audience} goTo=${(key) => goTo(STEPS.findIndex((one) => one.key === key))} /></div>
    <${Bottom} store=${store} audience=${audience} step=${step} goTo=${goTo} />`;
}

function Head({ store }) {
  const errors = errorsAt(store, "$.name");
  return html`
    <div class="title editor-head">
      <input class="name-input" aria-label=${gettext("Name of the campaign")} placeholder=${gettext("Name this campaign")} value=${store.present.name} maxlength="160"
        autocomplete="off" aria-invalid=${errors.length > 0} onInput=${(event) => store.change({ name: event.target.value }, "name")} />
      <div class="editor-actions"><${Saved} store=${store} /><${UndoButtons} store=${store} /></div>
    </div>
    ${errors.length > 0 && html`<p class="errors" role="alert">${errors[0].message}</p>`}`;
}

/** What is saved, always in the same place; the only thing said when it changes is a refusal. */
function Saved({ store }) {
  const said = {
    new: "", saved: gettext("Saved"), waiting: gettext("Saving"), saving: gettext("Saving"), refused: gettext("Part of it isn’t saved"),
    failed: gettext("Not saved: no answer. Trying again"), stale: gettext("Not saved"),
  }[store.saver.status];
  const kind = { saved: "good", refused: "bad", failed: "bad", stale: "bad" }[store.saver.status] ?? "hollow";
  return html`<span class="saved-state" role="status">${said && html`<span class=${`badge ${kind}`} data-saved=${store.saver.status}>${said}</span>`}</span>`;
}

function Steps({ step, goTo }) {
  return html`<nav class="tabs steps-nav" aria-label=${gettext("Steps")}>${STEPS.map(({ key, label }, index) => html`
    <a key=${key} href=${`#${key}`} aria-current=${index === step ? "step" : undefined} onClick=${(event) => { event.preventDefault(); goTo(index); }}>
      <span class="step-number" aria-hidden="true">${index + 1}</span>${label}</a>`)}</nav>`;
}

/** Somebody else has changed or sent it: nothing more can be saved here. */
function Stale({ store }) {
  if (store.saver.status !== "stale") return null;
  return html`<div class="note bad stale-note" role="alert"><p>${store.saver.message}</p>
    <button type="button" class="btn compact" onClick=${() => { store.isLeaving = true; location.reload(); }}>${gettext("Reload")}</button></div>`;
}

/** To the step before and after; on a phone also whom it reaches. */
function Bottom({ store, audience, step, goTo }) {
  const { answer, isFresh } = audience;
  return html`<div class="bottom campaign-bottom">
    <span class=${`reach ${answer && !isFresh ? "stale" : ""}`}>${answer && html`<span class="n num">${number(answer.recipients)}</span> <span class="small muted">${gettext("recipients")}</span>`}</span>
    <span class="grow"></span>
    ${step > 0 && html`<button type="button" class="btn" onClick=${() => goTo(step - 1)}><${Icon} name="chevron-left" />${gettext("Back")}</button>`}
    ${step < STEPS.length - 1 && html`<button type="button" class="btn primary" data-next onClick=${() => goTo(step + 1)}>
      ${fill(gettext("Next: {step}"), { step: STEPS[step + 1].label })}<${Icon} name="chevron-right" /></button>`}
  </div>`;
}

/** The step stands in the address, so that reloading and going back keep it. */
function useStep() {
  const read = () => Math.max(0, STEPS.findIndex(({ key }) => `#${key}` === location.hash));
  const [step, setStep] = useState(read);
  useEffect(() => {
    const onHash = () => setStep(read());
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);
  const goTo = (index) => {
    history.pushState(null, "", `${location.pathname}#${STEPS[index].key}`);
    setStep(index);
    window.scrollTo({ top: 0 });
    requestAnimationFrame(() => document.getElementById("step-title")?.focus({ preventScroll: true }));
  };
  return [step, goTo];
}

function useKeys(store) {
  useEffect(() => {
    const onKey = (event) => {
      if (event.altKey || event.target.isContentEditable) return;
      if (event.target.matches?.("input:not([type=checkbox], [type=radio]), textarea") || document.querySelector("dialog[open]")) return;
      const action = undoingBy(event, store);
      if (!action) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

/** Leaving waits for what is still being saved; what can't be saved is asked about. */
async function saveFirst(store) {
  const isSaved = store.saver.status !== "stale" && (await store.saver.flush());
  return isSaved || confirmed({ title: gettext("Leave without saving?"), text: gettext("What isn’t saved yet would be lost."), yes: gettext("Leave") });
}
