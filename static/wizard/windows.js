// A window of time: one button that opens a popover with kinds, numbers and the resolved dates.

import { html, useEffect, useRef, useState } from "../js/lib/preact.js";
import { One } from "./values.js";
import { isWindowIncomplete } from "./forms.js";
import { labelOf } from "./labels.js";
import { kindOf, sayWindow } from "./windowwords.js";
import { dayAndTime, fill, gettext } from "./words.js";

const KINDS = [
  ["last", gettext("Rolling")], ["calendar", gettext("Calendar")], ["last_whole_days", gettext("Whole days")],
  ["dates", gettext("Dates")], ["older_than", gettext("Older than")], ["between", gettext("Between")],
  ["next", gettext("Next")], ["since", gettext("Since")], ["ever", gettext("Ever")],
];

const STARTS = {
  last: { last: 30, unit: "days" }, calendar: { calendar: "this_month" }, last_whole_days: { last_whole_days: 7 },
  dates: {}, older_than: { older_than: 30, unit: "days" }, between: { between: [30, 90], unit: "days" },
  next: { next: 7, unit: "days" }, since: { since: {} }, ever: "ever",
};

const ACTIVITY = { control: "reference", reference: "activity_kind", suggest: "activity_kind", required: true };

export function WindowControl({ store, field, values, name, label, take, isMissing, errors = [] }) {
  const window_ = values[name] ?? field.default;
  const [isOpen, setOpen] = useState(false);
  const box = useRef(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    const close = (event) => { if (!box.current?.contains(event.target)) setOpen(false); };
    document.addEventListener("pointerdown", close);
    box.current.querySelector('[aria-pressed="true"]')?.focus();
    return () => document.removeEventListener("pointerdown", close);
  }, [isOpen]);
  const onFocusOut = (event) => { if (isOpen && event.relatedTarget && !box.current.contains(event.relatedTarget)) setOpen(false); };
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !isOpen) return;
    event.stopPropagation();
    setOpen(false);
    box.current.querySelector("button").focus();
  };
  const text = window_ === undefined ? gettext("choose when") : sayWindow(window_, field, (key) => labelOf(store, ACTIVITY, key));
  const bad = isMissing || errors.length > 0 || (window_ !== undefined && isWindowIncomplete(window_));
  return html`
    <span class="window" ref=${box} onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
      <button type="button" class=${`ctl opens ${bad ? "bad" : ""}`} aria-expanded=${isOpen} aria-haspopup="dialog"
        aria-label=${fill(gettext("{label}: {value}, change"), { label, value: text })} onClick=${() => setOpen(!isOpen)}>${text}</button>
      ${isOpen && html`<${Popover} store=${store} field=${field} window=${window_ ?? "ever"} take=${take} label=${label} />`}
    </span>`;
}

function Popover({ store, field, window, take, label }) {
  const kind = kindOf(window);
  const kinds = KINDS.filter(([key]) => (key !== "next" || field.ahead) && (key !== "since" || !field.ahead));
  return html`
    <div class="menu pop window-pop" role="dialog" aria-label=${label}>
      <div class="kinds" role="group" aria-label=${gettext("Kind of window")}>
        ${kinds.map(([key, text]) => html`<button type="button" key=${key} class="chip" aria-pressed=${key === kind}
            onClick=${() => take(structuredClone(STARTS[key]))}>${text}</button>`)}
      </div>
      <${Details} kind=${kind} field=${field} window=${window} take=${take} store=${store} label=${label} />
      ${kind !== "ever" && kind !== "since" && html`
        <label class="zone"><input type="checkbox" checked=${window.zone === "contact"} onChange=${(event) => take(withZone(window, event.target.checked))} />
          ${gettext("In each contact’s own time zone")}</label>`}
      <p class="small faint resolved">${resolved(kind, window, store)}</p>
    </div>`;
}

function withZone(window, isContact) {
  const { zone: _zone, ...rest } = window;
  return isContact ? { ...rest, zone: "contact" } : rest;
}

