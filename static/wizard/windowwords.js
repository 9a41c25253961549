// Windows of time in words.

import { fill, gettext, language, ngettext } from "./words.js";

export function kindOf(window) {
  if (window === undefined || window === "ever") return "ever";
  return ["last", "calendar", "last_whole_days", "older_than", "between", "next", "since"].find((key) => key in window) ?? "dates";
}

/** The window in words, as its button shows it. */
export function sayWindow(window, field, labelOfActivity) {
  const said = sayKind(window, field, labelOfActivity);
  return window.zone === "contact" ? fill(gettext("{window}, where each contact is"), { window: said }) : said;
}

function sayKind(window, field, labelOfActivity) {
  switch (kindOf(window)) {
    case "ever": return gettext("ever");
    case "last": return sayLast(window.last, window.unit);
    case "next": return sayNext(window.next, window.unit);
    case "older_than": return sayAgo(window.older_than, window.unit);
    case "between": return fill(gettext("between {near} and {far} ago"), { near: window.between[0], far: units(window.between[1], window.unit) });
    case "last_whole_days": return fill(ngettext("in the last {n} whole day", "in the last {n} whole days", window.last_whole_days), { n: window.last_whole_days });
    case "calendar": return sayPeriod(window.calendar, field);
    case "since": return fill(gettext("since the last “{activity}”"), { activity: window.since?.activity ? labelOfActivity(window.since.activity) : "…" });
    default: return sayDates(window);
  }
}

function units(count, unit) {
  const words = {
    hours: ngettext("{n} hour", "{n} hours", count), days: ngettext("{n} day", "{n} days", count),
    weeks: ngettext("{n} week", "{n} weeks", count), months: ngettext("{n} month", "{n} months", count),
    years: ngettext("{n} year", "{n} years", count),
  };
  return fill(words[unit] ?? `{n} ${unit}`, { n: count });
}

// Whole phrases for each unit: in many languages the unit decides the other words.

function sayLast(n, unit) {
  const words = {
    hours: ngettext("in the last {n} hour", "in the last {n} hours", n), days: ngettext("in the last {n} day", "in the last {n} days", n),
    weeks: ngettext("in the last {n} week", "in the last {n} weeks", n), months: ngettext("in the last {n} month", "in the last {n} months", n),
    years: ngettext("in the last {n} year", "in the last {n} years", n),
  };
  return fill(words[unit] ?? unit, { n });
}

function sayNext(n, unit) {
  const words = {
    hours: ngettext("in the next {n} hour", "in the next {n} hours", n), days: ngettext("in the next {n} day", "in the next {n} days", n),
    weeks: ngettext("in the next {n} week", "in the next {n} weeks", n), months: ngettext("in the next {n} month", "in the next {n} months", n),
    years: ngettext("in the next {n} year", "in the next {n} years", n),
  };
  return fill(words[unit] ?? unit, { n });
}

function sayAgo(n, unit) {
  const words = {
    hours: ngettext("more than {n} hour ago", "more than {n} hours ago", n), days: ngettext("more than {n} day ago", "more than {n} days ago", n),
    weeks: ngettext("more than {n} week ago", "more than {n} weeks ago", n), months: ngettext("more than {n} month ago", "more than {n} months ago", n),
    years: ngettext("more than {n} year ago", "more than {n} years ago", n),
  };
  return fill(words[unit] ?? unit, { n });
}

function sayPeriod(period, field) {
  const label = field.periods.find((one) => one.value === period)?.label ?? period;
  return ["today", "yesterday"].includes(period) ? label : fill(gettext("in {period}"), { period: label });
}

const days = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });

/** A local date in words; its zone is not ours to convert. */
export const sayDay = (text) => days.format(new Date(`${text}T00:00:00Z`));

function sayDates(window) {
  const { from, to } = window;
  if (from && from === to) return fill(gettext("on {day}"), { day: sayDay(from) });
  if (from && to) return fill(gettext("from {first} to {last}"), { first: sayDay(from), last: sayDay(to) });
  if (from) return fill(gettext("on or after {day}"), { day: sayDay(from) });
  if (to) return fill(gettext("on or before {day}"), { day: sayDay(to) });
  return gettext("choose dates");
}
