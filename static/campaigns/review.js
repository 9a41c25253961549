// Everything once more before it goes out: who, what, when, what is wrong, and one button.

import { request, RequestError } from "../js/lib/http.js";
import { html, useState } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { fill, gettext, ngettext, number } from "../wizard/words.js";
import { Section } from "./fields.js";
import { FindingList, useFindings, useSaved } from "./preview.js";
import { LinkCheck } from "./linkcheck.js";
import { saySchedule } from "./schedulewords.js";
import { DomainStatus, SettingUp } from "./sender.js";
import { sayTest } from "./variants.js";
import { Waterfall } from "./waterfall.js";

export function Review({ store, audience, goTo }) {
  const saved = useSaved(store);
  const checks = useFindings(store, saved);
  const [confirmed, setConfirmed] = useState([]);
  const flip = (code) => setConfirmed(confirmed.includes(code) ? confirmed.filter((other) => other !== code) : [...confirmed, code]);
  return html`<div class="campaign-cols">
    <div class="campaign-main">
      <${Summary} store=${store} audience=${audience} goTo=${goTo} />
      <${Section} title=${gettext("Checks")}><${FindingList} store=${store} checks=${checks} goTo=${goTo} /><${LinkCheck} store=${store} saved=${saved} goTo=${goTo} /><//>
      <${Section} title=${gettext("Sender")}><${SenderLine} store=${store} goTo=${goTo} /><//>
      <${Warnings} audience=${audience} confirmed=${confirmed} flip=${flip} />
      <${Send} store=${store} audience=${audience} checks=${checks} confirmed=${confirmed} goTo=${goTo} />
    </div>
    <aside class="campaign-side"><${Waterfall} store=${store} audience=${audience} /></aside>
  </div>`;
}

/** Who gets what and when, as sentences; each leads to its step. */
function Summary({ store, audience, goTo }) {
  const { content } = store.present;
  const test = sayTest(store);
  const line = (key, label, said) => html`<div key=${key}><dt>${label}</dt><dd><span>${said}</span> <button type="button" class="link small" aria-label=${fill(gettext("Change: {what}"), { what: label })} onClick=${() => goTo(key)}>${gettext("Change")}</button></dd></div>`;
  return html`<dl class="summary">
    ${line("audience", gettext("Who"), sayAudience(store, audience))}
    ${line("content", gettext("What"), html`${content.subject ? html`“${content.subject}”` : gettext("No subject yet")}${test && html` <span class="muted">${test}</span>`}`)}
    ${line("schedule", gettext("When"), saySchedule(store).join(" "))}</dl>`;
}

function sayAudience(store, { answer, isFresh, isEmpty }) {
  const { segments, lists, match, exclude_segments: noSegments, exclude_lists: noLists } = store.present.audience;
  if (isEmpty) return gettext("Nobody yet: choose a segment or a list.");
  const names = (ids, others) => [...ids.map((id) => store.labelOf("segment", id)), ...others.map((id) => store.labelOf("list", id))];
  const joined = names(segments, lists).join(match === "all" ? gettext(" and ") : gettext(" or "));
  const without = names(noSegments, noLists);
  const groups = without.length ? fill(gettext("{groups}, without {others}"), { groups: joined, others: without.join(", ") }) : joined;
  if (!answer || !isFresh) return groups;
  return fill(ngettext("{n} person of {groups}", "{n} people of {groups}", answer.recipients), { n: number(answer.recipients), groups });
}

