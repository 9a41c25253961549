// The trend of a segment: size from zero, entered and left below, the forecast dashed where there is
// one; and the page's own refresh.

import { colour } from "./lib/colours.js";
import { request } from "./lib/http.js";

const gettext = window.gettext ?? ((text) => text);
const box = document.getElementById("trend");
// "22 Nov" as everywhere else on the pages, also where the language is plain English.
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

/** The columns with those of the forecast behind them; its sizes stand in `expected`. */
function withForecast(trend) {
  const { forecast } = trend;
  if (!forecast) return trend;
  const before = trend.at.map((_at, index) => (index === trend.at.length - 1 ? trend.size[index] : null));
  return {
    ...trend,
    at: [...trend.at, ...forecast.at],
    size: [...trend.size, ...forecast.at.map(() => null)],
    expected: [...before, ...forecast.size],
    entered: [...trend.entered, ...forecast.entered],
    left: [...trend.left, ...forecast.left],
  };
}

function draw(given) {
  box.replaceChildren();
  const trend = withForecast(given);
  const at = trend.at.map((instant) => Date.parse(instant) / 1000);
  // No bar where nobody moved: of a bar of no height only the outline would be drawn.
  const entered = trend.entered.map((count) => count || null);
  const left = trend.left.map((count) => -count || null);
  const most = Math.max(1, ...trend.entered, ...trend.left);
  const bars = window.uPlot.paths.bars({ size: [0.7, 12] });
  const whole = new Intl.NumberFormat(language);
  const isRecorded = box.dataset.recorded === "true";
  const zone = box.dataset.zone;
  const time = isRecorded ? { hour: "2-digit", minute: "2-digit" } : {};
  const count = (_plot, value, _series, index) => (index === null || index === undefined ? "–" : whole.format(Math.abs(value ?? 0)));
  const known = (plot, value, series, index) => (value === null ? "–" : count(plot, value, series, index));
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: zone });
  const moment = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", ...time, timeZone: zone });
  // A midnight is the end of a day: one second before it belongs to the day that is meant.
  const date = (value) => new Date((isRecorded ? value : value - 1) * 1000);
  const ink = colour("--ink-3");
  const grid = { stroke: colour("--line"), width: 1 };
  new window.uPlot({
    width: box.clientWidth, height: 300,
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), zone),
    scales: { y: { range: (_plot, _low, high) => [-(high || 1) * 0.22, (high || 1) * 1.08] }, moves: { range: () => [-most * 1.2, most * 9] } },
    series: [
      { label: isRecorded ? gettext("Counted at") : gettext("Day"), value: (_plot, value) => (value ? moment.format(date(value)) : "–") },
      { label: gettext("Size"), scale: "y", stroke: colour("--accent"), fill: colour("--accent", 0.12), width: 2, points: { show: false }, fillTo: 0, value: known },
      ...(trend.expected ? [{ label: gettext("Forecast"), scale: "y", stroke: colour("--accent"), width: 2, dash: [6, 5], points: { show: false }, value: known }] : []),
      { label: gettext("Entered"), scale: "moves", stroke: colour("--good"), fill: colour("--good", 0.75), paths: bars, points: { show: false }, value: count },
      { label: gettext("Left"), scale: "moves", stroke: colour("--bad"), fill: colour("--bad", 0.65), paths: bars, points: { show: false }, value: count },
    ],
    axes: [
      { stroke: ink, grid: { show: false }, ticks: { show: false }, values: (_plot, values) => values.map((value) => day.format(date(value))), space: box.clientWidth < 480 ? 56 : 90 },
      { scale: "y", stroke: ink, grid, ticks: { show: false }, size: 64, values: (_plot, values) => values.map((value) => (value < 0 ? "" : whole.format(value))) },
    ],
    hooks: { drawAxes: [(plot) => hatch(plot, trend, at)], draw: [(plot) => markVersions(plot, trend, at)] },
  }, [at, trend.size, ...(trend.expected ? [trend.expected] : []), entered, left], box);
}

/** Hatch the days on which something the definition asks about wasn't recorded yet. */
function hatch(plot, trend, at) {
  const last = trend.coverage.findLastIndex((missing) => missing.length > 0);
  if (last < 0) return;
  const { ctx, bbox } = plot;
  const end = plot.valToPos(at[Math.min(last + 1, at.length - 1)], "x", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, Math.max(0, end - bbox.left), bbox.height);
  ctx.clip();
  ctx.strokeStyle = colour("--line-2");
  for (let x = bbox.left - bbox.height; x < end; x += 10) {
    ctx.beginPath();
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
    ctx.stroke();
  }
  ctx.restore();
}

/** A dashed line where the definition changed. */
function markVersions(plot, trend, at) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour("--any");
  ctx.setLineDash([4, 4]);
  trend.version.forEach((version, index) => {
    if (index === 0 || version === trend.version[index - 1]) return;
    const x = plot.valToPos(at[index], "x", true);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  });
  ctx.restore();
}

function start() {
  const trend = JSON.parse(document.getElementById("trend-data").textContent);
  draw(trend);
  let timer;
  new ResizeObserver(() => { clearTimeout(timer); timer = setTimeout(() => draw(trend), 120); }).observe(box.parentElement);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(trend));
}

/** While something is being counted, ask now and then, and show the page anew when it is done. */
async function watch(headline) {
  const { days, done, freshness } = headline.dataset;
  const isComputing = headline.dataset.backfill === "true";
  const isCounting = ["counting", "new"].includes(freshness);
  // The line fills from today backwards: what is looked at may be there long before all of it is.
  const isShort = Number(done) <= Number(days);
  for (let tries = 0; (isComputing || isCounting) && tries < 400; tries += 1) {
    await new Promise((done) => { setTimeout(done, tries < 60 ? 1500 : 4000); });
    const state = await request(headline.dataset.state).catch(() => null);
    if (!state) continue;
    showProgress(state);
    const isCounted = !["counting", "new"].includes(state.freshness);
    if (isCounting && isCounted) return window.location.reload();
    if (isComputing && (!state.backfill || (isShort && state.backfill.done > Number(days)))) return window.location.reload();
  }
  return undefined;
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

/** How far the line is, and how long the count has taken so far. */
function showProgress(state) {
  const whole = new Intl.NumberFormat(language);
  const bar = document.getElementById("line-progress");
  if (bar && state.backfill?.total) {
    const { done, total } = state.backfill;
    bar.max = total;
    bar.value = done;
    document.getElementById("line-progress-text").textContent = fill(gettext("{done} of {total} days computed"), { done: whole.format(done), total: whole.format(total) });
  }
  const counting = document.getElementById("counting");
  if (counting && state.counting_since) {
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(state.counting_since)) / 1000));
    counting.textContent = fill(gettext("counting for {seconds} s"), { seconds: whole.format(seconds) });
  }
}

if (box) start();
const headline = document.getElementById("segment-headline");
if (headline) watch(headline);
