// The message as it will arrive: of what is saved, as any contact, on a desk or a phone; and what is wrong.

import { request } from "../js/lib/http.js";
import { html, useEffect, useRef, useState } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { fill, gettext, number } from "../wizard/words.js";
import { Search } from "./chooser.js";
import { Switch } from "./fields.js";
import { SettingUp } from "./sender.js";
import { TestSend } from "./testsend.js";

const WIDTHS = [["desk", gettext("Desktop")], ["phone", gettext("Phone")], ["text", gettext("Plain text")]];
const LARGE = 102 * 1024; // bytes: more is cut off by some mail programs

/** {version, isFresh}: which saved version is shown, and whether it is what stands beside it. */
function useSaved(store) {
  const { status, version, id } = store.saver;
  return { id, version, isFresh: status === "saved" };
}

export function Preview({ store }) {
  const [view, setView] = useState("desk");
  const [contact, setContact] = useState(store.previewed ?? null);
  store.previewed = contact; // whose links are followed before it is sent
  const [isTesting, setTesting] = useState(false);
  const saved = useSaved(store);
  const made = useMade(store, saved, contact);
  const last = useRef(null);
  if (!saved.id) {
    return html`<section class="preview"><div class="preview-head"><h3 class="section-title">${gettext("Preview")}</h3></div>
      <div class="preview-box nothing"><p class="muted">${gettext("Write something: the message is shown here as it will arrive.")}</p></div></section>`;
  }
  const query = new URLSearchParams({ variant: store.variant, v: saved.version, ...(contact ? { contact: contact.id } : {}) });
  // What isn't saved yet can't be shown: until then the last that could stays.
  if (saved.isFresh || !last.current) last.current = `${store.urls.preview.replace("/0/", `/${saved.id}/`)}?${query}`;
  const address = last.current;
  return html`<section class="preview" aria-label=${gettext("Preview")}>
    <div class="preview-head"><h3 class="section-title">${gettext("Preview")}</h3><span class="grow"></span>
      <${Switch} label=${gettext("Shown on")} value=${view} options=${WIDTHS} take=${setView} />
      <a class="btn ghost square compact" href=${address} target="_blank" rel="noopener" aria-label=${gettext("Open in a new tab")} title=${gettext("Open in a new tab")}><${Icon} name="external-link" /></a></div>
    <${AsWhom} store=${store} contact=${contact} setContact=${setContact} />
    ${made?.fault && html`<p class="note bad" role="alert">${made.fault}</p>`}
    <div class=${`preview-box ${view} ${saved.isFresh ? "" : "stale"}`}>
      <p class="preview-subject"><b>${made?.subject || gettext("No subject yet")}</b></p>
      ${view === "text" ? html`<pre class="preview-text" tabindex="0" aria-label=${gettext("Plain text")}>${made?.text ?? ""}</pre>`
    : html`<iframe key=${view} title=${gettext("The message as it will arrive")} src=${address} sandbox=""></iframe>`}
    </div>
    <div class="preview-foot"><span class=${`small ${made?.size > LARGE ? "down" : "faint"} num`}>${made ? fill(gettext("{n} KB"), { n: number(Math.ceil(made.size / 1024)) }) : ""}</span><span class="grow"></span>
      ${store.context.maySend && html`<button type="button" class="btn compact" data-test onClick=${() => setTesting(true)}><${Icon} name="send" />${gettext("Send a test")}</button>`}</div>
    <${Findings} store=${store} saved=${saved} />
    ${isTesting && html`<${TestSend} store=${store} contact=${contact} close=${() => setTesting(false)} />`}
  </section>`;
}

function AsWhom({ store, contact, setContact }) {
  const find = async (query, signal) => {
    const { results } = await request(`${store.urls.contacts}?${new URLSearchParams({ search: query, limit: 12 })}`, { signal });
    return results.map((one) => ({ kind: "contact", id: one.id, label: nameOf(one), count: null, hint: one.email }));
  };
  if (contact) return html`<p class="as-whom chosen-one"><${Icon} name="user" /><span class="grow">${fill(gettext("As {name} sees it"), { name: contact.label })}</span>
    <button type="button" class="btn ghost square compact" aria-label=${gettext("With sample values again")} onClick=${() => setContact(null)}><${Icon} name="x" /></button></p>`;
  return html`<${Search} label=${gettext("See it as a contact")} placeholder=${gettext("With sample values. See it as a contact: name or e-mail")} find=${find} add=${setContact} describe=${({ label, hint }) => (label === hint ? "" : hint)} />`;
}

