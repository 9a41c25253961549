// An icon of the sprite in a template.

import { iconUrl } from "../js/lib/icon.js";
import { html } from "../js/lib/preact.js";

export function Icon({ name }) {
  return html`<svg class="icon" aria-hidden="true"><use href=${iconUrl(name)} /></svg>`;
}
