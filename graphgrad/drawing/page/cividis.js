/**
 * The scale of heat maps: readable without colour vision and in grey (Nuñez, Anderton
 * and Renslow, "Optimizing colormaps with consideration for color vision deficiency",
 * 2018).
 */

const CIVIDIS_ANCHORS = [
  [0, 34, 78],
  [35, 62, 108],
  [76, 85, 108],
  [102, 110, 112],
  [124, 123, 120],
  [151, 141, 120],
  [187, 173, 108],
  [219, 202, 85],
  [254, 232, 56],
];

/** Red, green and blue of `level`, from 0 (dark blue) to 1 (yellow). */
export function cividisChannels(level) {
  const steps = CIVIDIS_ANCHORS.length - 1;
  const place = Math.min(Math.max(level, 0), 1) * steps;
  const low = Math.min(Math.floor(place), steps - 1);
  const part = place - low;
  const next = CIVIDIS_ANCHORS[low + 1];
  return CIVIDIS_ANCHORS[low].map((a, i) => Math.round(a + part * (next[i] - a)));
}

/** The colour of `level` for a style sheet. */
export function cividis(level) {
  return `rgb(${cividisChannels(level).join(" ")})`;
}

/** A background for legends: the whole scale from left to right. */
export function cividisBar() {
  const stops = CIVIDIS_ANCHORS.map((channels) => `rgb(${channels.join(" ")})`);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
