// A group: all, any or none of its rows and groups, with a coloured rail labelled in words.

import { html } from "../js/lib/preact.js";
import { Flow } from "./numbers.js";
import { Grip, Row } from "./row.js";
import { onNodeKey, RowMenu } from "./rowmenu.js";
import { newGroup } from "./model.js";
import { fill, gettext } from "./words.js";

const FOCUS_FROM_LEVEL = 4;
const MAX_DEPTH = 8;

export const MATCHES = [
  ["all", gettext("All of these")], ["any", gettext("Any of these")], ["none", gettext("None of these")],
];

export function Group({ store, group, level = 1, openPicker }) {
  const label = MATCHES.find(([match]) => match === group.match)[1];
  const isRoot = group.id === store.root.id;
  const inGroup = fill(gettext("in “{group}”, level {n}"), { group: label, n: level });
  const canNest = level + 1 < MAX_DEPTH;
  const addGroup = () => store.add(group.id, newGroup(group.match === "all" ? "any" : "all"));
  return html`
    <fieldset class=${`group ${group.match} ${group.off ? "off" : ""}`} data-node=${group.id} data-group=${group.id} tabindex=${isRoot ? undefined : "-1"}
        onKeyDown=${(event) => onNodeKey(store, group, event)}>
      <legend class="sr">${label}</legend>
      <div class="ghead">
        ${!isRoot && html`<${Grip} store=${store} node=${group} />`}
        <select class="match" aria-label=${gettext("How the rows combine")} value=${group.match} onChange=${(event) => store.setMatch(group.id, event.target.value)}>
          ${MATCHES.map(([match, text]) => html`<option key=${match} value=${match}>${text}</option>`)}
        </select>
        ${level >= FOCUS_FROM_LEVEL && group.children.length > 0 && html`<button type="button" class="btn ghost compact" onClick=${() => store.focusGroup(group.id)}>${gettext("Show alone")}</button>`}
        <${Flow} store=${store} group=${group} />
        ${group.off && html`<span class="small muted">${gettext("switched off")}</span>`}
        <${RowMenu} store=${store} node=${group} />
      </div>
      ${group.children.map((child, index) => html`<${Child} key=${child.id} store=${store} group=${group} child=${child} index=${index} level=${level} openPicker=${openPicker} />`)}
      ${!group.children.length && !isRoot && html`<p class="msg hint">${gettext("Nothing in this group yet. Add a condition or remove the group.")}</p>`}
      <div class="add" data-add=${group.id}>
        <button type="button" class="btn ghost compact" onClick=${() => openPicker(group.id)}><span aria-hidden="true">+</span> ${gettext("Condition")}<span class="sr"> ${inGroup}</span></button>
        ${canNest && html`<button type="button" class="btn ghost compact" onClick=${addGroup}><span aria-hidden="true">+</span> ${gettext("Group")}<span class="sr"> ${inGroup}</span></button>`}
      </div>
    </fieldset>`;
}

function Child({ store, group, child, index, level, openPicker }) {
  if (child.kind === "group") return html`<div class="nest"><${Group} store=${store} group=${child} level=${level + 1} openPicker=${openPicker} /></div>`;
  const live = group.children.slice(0, index).filter((other) => store.numbersOf(other.id));
  const position = { previous: live.at(-1)?.id };
  return html`<div onKeyDown=${(event) => onNodeKey(store, child, event)}>
    <${Row} store=${store} node=${child} match=${group.match} position=${position} /></div>`;
}
