// Do the links lead somewhere? Asked when somebody wants to know: it takes some seconds.

import { request } from "../js/lib/http.js";
import { html, useState } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { fill, gettext, ngettext, number } from "../wizard/words.js";
import { FindingList } from "./preview.js";

export function LinkCheck({ store, saved, goTo }) {
  const [state, setState] = useState({ isAsking: false, answer: null, of: null, fault: "" });
  const check = async () => {
    if (state.isAsking || !saved.isFresh) return;
    setState({ ...state, isAsking: true, fault: "" });
    try {
      const answer = await request(`${store.urls.campaigns}${saved.id}/check-links/`, { method: "POST", body: { contact: store.previewed?.id ?? null } });
      setState({ isAsking: false, answer, of: saved.version, fault: "" });
    } catch (error) {
      setState({ ...state, isAsking: false, fault: error.message });
    }
  };
  const { answer, isAsking, fault } = state;
  const isFresh = saved.isFresh && state.of === saved.version;
  return html`<div class="link-check" aria-busy=${isAsking}>
    <button type="button" class="btn compact" data-check-links aria-disabled=${isAsking || !saved.isFresh} onClick=${check}><${Icon} name="external-link" />${answer ? gettext("Check links again") : gettext("Check links")}</button>
    <span class="small muted" role="status">${isAsking ? gettext("Following every link: up to 12 seconds.") : !answer ? gettext("Follows every link, as a recipient would.") : isFresh ? "" : gettext("It has changed since.")}</span>
    ${fault && html`<p class="note bad" role="alert">${fault}</p>`}
    ${answer && (answer.findings.length > 0
    ? html`<${FindingList} store=${store} checks=${{ findings: answer.findings, isFresh }} label=${gettext("Links")} goTo=${goTo} />`
    : html`<p class=${`small findings-good ${isFresh ? "" : "stale"}`} data-links-good><${Icon} name="circle-check" /> ${sayGood(answer.checked)}</p>`)}</div>`;
}

function sayGood(checked) {
  if (!checked) return gettext("There is no link to follow.");
  return fill(ngettext("{n} link leads somewhere.", "All {n} links lead somewhere.", checked), { n: number(checked) });
}
