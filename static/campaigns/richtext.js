// A small editor of rich text: bold, italic, links and lists, and nothing a mail program would lose.

import { html, useEffect, useRef, useState } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { gettext } from "../wizard/words.js";
import { VariableMenu } from "./variables.js";

const KEPT = new Set(["P", "BR", "B", "STRONG", "I", "EM", "U", "A", "UL", "OL", "LI"]);
const GONE = new Set(["SCRIPT", "STYLE", "TEMPLATE", "IFRAME", "OBJECT", "HEAD", "TITLE"]);
const SAFE_LINK = /^(https?:|mailto:|tel:|\{\{|#)/i;

/** Rich text as elements of this page: only what is kept, whatever was stored. */
export function cleaned(text) {
  const parsed = new DOMParser().parseFromString(text, "text/html");
  const into = document.createDocumentFragment();
  copy(parsed.body, into);
  return into;
}

function copy(from, into) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) into.append(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE || GONE.has(node.tagName)) continue;
    const tag = node.tagName === "DIV" ? "P" : node.tagName;
    const place = KEPT.has(tag) ? document.createElement(tag) : into;
    const href = tag === "A" ? node.getAttribute("href") ?? "" : "";
    if (SAFE_LINK.test(href)) place.setAttribute("href", href);
    copy(node, place);
    if (place !== into) into.append(place);
  }
}

function htmlOf(element) {
  const box = document.createElement("div");
  box.append(cleaned(element.innerHTML));
  return box.innerHTML === "<br>" ? "" : box.innerHTML;
}

/** The text as it reads, not to be changed. */
export function Rich({ text }) {
  const box = useRef(null);
  useEffect(() => {
    box.current.replaceChildren(cleaned(text));
    for (const link of box.current.querySelectorAll("a")) { link.removeAttribute("href"); link.className = "as-link"; }
  }, [text]);
  return html`<div class="rich" ref=${box}></div>`;
}

export function RichText({ store, label, value, take }) {
  const box = useRef(null);
  const last = useRef(null);
  const range = useRef(null);
  const [isLinking, setLinking] = useState(false);
  useEffect(() => {
    if (value === last.current) return;
    last.current = value;
    box.current.replaceChildren(cleaned(value));
  }, [value]);
  const changed = () => {
    last.current = htmlOf(box.current);
    take(last.current);
  };
  const run = (command, argument) => {
    restore(box.current, range.current);
    document.execCommand("styleWithCSS", false, false);
    document.execCommand(command, false, argument);
    changed();
  };
  const keep = () => {
    const selection = getSelection();
    if (selection.rangeCount && box.current.contains(selection.anchorNode)) range.current = selection.getRangeAt(0).cloneRange();
  };
  const onPaste = (event) => {
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  };
  const onKeyDown = (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); event.stopPropagation(); keep(); setLinking(true); }
  };
  const button = (text, title, act, icon) => html`<button type="button" class="btn ghost square compact" title=${title} aria-label=${title}
    onMouseDown=${(event) => event.preventDefault()} onClick=${act}>${icon ? html`<${Icon} name=${icon} />` : text}</button>`;
  return html`
    <div class="rich-editor">
      <div class="rich-tools" role="toolbar" aria-label=${gettext("Style of the text")}>
        ${button(html`<b>B</b>`, gettext("Bold"), () => run("bold"))}${button(html`<i>I</i>`, gettext("Italic"), () => run("italic"))}
        ${button("", gettext("Link"), () => { keep(); setLinking(!isLinking); }, "link")}
        ${button("", gettext("List"), () => run("insertUnorderedList"), "list")}${button("", gettext("Numbered list"), () => run("insertOrderedList"), "list-ordered")}
        <span class="grow"></span><${VariableMenu} store=${store} take=${(text) => run("insertText", text)} /></div>
      ${isLinking && html`<${LinkBox} close=${() => { setLinking(false); box.current.focus(); }} take=${(href) => { setLinking(false); run(href ? "createLink" : "unlink", href); }} />`}
      <div ref=${box} class="rich rich-input" contenteditable="true" role="textbox" aria-multiline="true" aria-label=${label} data-empty=${value ? undefined : gettext("Write here")}
        onInput=${changed} onBlur=${keep} onKeyUp=${keep} onMouseUp=${keep} onPaste=${onPaste} onKeyDown=${onKeyDown}></div>
    </div>`;
}

function LinkBox({ take, close }) {
  const input = useRef(null);
  useEffect(() => { input.current.focus(); }, []);
  const onKeyDown = (event) => {
    if (event.key === "Enter") { event.preventDefault(); take(input.current.value.trim()); }
    if (event.key === "Escape") { event.stopPropagation(); close(); }
  };
  return html`<div class="link-box"><input ref=${input} type="url" aria-label=${gettext("Address of the link")} placeholder="https://" onKeyDown=${onKeyDown} />
    <button type="button" class="btn compact" onClick=${() => take(input.current.value.trim())}>${gettext("Set the link")}</button></div>`;
}

function restore(box, range) {
  box.focus();
  if (!range) return;
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}
