// A block drawn nearly as it will look; the preview beside it shows the real thing.

import { html, useEffect, useRef } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { fill, gettext } from "../wizard/words.js";
import { KINDS } from "./blockkinds.js";
import { Rich, RichText } from "./richtext.js";

export function Drawn({ store, block, isSelected, List, AddMenu }) {
  const Kind = DRAWN[block.type];
  return html`<${Kind} store=${store} block=${block} isSelected=${isSelected} List=${List} AddMenu=${AddMenu} />`;
}

const faint = (text) => html`<span class="mail-hint">${text}</span>`;

function Heading({ block }) {
  return html`<p class=${`mail-heading size-${block.level} to-${block.align}`}>${block.text || faint(gettext("Heading"))}</p>`;
}

function Text({ store, block, isSelected }) {
  if (isSelected) return html`<${RichText} store=${store} label=${gettext("Text")} value=${block.html} take=${(text) => store.setBlock(block.id, { html: text }, "html")} />`;
  return html`<div class=${`to-${block.align}`}>${block.html ? html`<${Rich} text=${block.html} />` : faint(gettext("Text"))}</div>`;
}

function Image({ block }) {
  const isAddress = /^https?:\/\//.test(block.src) && !block.src.includes("{{");
  return html`<p class=${`mail-image to-${block.align}`}><span class="mail-picture"><${Icon} name="image" />
    <span>${block.alt || (isAddress ? block.src.split("/").pop() : gettext("Image: give its address"))}</span></span></p>`;
}

function Button({ block }) {
  const box = useRef(null);
  useEffect(() => { box.current.style.setProperty("--mail-button", block.colour ?? "var(--mail-accent)"); }, [block.colour]);
  return html`<p class=${`to-${block.align}`}><span class="mail-button" ref=${box}>${block.label || gettext("Button")}</span></p>`;
}

function Columns({ store, block, List, AddMenu }) {
  return html`<div class=${`mail-columns of-${block.columns.length}`}>${block.columns.map((list, index) => html`
    <div class="mail-column" key=${index} role="group" aria-label=${fill(gettext("Column {n}"), { n: index + 1 })}><${List} store=${store} list=${list} place=${`${block.id}:${index}`} /><${AddMenu} store=${store} place=${`${block.id}:${index}`} /></div>`)}</div>`;
}

function Products({ block }) {
  const shown = Math.min(block.number, block.per_row);
  return html`<div class="mail-products"><p class="mail-note">${KINDS.products.say(block)}${block.brand ? ` · ${block.brand}` : ""}</p>
    <div class=${`mail-columns of-${shown}`}>${Array.from({ length: shown }, (_one, index) => html`<div class="mail-product" key=${index}><${Icon} name="box" /><span>${gettext("Product")}</span></div>`)}</div></div>`;
}

function Code({ block }) {
  return html`<div class="mail-code">${block.intro && html`<p>${block.intro}</p>`}<p class="mail-code-text">SAMPLE-CODE</p>${block.note && html`<p class="mail-note">${block.note}</p>`}</div>`;
}

const Divider = () => html`<div class="mail-line"></div>`;

function Spacer({ block }) {
  return html`<p class="mail-space">${fill(gettext("{n} px of space"), { n: block.height })}</p>`;
}

function Html({ block }) {
  return html`<pre class="mail-html">${block.html.slice(0, 240) || gettext("HTML as it is")}</pre>`;
}

const DRAWN = { heading: Heading, text: Text, image: Image, button: Button, columns: Columns, products: Products, code: Code, divider: Divider, spacer: Spacer, html: Html };