function Details({ kind, field, window, take, store, label }) {
  const put = (change) => take({ ...window, ...change });
  const count = (key, text) => html`
    <label class="line">${text} <input class="ctl num" type="number" min="1" max="10000" value=${window[key]}
      onInput=${(event) => { const n = parseInt(event.target.value, 10); if (n > 0) put({ [key]: n }); }} />
      ${key !== "last_whole_days" ? html`<${UnitSelect} field=${field} window=${window} put=${put} />` : gettext("whole days")}</label>`;
  if (kind === "last") return count("last", gettext("in the last"));
  if (kind === "next") return count("next", gettext("in the next"));
  if (kind === "older_than") return count("older_than", gettext("more than"));
  if (kind === "last_whole_days") return count("last_whole_days", gettext("in the last"));
  if (kind === "between") {
    const set = (at, text) => { const n = parseInt(text, 10); if (n >= 0) put({ between: window.between.map((old, index) => (index === at ? n : old)) }); };
    return html`<p class="line">${gettext("between")}
      <input class="ctl num" type="number" min="0" max="10000" aria-label=${gettext("nearer")} value=${window.between[0]} onInput=${(event) => set(0, event.target.value)} /> ${gettext("and")}
      <input class="ctl num" type="number" min="1" max="10000" aria-label=${gettext("farther")} value=${window.between[1]} onInput=${(event) => set(1, event.target.value)} />
      <${UnitSelect} field=${field} window=${window} put=${put} /> ${gettext("ago")}</p>`;
  }
  if (kind === "calendar") {
    return html`<div class="line"><select class="ctl" aria-label=${gettext("Calendar period")} value=${window.calendar} onChange=${(event) => put({ calendar: event.target.value })}>
      ${field.periods.map((period) => html`<option key=${period.value} value=${period.value}>${period.label}</option>`)}</select></div>`;
  }
  if (kind === "dates") {
    const day = (key, text) => html`<label>${text} <input class="ctl" type="date" value=${window[key] ?? ""}
      onChange=${(event) => { const { [key]: _old, ...rest } = window; take(event.target.value ? { ...rest, [key]: event.target.value } : rest); }} /></label>`;
    return html`<div class="line">${day("from", gettext("from"))} ${day("to", gettext("to, included"))}</div>`;
  }
  if (kind === "since") {
    return html`<div class="line">${gettext("since the last")} <${One} store=${store} field=${ACTIVITY} values=${window.since ?? {}} name="activity"
      label=${label} take=${(activity) => take({ since: { activity } })} /></div>`;
  }
  return null;
}

function UnitSelect({ field, window, put }) {
  return html`<select class="ctl" aria-label=${gettext("unit")} value=${window.unit} onChange=${(event) => put({ unit: event.target.value })}>
    ${field.units.map((unit) => html`<option key=${unit.value} value=${unit.value}>${unit.label}</option>`)}</select>`;
}

/** What an elapsed window means now; calendar windows say whose calendar decides. */
function resolved(kind, window, store) {
  const zone = store.context.timeZone;
  const shown = (instant) => dayAndTime(instant, zone);
  const now = new Date();
  const back = (count) => shift(now, -count, window.unit);
  if (kind === "last") return `${shown(back(window.last))} – ${gettext("now")} · ${zone}`;
  if (kind === "older_than") return `${gettext("until")} ${shown(back(window.older_than))} · ${zone}`;
  if (kind === "between") return `${shown(back(window.between[1]))} – ${shown(back(window.between[0]))} · ${zone}`;
  if (kind === "next") return `${gettext("now")} – ${shown(shift(now, window.next, window.unit))} · ${zone}`;
  if (kind === "ever") return gettext("Everything recorded so far.");
  if (kind === "since") return gettext("From each contact’s own latest one.");
  return window.zone === "contact" ? gettext("Whole days where each contact is.") : fill(gettext("Whole days in {zone}."), { zone });
}

function shift(instant, count, unit) {
  const moved = new Date(instant);
  const hours = { hours: 1, days: 24, weeks: 168 }[unit];
  if (hours) return new Date(moved.getTime() + count * hours * 3600e3);
  const day = moved.getDate();
  moved.setDate(1);
  moved.setMonth(moved.getMonth() + count * (unit === "years" ? 12 : 1));
  const last = new Date(moved.getFullYear(), moved.getMonth() + 1, 0).getDate();
  moved.setDate(Math.min(day, last));
  return moved;
}
