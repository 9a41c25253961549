// Colours of the page for what is drawn on a canvas.

/** A custom property as the colour it is now (light or dark). */
export function colour(name, opacity = 1) {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  probe.style.color = `color-mix(in srgb, var(${name}) ${opacity * 100}%, transparent)`;
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
