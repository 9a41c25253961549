// Offer the browser's own time zone and week start for a new workspace.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zones = document.querySelector('select[name="time_zone"]');
if (zones && [...zones.options].some((option) => option.value === zone)) zones.value = zone;

const locale = new Intl.Locale(navigator.language);
const first = (locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay;
const weeks = document.querySelector('select[name="week_start"]');
if (weeks && [...weeks.options].some((option) => option.value === String(first))) weeks.value = String(first);
