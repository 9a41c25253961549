// Saving: what is sent, and what a refusal means to the rows.

import { request, RequestError } from "../js/lib/http.js";
import { toSaved } from "./model.js";
import { fill, gettext, ngettext } from "./words.js";

/** Why saving is off, in words; empty when it is on. */
export function whyOff(store) {
  if (!store.root.children.length) return gettext("Add a condition first.");
  const { length } = store.faults;
  if (length) return fill(ngettext("{n} row needs something first.", "{n} rows need something first.", length), { n: length });
  if (!store.present.name.trim()) return gettext("Give the segment a name first.");
  return "";
}

/** Save, then show the segment's page; what is refused is told and shown at its rows. */
export async function save(store, setSaving) {
  if (whyOff(store)) return;
  setSaving({ isSaving: true, error: null });
  const { name, schedule, labels, pinnedIn, pinnedOut, root } = store.present;
  const body = { name: name.trim(), where: toSaved(root).where, schedule, labels, pinned_in: pinnedIn, pinned_out: pinnedOut };
  const url = store.segmentId ? `${store.urls.segments}${store.segmentId}/` : store.urls.segments;
  try {
    const saved = await request(url, { method: store.segmentId ? "PATCH" : "POST", body });
    store.isLeaving = true;
    window.location.assign(store.urls.page.replace("/0/", `/${saved.id}/`));
  } catch (error) {
    setSaving({ isSaving: false, error: explain(store, error, root) });
  }
}

function explain(store, error, root) {
  if (!(error instanceof RequestError)) return gettext("No answer. Nothing is lost: try again in a moment.");
  const errors = error.problem?.errors ?? [];
  if (error.problem?.code === "already_exists") return gettext("There is a segment with this name already. Choose another name.");
  if (errors.length && store.refuse({ errors, failedPaths: toSaved(root).paths })) {
    store.tell();
    return gettext("Not saved: some rows can't be used. They are marked.");
  }
  return errors.length ? errors.map((one) => one.message).join(" ") : error.message;
}
