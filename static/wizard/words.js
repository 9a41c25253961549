// Words and numbers in the reader's language (Django's JavaScript catalog, if it is loaded).

export const gettext = (text) => window.gettext?.(text) ?? text;
export const ngettext = (one, many, count) => window.ngettext?.(one, many, count) ?? (count === 1 ? one : many);

/** "{n} people" with {n: "12"} → "12 people". */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** Text as a search compares it: without capitals and accents. */
export const bare = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ł", "l");

const spoken = document.documentElement.lang || "en";

/** Dates and times as the server writes them: 1 Jan 2026, 14:02. */
export const language = spoken === "en" ? "en-GB" : spoken;
export const plurals = new Intl.PluralRules(language);
const whole = new Intl.NumberFormat(language);
const percents = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });

export const number = (value) => (value === null || value === undefined ? "–" : whole.format(value));
/** A share of one; tiny shares aren't said to be nothing. */
export const percent = (share) => (share > 0 && share < 0.001 ? `< ${percents.format(0.001)}` : percents.format(share));

/** The time of day of an instant in a zone, with seconds. */
export function clockTime(instant, timeZone) {
  return new Intl.DateTimeFormat(language, { timeStyle: "medium", hourCycle: "h23", timeZone }).format(new Date(instant));
}

export function dayAndTime(instant, timeZone) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23", timeZone }).format(instant);
}
