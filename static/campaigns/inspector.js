// The settings of one block, and to whom it is shown.

import { request } from "../js/lib/http.js";
import { html } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { gettext } from "../wizard/words.js";
import { ALIGNMENTS, sayCondition, SOURCES } from "./blockkinds.js";
import { Chooser, findSegments, Search } from "./chooser.js";
import { Field, Switch, TextField } from "./fields.js";
import { TemplateField } from "./variables.js";

export function Inspector({ store, block }) {
  const set = (part, key) => store.setBlock(block.id, part, key);
  const Kind = INSPECTORS[block.type];
  return html`<div class="form inspector">${Kind && html`<${Kind} store=${store} block=${block} set=${set} />`}<${Shown} store=${store} block=${block} set=${set} /></div>`;
}

/** To everybody, or only to who is, or isn't, in a segment. */
function Shown({ store, block, set }) {
  const { only } = block;
  if (!only) {
    return html`<div class="form-row"><span class="form-label">${gettext("Shown to everybody, or only to who is in")}</span>
      <${Search} store=${store} label=${gettext("Show the block only to a segment")} placeholder=${gettext("Choose a segment")} find=${(query, signal) => findSegments(store, query, signal)}
        add=${({ id }) => set({ only: { segment: id, negated: false } })} /></div>`;
  }
  return html`<div class="form-row"><span class="form-label">${gettext("Shown to")}</span>
    <div class="chosen-one"><${Icon} name="chart-pie" /><span class="grow">${sayCondition(store, only)}</span>
      <button type="button" class="btn ghost compact" onClick=${() => set({ only: { ...only, negated: !only.negated } })}>${only.negated ? gettext("Who is in it") : gettext("Who isn’t in it")}</button>
      <button type="button" class="btn ghost square compact" aria-label=${gettext("Show it to everybody")} title=${gettext("Show it to everybody")} onClick=${() => set({ only: null })}><${Icon} name="x" /></button></div>
    <p class="help">${gettext("Asked anew for each person when the campaign is sent, and kept in the receipt.")}</p></div>`;
}

const Alignment = ({ block, set }) => html`<div class="form-row"><span class="form-label">${gettext("Alignment")}</span><${Switch} label=${gettext("Alignment")} value=${block.align} options=${ALIGNMENTS} take=${(align) => set({ align })} /></div>`;

function Heading({ store, block, set }) {
  return html`<${TemplateField} store=${store} label=${gettext("Heading")} value=${block.text} take=${(text) => set({ text }, "text")} />
    <div class="form-row pair"><div class="form-row"><span class="form-label">${gettext("Size")}</span><${Switch} label=${gettext("Size")} value=${block.level} options=${[[1, gettext("Large")], [2, gettext("Normal")], [3, gettext("Small")]]} take=${(level) => set({ level })} /></div>
    <${Alignment} block=${block} set=${set} /></div>`;
}

const Text = Alignment;

function Image({ block, set }) {
  return html`<${TextField} label=${gettext("Address of the image")} type="url" placeholder="https://" value=${block.src} take=${(src) => set({ src }, "src")} />
    <${TextField} label=${gettext("What is on it")} help=${gettext("Read out, and shown where images are off.")} value=${block.alt} take=${(alt) => set({ alt }, "alt")} />
    <${TextField} label=${gettext("Leads to")} type="url" placeholder="https://" value=${block.href} take=${(href) => set({ href }, "href")} />
    <div class="form-row pair"><${NumberField} label=${gettext("Width in pixels")} min=${10} max=${1200} isOptional value=${block.width} take=${(width) => set({ width }, "width")} /><${Alignment} block=${block} set=${set} /></div>`;
}

function Button({ store, block, set }) {
  return html`<${TemplateField} store=${store} label=${gettext("Words on the button")} value=${block.label} take=${(label) => set({ label }, "label")} />
    <${TemplateField} store=${store} label=${gettext("Leads to")} placeholder="https://" value=${block.href} take=${(href) => set({ href }, "href")} />
    <div class="form-row pair"><${ColourField} label=${gettext("Colour")} value=${block.colour} fallback=${store.shown.body.style?.accent} take=${(colour) => set({ colour }, "colour")} /><${Alignment} block=${block} set=${set} /></div>`;
}

function Spacer({ block, set }) {
  return html`<${NumberField} label=${gettext("Height in pixels")} min=${4} max=${200} value=${block.height} take=${(height) => set({ height }, "height")} />`;
}

function Columns({ block, set }) {
  const take = (number) => {
    const { columns } = block;
    // What stood in a column that goes is put into the last that stays.
    const kept = columns.slice(0, number);
    const rest = columns.slice(number).flat();
    if (number > columns.length) set({ columns: [...columns, ...Array.from({ length: number - columns.length }, () => [])] });
    else set({ columns: kept.map((list, index) => (index === number - 1 ? [...list, ...rest] : list)) });
  };
  return html`<div class="form-row"><span class="form-label">${gettext("Columns")}</span><${Switch} label=${gettext("Number of columns")} value=${block.columns.length} options=${[[2, "2"], [3, "3"], [4, "4"]]} take=${take} /></div>`;
}

