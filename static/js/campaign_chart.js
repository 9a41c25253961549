// What people did with an e-mail, hour by hour and later day by day.

import { colour } from "./lib/colours.js";

const gettext = window.gettext ?? ((text) => text);
const box = document.getElementById("responses");
// "22 Nov" as everywhere else on the pages, also where the language is plain English.
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

function draw(series) {
  box.replaceChildren();
  const { zone } = box.dataset;
  const at = series.at.map((instant) => Date.parse(instant) / 1000);
  const whole = new Intl.NumberFormat(language);
  const isLong = at.length > 1 && at.at(-1) - at[0] > 3 * 86400;
  const tick = new Intl.DateTimeFormat(language, isLong ? { day: "numeric", month: "short", timeZone: zone } : { weekday: "short", hour: "2-digit", minute: "2-digit", timeZone: zone });
  const moment = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: zone });
  const count = (_plot, value) => (value === null || value === undefined ? "–" : whole.format(value));
  const stepped = window.uPlot.paths.stepped({ align: 1 });
  const line = (label, name, fill = 0) => ({ label, stroke: colour(name), ...(fill ? { fill: colour(name, fill) } : {}), width: 2, points: { show: false }, paths: stepped, value: count });
  const most = Math.max(4, ...series.opens, ...series.clicks, ...series.purchases);
  const ink = colour("--ink-3");
  new window.uPlot({
    width: box.clientWidth, height: 280,
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), zone),
    scales: { y: { range: () => [0, most * 1.08] } },
    series: [
      { label: gettext("From"), value: (_plot, value) => (value ? moment.format(new Date(value * 1000)) : "–") },
      line(gettext("Opens"), "--accent", 0.12),
      line(gettext("Clicks"), "--good"),
      line(gettext("Purchases"), "--any"),
    ],
    axes: [
      { stroke: ink, grid: { show: false }, ticks: { show: false }, values: (_plot, values) => values.map((value) => tick.format(new Date(value * 1000))), space: isLong ? 72 : 96 },
      { stroke: ink, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, size: 56, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6], values: (_plot, values) => values.map((value) => whole.format(value)) },
    ],
  }, [at, series.opens, series.clicks, series.purchases], box);
}

if (box) {
  const series = JSON.parse(document.getElementById("responses-data").textContent);
  draw(series);
  let timer;
  new ResizeObserver(() => { clearTimeout(timer); timer = setTimeout(() => draw(series), 120); }).observe(box.parentElement);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(series));
}
