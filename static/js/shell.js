// What every page can do: menus, dialogs, shortcuts, toasts, confirmations, theme. All of it
// is asked for by data- attributes, so that pages need no script of their own for it.
import { openPalette } from "./palette.js";
import { confirmed } from "./lib/confirm.js";
import { watch } from "./lib/toast.js";

const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);

// --- Menus: <details class="menu-box"> -----------------------------------------------------------

const menuItems = (menu) => [...menu.querySelectorAll(".menu-item, .menu a, .menu button, .menu input")].filter((item) => item.offsetParent !== null);

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu-box[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  const inside = event.target.closest("details.menu-box");
  closeMenus(event.target);
  if (inside && event.target.closest(".menu-item[data-dialog], .menu-item[data-palette]")) inside.open = false;
});

function moveInMenu(event, menu) {
  const items = menuItems(menu);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (step && event.target.matches("summary, .menu-item")) {
    menu.open = true;
    event.preventDefault();
    const at = items.indexOf(event.target);
    items.at(at < 0 ? (step > 0 ? 0 : -1) : (at + step) % items.length)?.focus();
  }
}

// --- Dialogs -------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  const closer = event.target.closest("[data-close-dialog]");
  if (closer) closer.closest("dialog").close();
  if (event.target.closest("[data-palette]")) openPalette();
  if (event.target instanceof HTMLDialogElement) closeOnBackdrop(event);
});

function closeOnBackdrop(event) {
  const box = event.target.getBoundingClientRect();
  const outside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  if (outside && event.detail > 0 && !event.target.querySelector("[data-keep]")) event.target.close();
}

// A form in a dialog that came back with errors: open again.
for (const dialog of document.querySelectorAll("dialog[data-open]")) dialog.showModal();

// --- Forms: data-confirm asks first; a sent form shows that it is busy and can't be sent twice ---

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method === "dialog" || event.defaultPrevented) return;
  const button = event.submitter;
  const question = button?.dataset.confirm ?? form.dataset.confirm;
  if (question && !form.dataset.sure) {
    event.preventDefault();
    const { confirmText: text, confirmYes: yes } = { ...form.dataset, ...button?.dataset };
    if (await confirmed({ title: question, text, yes: yes ?? button?.textContent.trim() })) {
      form.dataset.sure = "yes";
      form.requestSubmit(button);
    }
    return;
  }
  if (form.method === "post" && !form.hasAttribute("hx-post") && !form.hasAttribute("data-stays")) {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    button?.setAttribute("aria-busy", "true");
  }
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    delete form.dataset.sure;
    form.querySelector('[aria-busy="true"]')?.removeAttribute("aria-busy");
  }
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});

// --- Shortcuts -----------------------------------------------------------------------------------

// A field of a dialog just closed keeps the focus until the next frame: nobody types in it.
const typing = (target) => target.checkVisibility?.() && target.closest("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu-box");
  if (menu) moveInMenu(event, menu);
  const command = isMac ? event.metaKey : event.ctrlKey;
  if (command && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
  } else if (command && event.key.toLowerCase() === "s" && document.querySelector("[data-save]")) {
    event.preventDefault();
    document.querySelector("[data-save]").click();
  } else if (event.key === "Escape" && event.target.matches?.("[data-search]")) {
    event.target.blur();
  } else if (!command && !event.altKey && !event.metaKey && !event.ctrlKey && !typing(event.target) && !document.querySelector("dialog[open]")) {
    const found = { "/": "[data-search]", n: "[data-new]" }[event.key];
    const target = found && document.querySelector(found);
    if (event.key === "?") document.getElementById("help").showModal();
    if (!target) return;
    event.preventDefault();
    if (event.key === "n") target.click(); else { target.focus(); target.select(); }
  }
});
if (isMac) for (const key of document.querySelectorAll("kbd[data-shortcut]")) key.textContent = `⌘${key.dataset.shortcut}`;

// --- Small services ------------------------------------------------------------------------------

// On a phone the tabs can be wider than the page: the current one must be among those in view.
const tab = document.querySelector(".tabs [aria-current]");
if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;

const isDark = () => ({ dark: true, light: false })[document.documentElement.dataset.theme] ?? matchMedia("(prefers-color-scheme: dark)").matches;

/** Switch between light and dark and remember it for a year. */
function toggleTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
}

document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-theme-toggle]")) toggleTheme();
  const copy = event.target.closest("[data-copy]");
  if (!copy) return;
  const source = document.getElementById(copy.dataset.copy);
  const text = source.value ?? source.textContent.trim();
  try { await navigator.clipboard.writeText(text); } catch { getSelection().selectAllChildren(source); return; }
  const label = copy.querySelector("[data-copied]");
  if (!label) return;
  const before = label.textContent;
  label.textContent = label.dataset.copied;
  setTimeout(() => { label.textContent = before; }, 2000);
});

for (const shown of document.querySelectorAll("[data-toast]")) watch(shown);

// Rows of a table that lead somewhere: <tr data-href>; the link in it stays the way by keyboard.
document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-href]");
  if (!row || event.target.closest("a, button, input, label, summary, select") || getSelection().toString()) return;
  if (event.metaKey || event.ctrlKey) open(row.dataset.href, "_blank"); else location.assign(row.dataset.href);
});
