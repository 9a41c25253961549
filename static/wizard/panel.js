// The column beside the tree: the total, warnings, pins, and some of the people.

import { html } from "../js/lib/preact.js";
import { useChanges } from "./changes.js";
import { SLOW_MS, STOPPABLE_MS } from "./counting.js";
import { presenceOf } from "./forms.js";
import { find } from "./model.js";
import { isBusy } from "./numbers.js";
import { sayRow } from "./saying.js";
import { clockTime, fill, gettext, ngettext, number, percent } from "./words.js";

export function Panel({ store, elapsed }) {
  return html`
    <aside class="panel">
      <${Total} store=${store} elapsed=${elapsed} />
      <${Changes} store=${store} />
      <${Warnings} store=${store} />
      <${Pins} store=${store} />
      <${Sample} store=${store} />
    </aside>`;
}

export function sizeOf(store) {
  const { answer } = store.counting;
  return answer ? answer.size : store.context.universe;
}

export function Total({ store, elapsed }) {
  const { answer, status } = store.counting;
  const size = sizeOf(store);
  const universe = answer?.universe ?? store.context.universe;
  const isStale = status !== "fresh" && status !== "idle";
  return html`
    <div class="total-box" aria-busy=${isBusy(store)}>
      <p class=${`total num ${isStale ? "stale" : ""}`} data-total=${size} data-status=${status}>${number(size)}</p>
      <div class=${`working ${elapsed > SLOW_MS && isBusy(store) ? "" : "still"}`}></div>
      <p class="muted num">${fill(gettext("{share} of {all} contacts"), { share: percent(universe ? size / universe : 0), all: number(universe) })}</p>
      <${Freshness} store=${store} elapsed=${elapsed} />
    </div>`;
}

function Freshness({ store, elapsed }) {
  const { answer, status, message, errors } = store.counting;
  if (status === "fresh") {
    const time = clockTime(answer.as_of, store.context.timeZone);
    return html`<span class="small fresh" tabindex="0" title=${fill(gettext("Counted one by one, as everything was known at {time} ({zone})"), { time, zone: store.context.timeZone })}>${fill(gettext("Exact, as of {time}"), { time })}</span>`;
  }
  if (status === "idle") return html`<span class="small muted">${gettext("Everybody: no condition yet")}</span>`;
  if (status === "counting") {
    return html`<span class="small muted">${gettext("Counting")}${elapsed > STOPPABLE_MS && html` · ${Math.floor(elapsed / 1000)} s · <button type="button" class="link" onClick=${() => store.counter.stop()}>${gettext("stop")}</button>`}</span>`;
  }
  const text = status === "stopped" ? gettext("Stopped. The number is of an earlier edit.") : message ?? (errors.length ? errors[0].message : gettext("No answer. Is the connection there?"));
  return html`<span class="small stale">${text} <button type="button" class="link" onClick=${() => store.counter.again()}>${gettext("count again")}</button></span>`;
}

function Warnings({ store }) {
  const { answer } = store.counting;
  if (!answer?.warnings?.length || !store.isFresh) return null;
  return html`<section class="warnings" aria-label=${gettext("Worth knowing")}>
    ${answer.warnings.map((warning) => html`<${Warning} key=${warning.path + warning.code + warning.message} store=${store} warning=${warning} />`)}</section>`;
}

/** What to know about a row; who passes only for lack of data can be excluded with one click. */
function Warning({ store, warning }) {
  const id = store.counting.paths.get(warning.path);
  const node = id && find(store.root, id);
  const isAbsence = warning.code === "only_by_absence" && node?.kind === "row" && presenceOf(store.forms.of(node.type), node.values);
  return html`
    <div class="note small"><p>${warning.message}</p>
      ${node && html`<button type="button" class="link about" onClick=${() => store.focusNode(id)}>${sayRow(store, node)}</button>`}
      ${isAbsence && html`<button type="button" class="btn compact" onClick=${() => store.requirePresence(node)}>${gettext("Exclude them")}</button>`}</div>`;
}

/** Who would enter and leave if this was saved now. */
function Changes({ store }) {
  const changes = useChanges(store);
  if (!changes) return null;
  return html`<section class=${`changes ${changes.isFresh ? "" : "stale"}`}><h2>${gettext("Against the saved version")}</h2>
    <dl class="facts"><div><dt>${gettext("Would enter")}</dt><dd class="up">${changes.enter ? "+" : ""}${number(changes.enter)}</dd></div>
      <div><dt>${gettext("Would leave")}</dt><dd class="down">${changes.leave ? "−" : ""}${number(changes.leave)}</dd></div></dl></section>`;
}

function Pins({ store }) {
  const { pinnedIn, pinnedOut } = store.present;
  const { answer } = store.counting;
  const said = answer && (answer.pins.added || answer.pins.removed)
    ? fill(gettext("Pins add {added} and remove {removed}"), { added: number(answer.pins.added), removed: number(answer.pins.removed) })
    : null;
  return html`<section><h2>${gettext("By hand")}</h2>
    <p class="small muted">${said ?? (pinnedIn.length + pinnedOut.length ? gettext("The pins change nothing now.") : gettext("Nobody is pinned in or out."))}</p>
    <button type="button" class="btn compact" onClick=${() => store.openDialog("pins")}>${gettext("Pin people")}</button></section>`;
}

function Sample({ store }) {
  const { answer, status } = store.counting;
  if (!answer?.members?.length) return null;
  const title = fill(ngettext("One of them", "{n} of them", answer.members.length), { n: answer.members.length });
  return html`<section class=${status === "fresh" ? "" : "stale"}><h2>${title}</h2>
    <ul class="people">${answer.members.map((member) => html`<${Person} key=${member.id} store=${store} member=${member} />`)}</ul>
    <button type="button" class="btn ghost compact" onClick=${() => store.askWho(store.root.id)}>${gettext("See everybody")}</button></section>`;
}

export function Person({ store, member }) {
  const name = member.name || member.email || member.external_id || `#${member.id}`;
  const initials = name.split(/[\s.@]+/).slice(0, 2).map((part) => part[0] ?? "").join("").toUpperCase();
  return html`<li><span class="av" aria-hidden="true">${initials}</span>
    <span class="grow"><a href=${store.urls.contact.replace("/0/", `/${member.id}/`)}>${name}</a><br />
    <span class="small faint">${member.email || member.external_id}</span></span></li>`;
}
