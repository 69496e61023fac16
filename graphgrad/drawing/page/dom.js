/**
 * Elements are made from text alone, never from markup, so that a name such as
 * "<script>" stays a name.
 */

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/** An HTML element with attributes (null leaves one out) and children. */
export function html(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** The same for an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The element of the template called `id`. */
export function byId(id) {
  return document.getElementById(id);
}

/** True where the reader asked the system for less motion. */
export function prefersStillness() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** `text` with control characters and lone surrogates made visible. */
export function printable(text) {
  return text
    .replace(/\s/g, " ")
    .replace(/[\p{Cc}\p{Cs}\p{Cn}\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** `text`, or its beginning and an ellipsis where it is longer than `limit`. */
export function shorten(text, limit) {
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  return characters.slice(0, limit - 1).join("") + "…";
}
