// A document that is being edited: every change of it is one step to undo, and is told.

class History {
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

/** `listen` hears of every change; what is made of this says in `after` what a change entails. */
export class Edited {
  constructor(start) {
    this.history = new History(start);
    this.listeners = new Set();
  }

  get present() { return this.history.present; }

  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell() {
    for (const listener of this.listeners) listener();
  }

  undo() { if (this.history.undo()) this.after(); }
  redo() { if (this.history.redo()) this.after(); }

  after() { this.tell(); }
}
