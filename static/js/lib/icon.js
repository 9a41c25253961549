// Icons of the sprite, for elements made in JavaScript.
const SVG = "http://www.w3.org/2000/svg";
const sprite = document.querySelector('meta[name="icon-sprite"]')?.content ?? "";

/** The address of one icon: <svg class="icon"><use href=${iconUrl("users")} /></svg>. */
export const iconUrl = (name) => `${sprite}#${name}`;

/** An <svg> element with the icon, hidden from screen readers. */
export function iconElement(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", iconUrl(name));
  svg.append(use);
  return svg;
}
