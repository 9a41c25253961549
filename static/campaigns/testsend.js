// A test to oneself and others: the very message, marked in no report.

import { request, RequestError } from "../js/lib/http.js";
import { html, useState } from "../js/lib/preact.js";
import { toast } from "../js/lib/toast.js";
import { Dialog } from "../wizard/dialogs.js";
import { fill, gettext, ngettext } from "../wizard/words.js";
import { TextField } from "./fields.js";

export function TestSend({ store, contact, close }) {
  const [to, setTo] = useState(store.context.email);
  const [state, setState] = useState({ isSending: false, problem: "" });
  const send = async (shut) => {
    const addresses = to.split(/[\s,;]+/).filter(Boolean);
    setState({ isSending: true, problem: "" });
    try {
      if (!(await store.saver.flush())) throw new Error(gettext("Save it first: part of it can’t be saved."));
      await request(`${store.urls.campaigns}${store.id}/test/`, { method: "POST", body: { to: addresses, variant: store.variant, contact: contact?.id ?? null } });
      toast(fill(ngettext("The test is on its way to {n} address", "The test is on its way to {n} addresses", addresses.length), { n: addresses.length }));
      shut();
    } catch (error) {
      const errors = error instanceof RequestError ? error.problem?.errors ?? [] : [];
      setState({ isSending: false, problem: errors.length ? errors.map((one) => one.message).join(" ") : error.message });
    }
  };
  const actions = (shut) => html`<button type="button" class="btn" onClick=${shut}>${gettext("Cancel")}</button>
    <button type="button" class="btn primary" aria-busy=${state.isSending} disabled=${state.isSending || !to.trim()} onClick=${() => send(shut)}>${gettext("Send the test")}</button>`;
  return html`<${Dialog} title=${gettext("Send a test")} close=${close} actions=${actions}>
    <p class="muted">${contact ? fill(gettext("As {name} would get it."), { name: contact.label }) : gettext("With sample values. Choose a contact in the preview to see theirs.")}</p>
    <${TextField} label=${gettext("To")} help=${gettext("Up to ten addresses, with commas between.")} value=${to} take=${setTo} />
    ${state.problem && html`<p class="note bad" role="alert">${state.problem}</p>`}
  <//>`;
}
