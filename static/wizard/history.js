// Undo and redo: every change of the document is one step.

export class History {
  constructor(present) {
    this.past = [];
    this.present = present;
    this.future = [];
  }

  /** Take a new state; typing in one input (`key`) is one step. */
  push(present, key = null) {
    if (present === this.present) return;
    const joins = key !== null && key === this.lastKey;
    if (!joins) this.past.push(this.present);
    if (this.past.length > 200) this.past.shift();
    this.present = present;
    this.future = [];
    this.lastKey = key;
  }

  undo() {
    if (!this.past.length) return false;
    this.future.push(this.present);
    this.present = this.past.pop();
    this.lastKey = null;
    return true;
  }

  redo() {
    if (!this.future.length) return false;
    this.past.push(this.present);
    this.present = this.future.pop();
    this.lastKey = null;
    return true;
  }
}
