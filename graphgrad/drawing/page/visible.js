/**
 * What is to be seen for a set of open groups: an item for each node outside closed
 * groups and for each closed group, and the edges that remain between items.
 */

/**
 * Items in topological order, edges by target and slot, and the open groups drawn as
 * frames. An edge carries one value; into a closed group it stands for all its uses.
 */
export function visibleScene(model, open) {
  const closed = model.closedAbove(open);
  const items = collectItems(model, closed);
  const itemOf = new Map(items.map((item) => [item.key, item]));
  const at = (id) => itemOf.get(keyOf(model.nodes[id], closed));
  const edges = collectEdges(model, at);
  const ordered = inOrder(items);
  ordered.forEach((item, index) => Object.assign(item, { index }));
  edges.sort((a, b) => a.target.index - b.target.index || a.slot - b.slot);
  edges.forEach((edge, index) => Object.assign(edge, { index }));
  const frames = model.groups.filter(({ id, size }) => closed[id] < 0 && size > 0);
  return { items: ordered, edges, frames, itemOfNode: at };
}

/** The item of a node: "n7" for itself, "g2" for the closed group that holds it. */
function keyOf(node, closed) {
  const group = node.group < 0 ? -1 : closed[node.group];
  return group < 0 ? `n${node.id}` : `g${group}`;
}

function collectItems(model, closed) {
  const items = new Map();
  for (const node of model.nodes) {
    const key = keyOf(node, closed);
    if (items.has(key)) continue;
    const id = node.group < 0 ? -1 : closed[node.group];
    const group = id < 0 ? null : model.groups[id];
    items.set(key, {
      key,
      node: group ? null : node,
      group,
      container: group ? group.parent : node.group,
      arriving: [],
      leaving: [],
    });
  }
  return [...items.values()];
}

function collectEdges(model, at) {
  const edges = [];
  const merged = new Map();
  model.edges.forEach((use, id) => {
    const source = at(use.source);
    const target = at(use.target);
    if (source === target) return;
    const key = `${use.source}>${target.key}`;
    if (target.group && merged.has(key)) {
      merged.get(key).uses.push(id);
      return;
    }
    const slot = target.arriving.length;
    const edge = { source, target, slot, value: use.source, uses: [id] };
    merged.set(key, edge);
    target.arriving.push(edge);
    source.leaving.push(edge);
    edges.push(edge);
  });
  for (const edge of edges) edge.gradient = gradientOf(model, edge);
  return edges;
}

/** What flows back along a visible edge in each run. */
function gradientOf(model, { value, target, uses }) {
  return target.group?.inputs.get(value) ?? model.edges[uses[0]].gradient;
}

/** Items so that each comes after those it takes values from. */
function inOrder(items) {
  const ordered = [];
  const state = new Map();
  for (const first of items) {
    const pending = [first];
    while (pending.length) {
      const item = pending.at(-1);
      if (state.get(item) === "done") {
        pending.pop();
      } else if (state.get(item) === "open") {
        pending.pop();
        state.set(item, "done");
        ordered.push(item);
      } else {
        state.set(item, "open");
        for (const { source } of item.arriving.toReversed()) {
          if (!state.has(source)) pending.push(source);
        }
      }
    }
  }
  return ordered;
}
