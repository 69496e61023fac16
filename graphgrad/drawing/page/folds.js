/** Which groups are open: toggling one, all or none, and what a search needs open. */

/** More items than this are not unfolded at once. */
const MOST_VISIBLE = 3_000;

export class Folds {
  constructor(model) {
    this.model = model;
    this.open = model.openAtFirst();
  }

  toggle(group) {
    if (!this.open.delete(group)) this.open.add(group);
  }

  /** Opens the groups around a node or a group. */
  openAround({ node = null, group = null }) {
    const home =
      node === null ? this.model.groups[group].parent : this.model.nodes[node].group;
    for (const id of this.model.path(home)) this.open.add(id);
  }

  closeAll() {
    this.open.clear();
  }

  /** Opens groups from the outermost on; false if some had to stay closed. */
  openAll() {
    const inside = this.model.groups.map(() => 0);
    for (const { group } of this.model.nodes) if (group >= 0) inside[group] += 1;
    for (const { parent } of this.model.groups) if (parent >= 0) inside[parent] += 1;
    const closed = this.model.closedAbove(this.open);
    const loose = ({ group }) => group < 0 || closed[group] < 0;
    let visible = this.model.nodes.filter(loose).length + new Set(closed).size;
    let all = true;
    const reached = new Set([-1]);
    for (const { id, parent } of this.model.groups) {
      if (!reached.has(parent)) continue;
      if (!this.open.has(id)) {
        if (visible + inside[id] > MOST_VISIBLE) {
          all = false;
          continue;
        }
        visible += inside[id];
        this.open.add(id);
      }
      reached.add(id);
    }
    return all;
  }
}
