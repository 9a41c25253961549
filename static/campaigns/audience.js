// Who gets it: segments and lists, exclusions, consent, limits; beside it what is left after each step.

import { html } from "../js/lib/preact.js";
import { fill, gettext } from "../wizard/words.js";
import { Chooser, describeKind, findGroups } from "./chooser.js";
import { Field, Faults, Options, Section } from "./fields.js";
import { Waterfall } from "./waterfall.js";

const MOST_HELD_OUT = 90; // per cent

export function Audience({ store, audience }) {
  return html`<div class="campaign-cols">
    <div class="campaign-main">
      <${Groups} store=${store} />
      <${Exclusions} store=${store} />
      <${Consent} store=${store} />
      <${Limits} store=${store} />
    </div>
    <aside class="campaign-side"><${Waterfall} store=${store} audience=${audience} /></aside>
  </div>`;
}

function Groups({ store }) {
  const { segments, lists, match } = store.present.audience;
  const isBoth = segments.length + lists.length > 1;
  return html`<${Section} title=${gettext("Who gets it")}>
    <${GroupChooser} store=${store} segments="segments" lists="lists" label=${gettext("Segments and lists")} placeholder=${gettext("Add a segment or a list")} />
    <${Faults} store=${store} path="$.audience.segments" /><${Faults} store=${store} path="$.audience.lists" />
    ${isBoth && html`<div class="seg" role="group" aria-label=${gettext("How they are combined")}>
      ${[["any", gettext("In any of them")], ["all", gettext("In all of them")]].map(([key, text]) => html`
        <button type="button" key=${key} aria-pressed=${match === key} onClick=${() => store.put("audience", { match: key })}>${text}</button>`)}</div>`}
    <p class="help">${gettext("Segments are counted again at the very moment the campaign is sent, so nobody who has left since gets it.")}</p>
  <//>`;
}

function Exclusions({ store }) {
  return html`<${Section} title=${gettext("Except")}>
    <${GroupChooser} store=${store} segments="exclude_segments" lists="exclude_lists" label=${gettext("Excluded segments and lists")} placeholder=${gettext("Leave out a segment or a list")} />
    <${Faults} store=${store} path="$.audience.exclude_segments" /><${Faults} store=${store} path="$.audience.exclude_lists" />
  <//>`;
}

function GroupChooser({ store, segments, lists, label, placeholder }) {
  const { audience } = store.present;
  const fields = { segment: segments, list: lists };
  const chosen = Object.entries(fields).flatMap(([kind, field]) => audience[field].map((id) => ({ kind, id })));
  return html`<${Chooser} store=${store} chosen=${chosen} label=${label} placeholder=${placeholder} describe=${describeKind}
    find=${(query, signal) => findGroups(store, query, signal)}
    add=${({ kind, id }) => store.put("audience", { [fields[kind]]: [...audience[fields[kind]], id] })}
    remove=${(kind, id) => store.put("audience", { [fields[kind]]: audience[fields[kind]].filter((other) => other !== id) })} />`;
}

function Consent({ store }) {
  const { topic, consent_rule: rule } = store.present;
  const { topics, consentRules } = store.choices;
  return html`<${Section} title=${gettext("Consent")}>
    ${topics.length > 0 && html`<${Field} label=${gettext("What it is about")} help=${gettext("Only who hasn’t unsubscribed from this topic gets it.")}>${(id) => html`
      <select id=${id} value=${topic ?? ""} onChange=${(event) => store.change({ topic: event.target.value ? Number(event.target.value) : null })}>
        <option value="">${gettext("No topic: all e-mails")}</option>
        ${topics.map((one) => html`<option key=${one.id} value=${one.id}>${one.name}</option>`)}</select>`}<//>`}
    <${Options} label=${gettext("Write only to people")} name="consent" value=${rule} options=${consentRules} take=${(value) => store.change({ consent_rule: value })} />
  <//>`;
}

function Limits({ store }) {
  const { ignores_cap: ignores, holdout_points: points } = store.present;
  const { cap, capDays, holdoutPoints } = store.settings;
  const take = (event) => {
    const share = Number(event.target.value.replace(",", "."));
    if (share >= 0 && share <= MOST_HELD_OUT) store.change({ holdout_points: Math.round(share * 100) }, "holdout");
  };
  return html`<${Section} title=${gettext("Limits")}>
    <${Field} label=${gettext("Hold-out group")} help=${gettext("These people would get it but don’t, so that you learn what the campaign itself brings. The same addresses every time.")}>${(id) => html`
      <span class="with-unit"><input id=${id} type="number" class="num short" min="0" max=${MOST_HELD_OUT} step="0.5" inputmode="decimal" value=${points / 100} onInput=${take} /> % ${gettext("of the audience")}</span>`}<//>
    ${holdoutPoints > 0 && html`<p class="help">${fill(gettext("The workspace holds out {n} % of everybody besides."), { n: holdoutPoints / 100 })}</p>`}
    ${cap ? html`<label class="check-line"><input type="checkbox" checked=${ignores} onChange=${(event) => store.change({ ignores_cap: event.target.checked })} />
      <span>${gettext("Send it also to who has had enough e-mails lately")}<span class="help">${fill(gettext("Otherwise nobody gets more than {n} in {days} days."), { n: cap, days: capDays })}</span></span></label>`
    : html`<p class="help">${gettext("There is no limit of e-mails a week in this workspace’s settings.")}</p>`}
  <//>`;
}
