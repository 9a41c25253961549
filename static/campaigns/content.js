// What is sent: sender, subject, blocks or code, plain text, UTM fields; the real message beside it.

import { html } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { fill, gettext } from "../wizard/words.js";
import { BlockList } from "./blocklist.js";
import { Section, Switch, TextField } from "./fields.js";
import { ColourField, NumberField } from "./inspector.js";
import { Preview } from "./preview.js";
import { Sender } from "./sender.js";
import { TemplateField } from "./variables.js";
import { Test, VariantTabs } from "./variants.js";

const BODIES = [["blocks", gettext("Blocks")], ["mjml", "MJML"], ["html", "HTML"]];
const STARTS = {
  blocks: () => ({ kind: "blocks", blocks: [], style: { background: "#f4f5f7", surface: "#ffffff", text: "#1f2430", accent: "#3b5bdb", font: "sans", width: 600 } }),
  mjml: () => ({ kind: "mjml", source: "<mjml>\n  <mj-body>\n    <mj-section>\n      <mj-column>\n        <mj-text>{{ contact.first_name }}</mj-text>\n        <mj-text><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a></mj-text>\n      </mj-column>\n    </mj-section>\n  </mj-body>\n</mjml>\n" }),
  html: () => ({ kind: "html", source: "<!doctype html>\n<html>\n<body>\n  <p>{{ contact.first_name }}</p>\n  <p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a></p>\n</body>\n</html>\n" }),
};

export function Content({ store }) {
  return html`<div class="campaign-cols content-cols">
    <div class="campaign-main">
      <${Sender} store=${store} />
      <${VariantTabs} store=${store} />
      <${Lines} store=${store} />
      <${Body} store=${store} />
      <${Test} store=${store} />
      <${PlainText} store=${store} />
      <${Utm} store=${store} />
    </div>
    <aside class="campaign-side"><${Preview} store=${store} /></aside>
  </div>`;
}

/** Subject and preheader; a further variant may share them with the first. */
function Lines({ store }) {
  return html`<${Section} title=${gettext("Subject")}>
    <${Shareable} store=${store} part="subject"><${TemplateField} store=${store} label=${gettext("Subject")} path=${store.variant ? `$.testing.variants[${store.variant - 1}].subject` : "$.content.subject"} maxlength="300" value=${store.shown.subject} take=${(text) => store.write("subject", text, "text")} data-subject /><//>
    <${Shareable} store=${store} part="preheader"><${TemplateField} store=${store} label=${gettext("Preheader")} help=${gettext("What mail programs show after the subject.")} maxlength="300" value=${store.shown.preheader} take=${(text) => store.write("preheader", text, "text")} /><//>
  <//>`;
}

/** In a further variant: the first one's, or one of its own. */
function Shareable({ store, part, children }) {
  if (!store.variant) return children;
  const names = { subject: gettext("Subject as in A"), preheader: gettext("Preheader as in A"), body: gettext("Content as in A") };
  const isShared = store.isShared(part);
  const flip = () => store.write(part, isShared ? structuredClone(store.shown[part]) : null);
  return html`<label class="check-line"><input type="checkbox" checked=${isShared} onChange=${flip} /><span>${names[part]}</span></label>${!isShared && children}`;
}

function Body({ store }) {
  const { body } = store.shown;
  const actions = html`<${Switch} label=${gettext("How the content is written")} value=${body.kind} options=${BODIES} take=${(kind) => change(store, kind)} />`;
  return html`<${Section} title=${gettext("Content")} actions=${!store.isShared("body") && actions}>
    <${Shareable} store=${store} part="body">${body.kind === "blocks"
      ? html`<${BlockList} store=${store} /><${Style} store=${store} />`
      : html`<${TemplateField} store=${store} label=${body.kind === "mjml" ? gettext("MJML source") : gettext("HTML source")} path="$.content.body" rows=${18} class="mono source" spellcheck=${false} value=${body.source} take=${(source) => store.write("body", { ...body, source }, "source")} />`}<//>
  <//>`;
}

/** Another way of writing starts anew, and undo brings the old one back. */
function change(store, kind) {
  if (kind === store.shown.body.kind) return;
  store.selected = null;
  store.bodies ??= {};
  store.bodies[`${store.variant}.${store.shown.body.kind}`] = store.shown.body;
  store.write("body", store.bodies[`${store.variant}.${kind}`] ?? STARTS[kind]());
}

const FONTS = [["sans", gettext("Sans serif")], ["serif", gettext("Serif")], ["mono", gettext("Typewriter")]];

function Style({ store }) {
  const { style } = store.shown.body;
  const colour = (name, label) => html`<${ColourField} label=${label} value=${style[name]} take=${(value) => store.setStyle({ [name]: value }, name)} />`;
  return html`<details class="fold"><summary><${Icon} name="chevron-right" />${gettext("Colours and type")}</summary><div class="form fold-body">
    <div class="colours">${colour("accent", gettext("Buttons and links"))}${colour("text", gettext("Text"))}${colour("surface", gettext("Paper"))}${colour("background", gettext("Around it"))}</div>
    <div class="form-row"><span class="form-label">${gettext("Type")}</span><${Switch} label=${gettext("Type")} value=${style.font} options=${FONTS} take=${(font) => store.setStyle({ font }, "font")} /></div>
    <${NumberField} label=${gettext("Width in pixels")} min=${320} max=${800} value=${style.width} take=${(width) => store.setStyle({ width }, "width")} />
  </div></details>`;
}

function PlainText({ store }) {
  const { text } = store.present.content;
  return html`<details class="fold part"><summary><${Icon} name="chevron-right" />${gettext("Plain text")}<span class="small faint">${text ? gettext("written by hand") : gettext("made from the content")}</span></summary><div class="form fold-body">
    <${TemplateField} store=${store} label=${gettext("Plain text")} rows=${8} path="$.content.text" help=${gettext("For mail programs that show no HTML. Left empty, it is made from the content.")} value=${text} take=${(value) => store.put("content", { text: value }, "text")} /></div></details>`;
}

function Utm({ store }) {
  const { utm } = store.present.content;
  const fields = [["source", gettext("Source")], ["medium", gettext("Medium")], ["campaign", gettext("Campaign")], ["term", gettext("Term")], ["content", gettext("Content")]];
  const set = (name) => (value) => store.put("content", { utm: { ...utm, [name]: value } }, `utm.${name}`);
  const said = utm ? fill(gettext("{source} / {medium}"), utm) : gettext("switched off");
  return html`<details class="fold part"><summary><${Icon} name="chevron-right" />${gettext("UTM fields")}<span class="small faint">${said}</span></summary><div class="form fold-body">
    <label class="check-line"><input type="checkbox" checked=${utm !== null} onChange=${(event) => store.put("content", { utm: event.target.checked ? { source: "newsletter", medium: "email", campaign: "", term: "", content: "" } : null })} /><span>${gettext("Add UTM fields to every link")}</span></label>
    ${utm && fields.map(([name, label]) => html`<${TextField} key=${name} store=${store} path=${`$.content.utm.${name}`} label=${label} maxlength="300" placeholder=${name === "campaign" ? gettext("from the campaign’s name") : ""} value=${utm[name]} take=${set(name)} />`)}</div></details>`;
}