const nameOf = (one) => [one.first_name, one.last_name].filter(Boolean).join(" ") || one.email || one.external_id;

/** Subject, plain text and size of the saved version; the newest question wins. */
function useMade(store, { id, version, isFresh }, contact) {
  const [made, setMade] = useState(null);
  useEffect(() => {
    if (!id || !isFresh) return undefined;
    const controller = new AbortController();
    const query = new URLSearchParams({ variant: store.variant, ...(contact ? { contact: contact.id } : {}) });
    request(`${store.urls.campaigns}${id}/preview/?${query}`, { signal: controller.signal }).then(setMade, (error) => { if (error.name !== "AbortError") setMade({ fault: error.message, subject: "", text: "", size: 0 }); });
    return () => controller.abort();
  }, [id, version, isFresh, store.variant, contact]);
  return made;
}

/** What would stop the send or deserves a look, of every variant. */
export function useFindings(store, saved) {
  const [found, setFound] = useState({ findings: null, of: null });
  const [turn, setTurn] = useState(0);
  const number = store.present.testing.variants.length + 1;
  useEffect(() => {
    if (!saved.id || !saved.isFresh) return undefined;
    const controller = new AbortController();
    const ask = (variant) => request(`${store.urls.campaigns}${saved.id}/lint/?variant=${variant}`, { signal: controller.signal }).then(({ findings }) => findings.map((one) => ({ ...one, variant })));
    Promise.all(Array.from({ length: number }, (_one, variant) => ask(variant))).then((lists) => setFound({ findings: once(lists.flat()), of: saved.version }), () => {});
    return () => controller.abort();
  }, [saved.id, saved.version, saved.isFresh, number, turn]);
  return { findings: found.findings, isFresh: saved.isFresh && found.of === saved.version, again: () => setTurn(turn + 1) };
}

/** What is wrong in several variants is said once. */
function once(findings) {
  const seen = new Map();
  for (const one of findings) {
    const key = `${one.code} ${one.message} ${one.where}`;
    if (!seen.has(key)) seen.set(key, one);
  }
  return [...seen.values()].sort((a, b) => Number(b.level === "error") - Number(a.level === "error"));
}

function Findings({ store, saved }) {
  const checks = useFindings(store, saved);
  return html`<${FindingList} store=${store} checks=${checks} />`;
}

/** The id of the block a path of the content leads to; null where it leads elsewhere. */
function blockAt(store, { where, variant }) {
  const found = /\.body\.blocks\[(\d+)\](?:\.columns\[(\d+)\]\[(\d+)\])?/.exec(where);
  if (!found || variant !== store.variant) return null;
  const block = store.blocks[Number(found[1])];
  return (found[2] === undefined ? block : block?.columns?.[Number(found[2])]?.[Number(found[3])])?.id ?? null;
}

export function FindingList({ store, checks: { findings, isFresh }, goTo, label = gettext("Checks") }) {
  const show = (id) => { goTo?.("content"); store.focusAfter = id; store.selected = id; store.tell(); };
  if (!findings) return html`<p class="skeleton"></p>`;
  if (!findings.length) return html`<p class=${`small findings-good ${isFresh ? "" : "stale"}`}><${Icon} name="circle-check" /> ${gettext("Nothing to complain about: content, unsubscribing, address and size are in order.")}</p>`;
  return html`<ul class=${`findings ${isFresh ? "" : "stale"}`} aria-label=${label}>${findings.map((one) => html`
    <li key=${one.code + one.message + one.where} class=${one.level}><${Icon} name=${one.level === "error" ? "circle-alert" : "triangle-alert"} /><span>${one.message}${blockAt(store, one) && html` <button type="button" class="link small" onClick=${() => show(blockAt(store, one))}>${gettext("Show the block")}</button>`}${one.where === "$.settings" && html` <${SettingUp} store=${store} to="settings">${gettext("Open the settings")}<//>`}</span></li>`)}</ul>`;
}

export { useSaved };
