/**
 * The keyboard's way through the picture: one element at a time takes part in the order
 * of Tab, and keys move on from it in topological order.
 */

export class Walk {
  constructor() {
    this.stops = [];
    this.at = 0;
    this.edge = null;
  }

  /** New stops; the place is kept by its number unless `stop` is given. */
  reset(stops, stop = null) {
    this.stops = stops;
    this.edge = null;
    const place = stops.indexOf(stop);
    this.enter(place >= 0 ? place : Math.min(this.at, stops.length - 1));
  }

  enter(place) {
    this.stops[this.at]?.setAttribute("tabindex", "-1");
    this.at = Math.max(place, 0);
    this.stops[this.at]?.setAttribute("tabindex", "0");
  }

  /** Moves the focus `by` stops; from outside the picture, to where it was. */
  move(by) {
    if (!this.stops.length) return;
    const inside = this.stops[this.at].ownerSVGElement.contains(document.activeElement);
    const next = inside && !this.edge ? this.at + by : this.at;
    this.edge = null;
    this.enter(Math.min(Math.max(next, 0), this.stops.length - 1));
    this.stops[this.at].focus();
  }

  /** Moves the focus among the edges of the node where we are. */
  moveAlong(edges, by) {
    if (!edges.length) return;
    const place = edges.indexOf(this.edge);
    const start = by > 0 ? 0 : edges.length - 1;
    const next = place < 0 ? start : (place + by + edges.length) % edges.length;
    this.edge = edges[next];
    this.edge.focus();
  }

  /** Notes that an element got the focus in another way. */
  note(element) {
    const place = this.stops.indexOf(element);
    if (place < 0) return;
    this.edge = null;
    this.enter(place);
  }
}
