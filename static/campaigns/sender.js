// Who it is from, through which account, and whether the domain proves it.

import { html } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { fill, gettext } from "../wizard/words.js";
import { Field, Section, TextField } from "./fields.js";

export function Sender({ store }) {
  const { from_name: name, from_email: email, reply_to: replyTo, account } = store.present;
  const { accounts } = store.choices;
  const set = (field) => (value) => store.change({ [field]: value.trim() === value ? value : value.trimStart() }, field);
  return html`<${Section} title=${gettext("From")}>
    <div class="form-row pair"><${TextField} store=${store} path="$.from_name" label=${gettext("Name")} maxlength="120" value=${name} take=${set("from_name")} />
      <${TextField} store=${store} path="$.from_email" label=${gettext("Address")} type="email" maxlength="320" value=${email} take=${set("from_email")} /></div>
    <${DomainStatus} store=${store} />
    <details class="fold inner"><summary><${Icon} name="chevron-right" />${gettext("Replies and account")}</summary><div class="form fold-body">
      <${TextField} store=${store} path="$.reply_to" label=${gettext("Replies go to")} type="email" placeholder=${gettext("the address above")} value=${replyTo} take=${set("reply_to")} />
      ${accounts.length > 0 && html`<${Field} label=${gettext("Sent through")} store=${store} path="$.account">${(id) => html`<select id=${id} value=${account ?? ""} onChange=${(event) => store.change({ account: event.target.value ? Number(event.target.value) : null })}>
        <option value="">${gettext("The workspace’s usual account")}</option>${accounts.map((one) => html`<option key=${one.id} value=${one.id}>${one.name} (${one.transport})</option>`)}</select>`}<//>`}
    </div></details>
  <//>`;
}

export function domainOf(store) {
  const domain = store.present.from_email.split("@")[1]?.toLowerCase() ?? "";
  return { domain, found: store.choices.domains.find((one) => one.domain === domain) };
}

/** SPF, DKIM and DMARC of the sender's domain, as they were last found. */
export function DomainStatus({ store }) {
  const { domain, found } = domainOf(store);
  if (!domain) return null;
  if (!found) return html`<p class="small domain-none"><span class="badge warn">${fill(gettext("{domain} isn’t set up as a sender: many mailboxes will refuse it"), { domain })}</span> <${SettingUp} store=${store} to="domains">${gettext("Set it up")}<//></p>`;
  return html`<p class="small domain-status">${["spf", "dkim", "dmarc"].map((kind) => html`<span key=${kind} class=${`badge ${{ ok: "good", wrong: "bad", missing: "bad" }[found[kind]] ?? "hollow"}`}>${kind.toUpperCase()} ${{ ok: gettext("in order"), wrong: gettext("wrong"), missing: gettext("missing"), unknown: gettext("not checked yet") }[found[kind]]}</span>`)}</p>`;
}

/** A link to a page of settings, for who may change them. */
export function SettingUp({ store, to, children }) {
  if (!store.context.mayManage) return null;
  return html`<a class="link small" href=${store.urls[to]} target="_blank" rel="noopener">${children}</a>`;
}
