// When it is sent, and in words what that means.

import { html } from "../js/lib/preact.js";
import { fill, gettext } from "../wizard/words.js";
import { Faults, Field, Options, Section, TextField } from "./fields.js";
import { NumberField } from "./inspector.js";
import { saySchedule, WEEKDAYS } from "./schedulewords.js";

const KINDS = [
  ["now", gettext("Now"), gettext("As soon as you press the button on the last step.")],
  ["at", gettext("At a time"), gettext("The audience is counted then, not now.")],
  ["recurring", gettext("Again and again"), gettext("Each time to who is in the segments then.")],
];

export function Schedule({ store }) {
  const { schedule } = store.present;
  return html`<div class="campaign-cols">
    <div class="campaign-main">
      <${Section} title=${gettext("When it is sent")}>
        <${Options} label=${gettext("Send it")} name="kind" value=${schedule.kind} options=${KINDS} take=${(kind) => start(store, kind)} />
        ${schedule.kind === "at" && html`<${Moment} store=${store} />`}
        ${schedule.kind === "recurring" && html`<${Rhythm} store=${store} />`}
        <${Faults} store=${store} path="$.schedule" />
      <//>
      ${schedule.kind !== "now" && html`<${Zone} store=${store} />`}
      <${Quiet} store=${store} />
      <${Resend} store=${store} />
    </div>
    <aside class="campaign-side"><section class="said" aria-live="polite"><h3 class="section-title">${gettext("In words")}</h3>
      ${saySchedule(store).map((line) => html`<p key=${line} class="lead-line">${line}</p>`)}</section></aside>
  </div>`;
}

const put = (store, part, key) => store.put("schedule", part, key);

/** A kind that needs a day and a time starts with tomorrow morning. */
function start(store, kind) {
  const { schedule } = store.present;
  const day = schedule.date ?? tomorrow();
  const more = kind === "now" ? {} : { date: day, time: schedule.time ?? "09:00" };
  const weekdays = schedule.weekdays.length ? schedule.weekdays : [weekdayOf(day)];
  put(store, { kind, ...more, ...(kind === "recurring" ? { weekdays } : {}) });
}

function tomorrow() {
  const day = new Date();
  day.setDate(day.getDate() + 1);
  return [day.getFullYear(), String(day.getMonth() + 1).padStart(2, "0"), String(day.getDate()).padStart(2, "0")].join("-");
}

const weekdayOf = (day) => ((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7) + 1;

function Moment({ store, dateLabel = gettext("Day") }) {
  const { date, time } = store.present.schedule;
  return html`<div class="form-row pair">
    <${Field} label=${dateLabel}>${(id) => html`<input id=${id} type="date" value=${date ?? ""} onChange=${(event) => event.target.value && put(store, { date: event.target.value })} />`}<//>
    <${Field} label=${gettext("Time")}>${(id) => html`<input id=${id} type="time" value=${time ?? ""} onChange=${(event) => event.target.value && put(store, { time: event.target.value })} />`}<//></div>`;
}

const RHYTHMS = [["day", gettext("Every day")], ["week", gettext("Every week")], ["month", gettext("Every month")]];

function Rhythm({ store }) {
  const { every, weekdays, month_day: monthDay, until } = store.present.schedule;
  const flip = (day) => {
    const next = weekdays.includes(day) ? weekdays.filter((other) => other !== day) : [...weekdays, day].sort();
    if (next.length) put(store, { weekdays: next });
  };
  return html`
    <${Field} label=${gettext("How often")}>${(id) => html`<select id=${id} value=${every} onChange=${(event) => put(store, { every: event.target.value })}>${RHYTHMS.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}</select>`}<//>
    ${every === "week" && html`<fieldset class="form-row"><legend class="form-label">${gettext("On")}</legend><div class="chips">${WEEKDAYS.map((name, index) => html`
      <button type="button" key=${name} class="chip" aria-pressed=${weekdays.includes(index + 1)} onClick=${() => flip(index + 1)}>${name}</button>`)}</div></fieldset>`}
    ${every === "month" && html`<${NumberField} label=${gettext("On day")} help=${gettext("In shorter months on the last day.")} min=${1} max=${31} value=${monthDay} take=${(day) => put(store, { month_day: day }, "month_day")} />`}
    <${Moment} store=${store} dateLabel=${gettext("From")} />
    <${Field} label=${gettext("Until")} help=${gettext("Empty: until you stop it.")}>${(id) => html`<input id=${id} type="date" value=${until ?? ""} onChange=${(event) => put(store, { until: event.target.value || null })} />`}<//>`;
}

function Zone({ store }) {
  const options = [
    ["workspace", fill(gettext("For everybody at once, by {zone}"), { zone: store.context.timeZone })],
    ["contact", gettext("By each contact’s own time zone"), gettext("One send for each zone; who has no zone gets it by the workspace’s.")],
  ];
  return html`<${Section} title=${gettext("Whose time")}><${Options} label=${gettext("The time is meant")} name="zone" value=${store.present.schedule.zone} options=${options} take=${(zone) => put(store, { zone })} /><//>`;
}

function Quiet({ store }) {
  const { quietFrom, quietTo } = store.settings;
  if (!quietFrom) return null;
  return html`<${Section} title=${gettext("Quiet hours")}><label class="check-line"><input type="checkbox" checked=${store.present.schedule.quiet_hours} onChange=${(event) => put(store, { quiet_hours: event.target.checked })} />
    <span>${fill(gettext("Nothing goes out between {from} and {to}"), { from: quietFrom, to: quietTo })}<span class="help">${gettext("A send that falls into it waits until they are over.")}</span></span></label><//>`;
}

function Resend({ store }) {
  const { resend } = store.present.schedule;
  const set = (part, key) => put(store, { resend: { ...resend, ...part } }, key);
  return html`<${Section} title=${gettext("Once more")}>
    <label class="check-line"><input type="checkbox" checked=${resend !== null} data-resend onChange=${(event) => put(store, { resend: event.target.checked ? { after_hours: 72, subject: "" } : null })} /><span>${gettext("Send it once more to who hasn’t opened it")}</span></label>
    ${resend && html`<${NumberField} label=${gettext("After")} unit=${gettext("hours")} min=${1} max=${720} value=${resend.after_hours} take=${(hours) => set({ after_hours: hours }, "resend.hours")} />
      <${TextField} label=${gettext("Another subject")} help=${gettext("Empty: the same.")} maxlength="300" value=${resend.subject} take=${(subject) => set({ subject }, "resend.subject")} />`}
  <//>`;
}
