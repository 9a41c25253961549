// What is being edited, and everything that can be done to it.

import { Edited } from "../js/lib/edited.js";
import { Counter } from "./counting.js";
import { missing, presenceOf } from "./forms.js";
import * as model from "./model.js";

/**
 * The document is {name, root, schedule, labels, pinnedIn, pinnedOut}; each action makes a new one
 * and one step to undo.
 */
export class Store extends Edited {
  constructor({ segment, forms, urls, context }) {
    super({
      name: segment?.name ?? "",
      root: model.fromDocument(segment?.where ?? null),
      schedule: segment?.schedule ?? "hour",
      labels: segment?.labels ?? [],
      pinnedIn: segment?.pinned_in ?? [],
      pinnedOut: segment?.pinned_out ?? [],
    });
    this.forms = forms;
    this.urls = urls;
    this.context = context;
    this.segmentId = segment?.id ?? null;
    this.saved = this.present;
    this.focusAfter = null; // the node to focus once it is drawn
    this.focusedGroup = null; // a deep group shown alone
    this.serverErrors = new Map();
    this.counter = new Counter(urls.evaluate, (counting) => this.counted(counting));
    this.counting = this.counter.state;
  }

  get root() { return this.present.root; }
  get isFresh() { return this.counting.status === "fresh"; }
  get isChanged() { return this.present !== this.saved; }

  // --- Changing -------------------------------------------------------------------------------

  change(part, key = null) {
    this.history.push({ ...this.present, ...part }, key);
    this.after("root" in part || "pinnedIn" in part || "pinnedOut" in part);
  }

  edit(root, key = null) {
    if (root !== this.root) this.change({ root }, key);
  }

  setValues(id, values, key = null) {
    this.edit(model.replace(this.root, id, (row) => ({ ...row, values })), key && `${id}.${key}`);
  }

  setSegment(id, segment) {
    this.edit(model.replace(this.root, id, (row) => ({ ...row, segment })));
  }

  /** Beside a row ask for a value or fact of its kind, so that nobody passes only for lack of it. */
  requirePresence(node) {
    const values = presenceOf(this.forms.of(node.type), node.values);
    if (!values) return;
    const row = model.newRow(node.type, values);
    this.focusAfter = row.id;
    this.edit(model.requireBeside(this.root, node.id, row));
  }

  setMatch(id, match) {
    this.edit(model.replace(this.root, id, ({ bare: _bare, ...group }) => ({ ...group, match })));
  }

  toggle(id) {
    this.edit(model.replace(this.root, id, (node) => ({ ...node, off: !node.off })));
  }

  add(groupId, node, index) {
    this.focusAfter = node.id;
    this.edit(model.insert(this.root, groupId, index, node));
  }

  remove(id) { this.edit(model.remove(this.root, id)); }
  duplicate(id) { this.edit(model.duplicate(this.root, id)); }
  wrap(id, match) { this.focusAfter = id; this.edit(model.wrap(this.root, id, match)); }
  unwrap(id) { this.edit(model.unwrap(this.root, id)); }
  step(id, direction) { this.focusAfter = id; this.edit(model.step(this.root, id, direction)); }
  move(id, groupId, index) { this.focusAfter = id; this.edit(model.move(this.root, id, groupId, index)); }
  setDocument(where) { this.edit(model.fromDocument(where)); }

  /** Undone and redone changes are counted, too. */
  after(isCounted = true) {
    if (isCounted) this.count();
    this.tell();
  }

  // --- What is wrong --------------------------------------------------------------------------

  /** Names of the fields of a row that still have to be filled in. */
  missingIn(node) {
    if (node.kind !== "row") return [];
    const form = this.forms.of(node.type);
    return form ? missing(node.values, form.fields) : ["type"];
  }

  /** Whether a row can't be asked yet: incomplete, or refused by the server. */
  isLeftOut(node) {
    return node.kind !== "group" && (this.missingIn(node).length > 0 || this.errorsOf(node).length > 0);
  }

  /** What the server refused of a row as it is now, each {code, message, below}. */
  errorsOf(node) {
    const refused = this.serverErrors.get(node.id);
    return refused?.node === node ? refused.errors : [];
  }

  /** Why saving is off; empty when it is on. */
  get faults() {
    const faults = [];
    for (const node of model.walk(this.root)) {
      if (node.kind === "group" && !node.children.length && node.id !== this.root.id) faults.push(node.id);
      else if (this.missingIn(node).length || (!node.off && this.isLeftOut(node))) faults.push(node.id);
    }
    if (model.isOff(this.root)) faults.push(this.root.id);
    return faults;
  }

  // --- Numbers --------------------------------------------------------------------------------

  count() {
    const { where, paths } = model.toDocument(this.root, (node) => this.isLeftOut(node));
    this.counter.ask({ where, paths, extra: this.extra({ members: { limit: 3 } }) });
  }

  extra(more = {}) {
    const { pinnedIn, pinnedOut } = this.present;
    const segment = this.segmentId ? { segment: this.segmentId } : {};
    return { pinned_in: pinnedIn, pinned_out: pinnedOut, ...segment, ...more };
  }

  counted(counting) {
    this.counting = counting;
    if (counting.status === "failed" && counting.errors.length && this.refuse(counting)) this.count();
    this.tell();
  }

  /** Mark the rows the server refused; true if the rest can be asked without them. */
  refuse({ errors, failedPaths }) {
    const byRow = new Map();
    for (const error of errors) {
      const [path, id] = nodeAt(failedPaths, error.path);
      const node = id && model.find(this.root, id);
      if (!node || node.kind === "group" || this.errorsOf(node).length) continue;
      if (!byRow.has(node)) byRow.set(node, []);
      byRow.get(node).push({ ...error, below: keysOf(error.path.slice(path.length)) });
    }
    for (const [node, own] of byRow) this.serverErrors.set(node.id, { node, errors: own });
    return byRow.size > 0;
  }

  /** The numbers of a node: {size, enters, leaves, without, only_by_absence}, or null. */
  numbersOf(id) {
    const { answer, paths } = this.counting;
    if (!answer) return null;
    this.byNode = this.byAnswer === answer ? this.byNode : numbersByNode(answer, paths);
    this.byAnswer = answer;
    return this.byNode.get(id) ?? null;
  }
}

/** [path, id] of the row or group a path of the server's belongs to: the longest it starts with. */
function nodeAt(paths, path) {
  let found = ["", null];
  for (const [known, id] of paths) {
    const isBelow = path === known || (path.startsWith(known) && ".[".includes(path[known.length]));
    if (isBelow && known.length > found[0].length) found = [known, id];
  }
  return found;
}

/** ".where[0].values" → ["where", 0, "values"]. */
function keysOf(path) {
  return [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)].map(([, key, index]) => key ?? Number(index));
}

function numbersByNode(answer, paths) {
  const byPath = new Map(answer.nodes.map((node) => [node.path, node]));
  const byNode = new Map();
  for (const [path, id] of paths) {
    const numbers = byPath.get(path.replace("#root", ""));
    if (numbers) byNode.set(id, numbers);
  }
  return byNode;
}
