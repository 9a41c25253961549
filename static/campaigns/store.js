// What is being written, and everything that can be done to it.

import { Edited } from "../js/lib/edited.js";
import * as blocks from "./blocks.js";
import { Saver } from "./saver.js";

export const FIELDS = [
  "name", "audience", "content", "schedule", "testing", "account", "from_name", "from_email", "reply_to", "topic",
  "consent_rule", "ignores_cap", "holdout_points", "code_pool",
];
const WITHOUT_CAMPAIGN = {
  name: "", account: null, from_name: "", from_email: "", reply_to: "", topic: null, consent_rule: "granted",
  ignores_cap: false, holdout_points: 0, code_pool: null,
};

/**
 * The document has the FIELDS of a campaign as REST has them; each action makes a new one and one
 * step to undo, and is saved by itself.
 */
export class Store extends Edited {
  constructor({ campaign, blank, labels, urls, choices, settings, context }) {
    const start = pick(campaign ?? { ...WITHOUT_CAMPAIGN, ...blank });
    super(start);
    Object.assign(this, { urls, labels, choices, settings, context });
    this.variant = 0; // 0 is the content itself, n the n-th of testing.variants
    this.selected = null; // id of a block
    this.focusAfter = null; // id of the block to focus once it is drawn
    this.saver = new Saver({ store: this, id: campaign?.id ?? null, version: campaign?.version ?? null, saved: start });
    this.sendKey = crypto.randomUUID(); // one for this page: a second click is the first one again
  }

  get id() { return this.saver.id; }

  // --- Changing -------------------------------------------------------------------------------

  /** Change fields of the campaign; typing in one input (`key`) is one step to undo. */
  change(part, key = null) {
    this.history.push({ ...this.present, ...part }, key);
    this.after();
  }

  /** Change fields within one of the documents: `put("schedule", { kind: "now" })`. */
  put(name, part, key = null) {
    this.change({ [name]: { ...this.present[name], ...part } }, key && `${name}.${key}`);
  }

  after() {
    if (this.variant > this.present.testing.variants.length) this.variant = 0;
    this.saver.changed();
    this.tell();
  }

  /** A hint what something that was chosen is called, and how many it has. */
  learn(kind, id, label, count = null) {
    this.labels[kind][id] = { label, count };
  }

  labelOf(kind, id) {
    return this.labels[kind][id]?.label ?? `#${id}`;
  }

  // --- The variant that is shown --------------------------------------------------------------

  /** {subject, preheader, body} as the shown variant has them. */
  get shown() {
    const { subject, preheader, body } = this.present.content;
    const own = this.ownOf(this.variant);
    return { subject: own.subject ?? subject, preheader: own.preheader ?? preheader, body: own.body ?? body };
  }

  /** What a variant has of its own; nothing for the first. */
  ownOf(variant) {
    return variant === 0 ? {} : this.present.testing.variants[variant - 1];
  }

  /** Whether the part of the shown variant is the first one's. */
  isShared(part) {
    return this.variant > 0 && this.ownOf(this.variant)[part] === null;
  }

  /** Change subject, preheader or body of the shown variant; null takes the first one's again. */
  write(part, value, key = null) {
    if (this.variant === 0) return this.put("content", { [part]: value }, key && `${part}.${key}`);
    const variants = this.present.testing.variants.map((own, index) => (index === this.variant - 1 ? { ...own, [part]: value } : own));
    return this.put("testing", { variants }, key && `${this.variant}.${part}.${key}`);
  }

  addVariant() {
    const own = { subject: this.present.content.subject, preheader: null, body: null };
    this.variant = this.present.testing.variants.length + 1;
    this.put("testing", { variants: [...this.present.testing.variants, own] });
  }

  removeVariant(variant) {
    this.variant = 0;
    this.put("testing", { variants: this.present.testing.variants.filter((_own, index) => index !== variant - 1) });
  }

  showVariant(variant) {
    this.variant = variant;
    this.selected = null;
    this.tell();
  }

  // --- Blocks ---------------------------------------------------------------------------------

  get blocks() { return this.shown.body.kind === "blocks" ? this.shown.body.blocks : []; }

  setBlocks(list, key = null) {
    this.write("body", { ...this.shown.body, blocks: list }, key && `blocks.${key}`);
  }

  setStyle(part, key) {
    const { body } = this.shown;
    this.write("body", { ...body, style: { ...body.style, ...part } }, `style.${key}`);
  }

  select(id) {
    if (this.selected === id) return;
    this.selected = id;
    this.tell();
  }

  /** Put a block into a list: the whole ("", at an index) or a column ("id:n"). */
  addBlock(block, place = "", index = undefined) {
    this.selected = block.id;
    this.focusAfter = block.id;
    this.setBlocks(blocks.insert(this.blocks, block, place, index));
  }

  setBlock(id, part, key = null) {
    this.setBlocks(blocks.replace(this.blocks, id, (block) => ({ ...block, ...part })), key && `${id}.${key}`);
  }

  removeBlock(id) {
    this.focusAfter = blocks.neighbour(this.blocks, id);
    this.selected = null;
    this.setBlocks(blocks.remove(this.blocks, id));
  }

  duplicateBlock(id) {
    const copy = blocks.copyOf(blocks.find(this.blocks, id));
    const { place, index } = blocks.placeOf(this.blocks, id);
    this.addBlock(copy, place, index + 1);
  }

  stepBlock(id, direction) {
    this.focusAfter = id;
    this.setBlocks(blocks.step(this.blocks, id, direction));
  }

  moveBlock(id, place, index) {
    this.focusAfter = id;
    this.setBlocks(blocks.move(this.blocks, id, place, index));
  }
}

function pick(campaign) {
  return Object.fromEntries(FIELDS.map((name) => [name, campaign[name]]));
}
