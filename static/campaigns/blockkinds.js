// The kinds of blocks: what they are called, how a new one starts, what they say of themselves.

import { fill, gettext } from "../wizard/words.js";
import { newId } from "./blocks.js";

const SOURCES = [
  ["matched", gettext("What made the person match the segment")],
  ["missing_accessories", gettext("Accessories missing to what was bought")],
  ["brand_newest", gettext("The newest of a brand")],
  ["highest_margin", gettext("The highest margin")],
  ["picked", gettext("Picked by hand")],
];

export const ALIGNMENTS = [["left", gettext("On the left")], ["center", gettext("In the middle")], ["right", gettext("On the right")]];
export { SOURCES };

export const KINDS = {
  heading: { label: gettext("Heading"), icon: "type", make: () => ({ text: "", level: 1, align: "left" }), say: (block) => block.text },
  text: { label: gettext("Text"), icon: "text-cursor-input", make: () => ({ html: "", align: "left" }), say: (block) => plain(block.html) },
  image: { label: gettext("Image"), icon: "image", make: () => ({ src: "", alt: "", href: "", width: null, align: "center" }), say: (block) => block.alt },
  button: { label: gettext("Button"), icon: "mouse-pointer-click", make: () => ({ label: "", href: "", align: "left", colour: null }), say: (block) => block.label },
  columns: { label: gettext("Columns"), icon: "columns-3", make: () => ({ columns: [[], []] }), say: (block) => String(block.columns.length) },
  products: {
    label: gettext("Products"), icon: "box", say: (block) => SOURCES.find(([key]) => key === block.source)[1],
    make: () => ({ source: "matched", brand: "", products: [], number: 3, per_row: 3, shows_price: true, button: "" }),
  },
  code: { label: gettext("Discount code"), icon: "ticket", make: () => ({ intro: "", note: "" }), say: (block) => block.intro },
  divider: { label: gettext("Line"), icon: "minus", make: () => ({}), say: () => "" },
  spacer: { label: gettext("Space"), icon: "arrow-up-down", make: () => ({ height: 24 }), say: (block) => `${block.height} px` },
  html: { label: gettext("HTML"), icon: "code", make: () => ({ html: "" }), say: () => "" },
};

export function newBlock(type) {
  return { id: newId(), only: null, type, ...KINDS[type].make() };
}

/** What a block is, in a line: "Heading: New in the shop". */
export function sayBlock(block) {
  const said = KINDS[block.type].say(block);
  return said ? `${KINDS[block.type].label}: ${said.slice(0, 80)}` : KINDS[block.type].label;
}

function plain(text) {
  return new DOMParser().parseFromString(text, "text/html").body.textContent.trim();
}

/** To whom a block is shown, in words. */
export function sayCondition(store, { segment, negated }) {
  const name = store.labelOf("segment", segment);
  return fill(negated ? gettext("Only who isn’t in “{segment}”") : gettext("Only who is in “{segment}”"), { segment: name });
}