function SenderLine({ store, goTo }) {
  const { from_name: name, from_email: email, account } = store.present;
  const { accounts } = store.choices;
  const used = accounts.find((one) => one.id === account) ?? accounts.find((one) => one.is_default);
  if (!email) return html`<p class="down">${gettext("There is no sender’s address yet.")} <button type="button" class="link" onClick=${() => goTo("content")}>${gettext("Add it")}</button></p>`;
  return html`<p>${name ? `${name} ` : ""}<span class="mono">${`<${email}>`}</span>${used && html` <span class="muted">${fill(gettext("through {account}"), { account: used.name })}</span>`}</p>
    ${!used && html`<p class="down">${store.context.mayManage ? gettext("There is no account to send through yet.") : gettext("There is no account to send through yet. An administrator can add one.")} <${SettingUp} store=${store} to="accounts">${gettext("Add one")}<//></p>`}
    ${used?.error && html`<p class="down">${used.error}</p>`}<${DomainStatus} store=${store} />`;
}

/** What a person has to have seen before it goes out. */
function Warnings({ audience: { answer, isFresh }, confirmed, flip }) {
  const warnings = answer && isFresh ? answer.warnings : [];
  if (!warnings.length) return null;
  const codes = [...new Set(warnings.map((one) => one.code))];
  return html`<${Section} title=${gettext("Have a look at this first")}>${codes.map((code) => html`<div key=${code} class="note"><ul class="lines">${warnings.filter((one) => one.code === code).map((one) => html`<li key=${one.message}>${one.message}</li>`)}</ul>
    <label class="check-line"><input type="checkbox" data-confirm-code=${code} checked=${confirmed.includes(code)} onChange=${() => flip(code)} /><span>${gettext("I have looked at it: send it all the same")}</span></label></div>`)}<//>`;
}

/** Why it can't be sent yet, in words; empty when it can. */
function whyNot(store, audience, checks, confirmed) {
  const { schedule, content } = store.present;
  if (!store.context.maySend) return gettext("Your role may write campaigns but not send them.");
  if (audience.isEmpty) return gettext("Choose who gets it first.");
  if (audience.problem) return audience.problem.text;
  if (!store.choices.accounts.some((one) => one.id === store.present.account || (store.present.account === null && one.is_default))) return gettext("There is no account to send through yet.");
  if (!store.present.from_email) return gettext("Write the sender’s address first.");
  if (!content.subject.trim()) return gettext("Write a subject first.");
  if (!store.saver.isSettled) return gettext("Wait until it is saved.");
  if (!audience.isFresh) return gettext("The audience is being counted.");
  if (schedule.kind === "now" && audience.answer.recipients === 0) return gettext("Nobody would get it.");
  if (!checks.findings || !checks.isFresh) return gettext("It is being checked.");
  const [fault] = checks.findings.filter((one) => one.level === "error");
  if (fault) return fault.message;
  const open = audience.answer.warnings.filter((one) => !confirmed.includes(one.code));
  if (open.length && schedule.kind === "now") return gettext("Confirm that you have looked at what is unusual.");
  return "";
}

function Send({ store, audience, checks, confirmed }) {
  const [state, setState] = useState({ isSending: false, problems: [] });
  const isNow = store.present.schedule.kind === "now";
  const reason = whyNot(store, audience, checks, confirmed);
  const { answer, isFresh } = audience;
  const words = isNow ? (answer && isFresh ? fill(ngettext("Send to {n} person", "Send to {n} people", answer.recipients), { n: number(answer.recipients) }) : gettext("Send")) : gettext("Schedule");
  const send = async () => {
    if (reason || state.isSending) return;
    setState({ isSending: true, problems: [] });
    try {
      if (!(await store.saver.flush())) throw new Error(gettext("Part of it can’t be saved."));
      const url = `${store.urls.campaigns}${store.id}/${isNow ? "send" : "schedule"}/`;
      await request(url, { method: "POST", body: isNow ? { version: store.saver.version, confirmed } : { version: store.saver.version }, key: store.sendKey });
      store.isLeaving = true;
      location.assign(store.urls.page.replace("/0/", `/${store.id}/`));
    } catch (error) {
      const errors = error instanceof RequestError ? (error.problem?.errors ?? []).map((one) => one.message) : [];
      setState({ isSending: false, problems: errors.length ? errors : [error.message] });
    }
  };
  return html`<div class="send-box">
    ${state.problems.length > 0 && html`<div class="note bad" role="alert">${state.problems.map((text) => html`<p key=${text}>${text}</p>`)}</div>`}
    <button type="button" class="btn primary big" data-send aria-disabled=${Boolean(reason) || state.isSending} aria-busy=${state.isSending} aria-describedby="why-not" onClick=${send}><${Icon} name=${isNow ? "send" : "calendar-clock"} />${words}</button>
    <p class="small muted" id="why-not" data-why-not>${reason || (isNow ? gettext("The audience is counted once more at this moment; a click too many does nothing.") : gettext("You can stop it at any time before."))}</p></div>`;
}

