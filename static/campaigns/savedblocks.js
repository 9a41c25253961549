// Blocks kept for other campaigns.

import { request } from "../js/lib/http.js";
import { html, useEffect, useState } from "../js/lib/preact.js";
import { toast } from "../js/lib/toast.js";
import { Icon } from "../wizard/icons.js";
import { fill, gettext } from "../wizard/words.js";
import { KINDS, sayBlock } from "./blockkinds.js";
import { copyOf } from "./blocks.js";

let kept = null; // a promise, once for all menus
const forget = () => { kept = null; };

function load(store) {
  kept ??= request(`${store.urls.savedBlocks}?limit=100`).then(({ results }) => results, () => { forget(); return []; });
  return kept;
}

/** The kept ones in a menu; nothing where there are none. */
export function SavedBlocks({ store, place, done }) {
  const [all, setAll] = useState([]);
  useEffect(() => { let isHere = true; load(store).then((found) => isHere && setAll(found)); return () => { isHere = false; }; }, [store.savedBlocksTurn]);
  const fitting = all.filter(({ block }) => KINDS[block.type] && (!place || block.type !== "columns"));
  if (!fitting.length) return null;
  return html`<hr /><p class="menu-label">${gettext("Kept blocks")}</p>${fitting.map((one) => html`<button type="button" key=${one.id} class="menu-item" onClick=${() => { done(); store.addBlock(copyOf(one.block), place); }}><${Icon} name="bookmark" />${one.name}</button>`)}`;
}

/** A function that keeps the block under what it says. */
export function useSaveBlock(store, block) {
  return async () => {
    const name = sayBlock(block).slice(0, 110);
    try {
      const saved = await keep(store, name, block);
      forget();
      store.savedBlocksTurn = (store.savedBlocksTurn ?? 0) + 1;
      store.tell();
      toast(fill(gettext("Kept as “{name}”"), { name: saved.name }));
    } catch (error) {
      toast(error.message, { kind: "error" });
    }
  };
}

/** A name that is taken gets a number. */
async function keep(store, name, block, number = 1) {
  try {
    return await request(store.urls.savedBlocks, { method: "POST", body: { name: number === 1 ? name : `${name} ${number}`, block } });
  } catch (error) {
    if (error.status !== 409 || number > 9) throw error;
    return keep(store, name, block, number + 1);
  }
}
