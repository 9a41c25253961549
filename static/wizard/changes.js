// Who would enter and leave a saved segment with the tree as it is now.

import { request } from "../js/lib/http.js";
import { useEffect, useState } from "../js/lib/preact.js";
import { toDocument } from "./model.js";

const WAIT_MS = 500;

/** {enter, leave, isFresh}, or null while nothing is changed, or where pins decide too. */
export function useChanges(store) {
  const [found, setFound] = useState(null);
  const { answer } = store.counting;
  const isAsked = isComparable(store) && store.isFresh;
  useEffect(() => {
    if (!isAsked) return undefined;
    const controller = new AbortController();
    const timer = setTimeout(() => compare(store, controller.signal).then((sizes) => setFound({ ...sizes, answer }), () => setFound(null)), WAIT_MS);
    return () => { clearTimeout(timer); controller.abort(); };
  }, [answer, isAsked]);
  if (!found || !isComparable(store)) return null;
  return { ...found, isFresh: found.answer === answer && store.isFresh };
}

function isComparable(store) {
  const pins = [store.present, store.saved].flatMap(({ pinnedIn, pinnedOut }) => [...pinnedIn, ...pinnedOut]);
  return store.savedWhere !== null && store.root !== store.saved.root && pins.length === 0;
}

async function compare(store, signal) {
  const { where } = toDocument(store.root, (node) => store.isLeftOut(node));
  const ask = (inside, outside) => request(store.urls.evaluate, {
    method: "POST", signal, body: { where: { all: [inside, { not: outside }] }, segment: store.segmentId },
  });
  const [enter, leave] = await Promise.all([ask(where, store.savedWhere), ask(store.savedWhere, where)]);
  return { enter: enter.size, leave: leave.size };
}
