// A schedule in words: when, in whose time, until when, and what follows.

import { fill, gettext, language, ngettext } from "../wizard/words.js";

const days = new Intl.DateTimeFormat(language, { dateStyle: "full", timeZone: "UTC" });
const shortDays = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
const asDate = (text) => new Date(`${text}T00:00:00Z`);

/** Names of the days of the week, Monday first; 5 January 1970 was one. */
export const WEEKDAYS = Array.from({ length: 7 }, (_one, index) => new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" }).format(new Date(Date.UTC(1970, 0, 5 + index))));

const list = new Intl.ListFormat(language, { type: "conjunction" });

/** Lines that say when it is sent. */
export function saySchedule(store) {
  const { schedule } = store.present;
  return [sayWhen(store, schedule), ...sayRest(store, schedule)];
}

function sayWhen(store, schedule) {
  const { kind, date, time, zone } = schedule;
  if (kind === "now") return gettext("It is sent as soon as you press the button.");
  const whose = zone === "contact" ? gettext("in each contact’s own time zone") : fill(gettext("by {zone}"), { zone: store.context.timeZone });
  if (kind === "at") return fill(gettext("It is sent on {day} at {time}, {whose}."), { day: date ? days.format(asDate(date)) : "…", time: time ?? "…", whose });
  return fill(gettext("It is sent {rhythm} at {time}, {whose}, from {day}{until}."), {
    rhythm: sayRhythm(schedule), time: time ?? "…", whose, day: date ? shortDays.format(asDate(date)) : "…",
    until: schedule.until ? fill(gettext(" until {day}"), { day: shortDays.format(asDate(schedule.until)) }) : "",
  });
}

function sayRhythm({ every, weekdays, month_day: day }) {
  if (every === "day") return gettext("every day");
  if (every === "month") return fill(gettext("on day {n} of every month"), { n: day });
  return fill(gettext("every {weekdays}"), { weekdays: list.format(weekdays.map((each) => WEEKDAYS[each - 1])) });
}

function sayRest(store, { kind, quiet_hours: isQuiet, resend }) {
  const { quietFrom, quietTo } = store.settings;
  const lines = [];
  if (kind !== "now") lines.push(gettext("The segments are counted at that moment."));
  if (isQuiet && quietFrom) lines.push(fill(gettext("Nothing goes out between {from} and {to}: it then waits."), { from: quietFrom, to: quietTo }));
  if (resend) lines.push(fill(ngettext("{n} hour later it goes once more to who hasn’t opened it.", "{n} hours later it goes once more to who hasn’t opened it.", resend.after_hours), { n: resend.after_hours }));
  return lines;
}
