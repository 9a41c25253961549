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
  // No bar where nothing happened: of a bar of no height only the outline would be drawn.
  const some = (numbers) => numbers.map((number) => number || null);
  const bars = (part) => window.uPlot.paths.bars({ size: [part, 28], align: 1, radius: 0.1 });
  const drawn = (label, name, opacity, part) => ({ label, stroke: "transparent", fill: colour(name, opacity), width: 0, paths: bars(part), points: { show: false }, value: count });
  const last = at.at(-1) + (at.length > 1 ? at.at(-1) - at.at(-2) : 3600);
  const most = Math.max(4, ...series.opens, ...series.clicks, ...series.purchases);
  const ink = colour("--ink-3");
  new window.uPlot({
    width: box.clientWidth, height: 280,
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), zone),
    scales: { x: { range: () => [at[0], last] }, y: { range: () => [0, most * 1.08] } },
    series: [
      { label: gettext("From"), value: (_plot, value) => (value ? moment.format(new Date(value * 1000)) : "–") },
      drawn(gettext("Opens"), "--accent", 0.28, 0.9),
      drawn(gettext("Clicks"), "--accent", 0.9, 0.9),
      { label: gettext("Purchases"), stroke: colour("--any"), paths: () => null, points: { show: true, size: 8, fill: colour("--any"), stroke: colour("--bg") }, value: count },
    ],
    axes: [
      { stroke: ink, grid: { show: false }, ticks: { show: false }, values: (_plot, values) => values.map((value) => tick.format(new Date(value * 1000))), space: isLong ? 72 : 96, ...(isLong && { incrs: [1, 2, 4, 7, 14, 28, 56].map((days) => days * 86400) }) },
      { stroke: ink, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, size: 56, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6], values: (_plot, values) => values.map((value) => whole.format(value)) },
    ],
  }, [at, some(series.opens), some(series.clicks), some(series.purchases)], box);
}

if (box) {
  const series = JSON.parse(document.getElementById("responses-data").textContent);
  draw(series);
  let timer;
  new ResizeObserver(() => { clearTimeout(timer); timer = setTimeout(() => draw(series), 120); }).observe(box.parentElement);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(series));
}