function Products({ store, block, set }) {
  const suggest = (kind) => async (query, signal) => {
    const { results } = await request(`${store.urls.suggestions}?${new URLSearchParams({ kind, q: query })}`, { signal });
    return results.map(({ value, label, hint }) => ({ kind, id: value, label, count: null, hint }));
  };
  const takesBrand = ["brand_newest", "highest_margin"].includes(block.source);
  return html`
    <${Field} label=${gettext("Which products")}>${(id) => html`<select id=${id} value=${block.source} onChange=${(event) => set({ source: event.target.value })}>
      ${SOURCES.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}</select>`}<//>
    ${takesBrand && html`<div class="form-row"><span class="form-label">${block.source === "brand_newest" ? gettext("Brand") : gettext("Only of a brand")}</span>
      ${block.brand ? html`<div class="chosen-one"><${Icon} name="award" /><span class="grow">${block.brand}</span><button type="button" class="btn ghost square compact" aria-label=${gettext("Another brand")} onClick=${() => set({ brand: "" })}><${Icon} name="x" /></button></div>`
        : html`<${Search} label=${gettext("Brand")} placeholder=${gettext("Choose a brand")} find=${suggest("brand")} add=${({ id }) => set({ brand: id })} />`}</div>`}
    ${block.source === "picked" && html`<div class="form-row"><span class="form-label">${gettext("Products")}</span>
      <${Chooser} store=${store} chosen=${block.products.map((id) => ({ kind: "product", id }))} label=${gettext("Products")} placeholder=${gettext("Add a product")} find=${suggest("product")} describe=${({ hint }) => hint}
        add=${({ id }) => set({ products: [...block.products, id] })} remove=${(_kind, id) => set({ products: block.products.filter((other) => other !== id) })} /></div>`}
    <div class="form-row pair"><${NumberField} label=${gettext("How many")} min=${1} max=${12} value=${block.number} take=${(number) => set({ number }, "number")} />
      <${NumberField} label=${gettext("In a row")} min=${1} max=${4} value=${block.per_row} take=${(number) => set({ per_row: number }, "per_row")} /></div>
    <${TextField} label=${gettext("Words on their buttons")} help=${gettext("Empty: no buttons, the picture leads there.")} value=${block.button} take=${(button) => set({ button }, "button")} />
    <label class="check-line"><input type="checkbox" checked=${block.shows_price} onChange=${(event) => set({ shows_price: event.target.checked })} /><span>${gettext("With prices")}</span></label>`;
}

function Code({ store, block, set }) {
  const { pools } = store.choices;
  return html`
    <${Field} label=${gettext("Codes from")} help=${pools.length ? gettext("Everybody gets one of their own, once in this campaign.") : gettext("There is no pool of codes yet. Make one under Campaigns, Codes.")}>${(id) => html`
      <select id=${id} value=${store.present.code_pool ?? ""} onChange=${(event) => store.change({ code_pool: event.target.value ? Number(event.target.value) : null })}>
        <option value="">${gettext("Choose a pool")}</option>${pools.map((pool) => html`<option key=${pool.id} value=${pool.id}>${pool.name}</option>`)}</select>`}<//>
    <${TemplateField} store=${store} label=${gettext("Above the code")} value=${block.intro} take=${(intro) => set({ intro }, "intro")} />
    <${TemplateField} store=${store} label=${gettext("Below the code")} value=${block.note} take=${(note) => set({ note }, "note")} />`;
}

function Html({ store, block, set }) {
  return html`<${TemplateField} store=${store} label=${gettext("HTML")} rows=${8} class="mono" value=${block.html} take=${(text) => set({ html: text }, "html")} />`;
}

/** A whole number within bounds; what isn't one is not taken. */
export function NumberField({ label, help, value, min, max, take, isOptional, unit }) {
  const onInput = (event) => {
    const text = event.target.value.trim();
    const number = Number(text);
    if (!text && isOptional) take(null);
    else if (Number.isInteger(number) && text && number >= min && number <= max) take(number);
  };
  return html`<${Field} label=${label} help=${help}>${(id) => html`<span class="with-unit"><input id=${id} type="number" class="num short" inputmode="numeric" min=${min} max=${max} value=${value ?? ""} onInput=${onInput} />${unit && html` <span class="muted">${unit}</span>`}</span>`}<//>`;
}

/** A colour, or none of its own. */
export function ColourField({ label, value, fallback, take }) {
  return html`<${Field} label=${label} aside=${value && fallback && html`<button type="button" class="link small" onClick=${() => take(null)}>${gettext("As the style")}</button>`}>${(id) => html`<input id=${id} type="color" class="colour" value=${value ?? fallback} onInput=${(event) => take(event.target.value)} />`}<//>`;
}

const INSPECTORS = { heading: Heading, text: Text, image: Image, button: Button, spacer: Spacer, columns: Columns, products: Products, code: Code, html: Html };
