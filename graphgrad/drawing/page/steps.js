/**
 * The order in which a run computes: forward through the items, then backward through
 * them in reverse, each sending contributions to what it was computed from.
 */

/**
 * The steps of a scene. Sets on every edge at which step its value and its gradient
 * appear (`valueStep`, `gradientStep`), and on every item when it is computed.
 * A step has a `phase`: "start", "forward", "seed", "backward", "sum" or "end".
 */
export function makeSteps(scene) {
  const steps = [{ phase: "start", item: null, edges: [] }];
  for (const item of scene.items) {
    item.step = 0;
    if (!computes(item)) continue;
    item.step = steps.length;
    steps.push({ phase: "forward", item, edges: item.arriving });
  }
  for (const edge of scene.edges) {
    edge.valueStep = edge.source.step;
    edge.gradientStep = Infinity;
    if (edge.target.node?.kind === "output") edge.target.step = edge.source.step;
  }
  addBackward(scene, steps);
  steps.push({
    phase: "end",
    item: null,
    edges: [],
    leaves: scene.items.filter(isLeaf),
  });
  return steps;
}

/** True for items that compute: operators and groups, not leaves nor outputs. */
function computes({ node, group }) {
  return group !== null || node.kind === "op";
}

function isLeaf(item) {
  return !computes(item) && item.node.kind !== "output";
}

/** True where a gradient flows back along an edge in any of the runs. */
export function carriesGradient({ gradient }) {
  return gradient.some((figures) => figures !== null);
}

function addBackward(scene, steps) {
  const carrying = scene.edges.filter(carriesGradient);
  if (!carrying.length) return;
  const uses = new Map();
  for (const edge of carrying) {
    if (!uses.has(edge.value)) uses.set(edge.value, { edges: [], left: 0 });
    const use = uses.get(edge.value);
    use.edges.push(edge);
    use.left += 1;
  }
  const seeds = carrying.filter(({ target }) => target.node?.kind === "output");
  if (seeds.length) add(steps, { phase: "seed", item: null, edges: seeds }, uses);
  for (const item of scene.items.toReversed()) {
    const edges = item.arriving.filter(carriesGradient);
    if (!edges.length || item.node?.kind === "output") continue;
    add(steps, { phase: "backward", item, edges }, uses);
  }
}

/** A step that sends gradients along its edges, and the sums which that completes. */
function add(steps, step, uses) {
  const complete = [];
  for (const edge of step.edges) {
    edge.gradientStep = steps.length;
    const use = uses.get(edge.value);
    use.left -= 1;
    if (!use.left && use.edges.length > 1) complete.push(use.edges);
  }
  steps.push(step);
  for (const edges of complete) {
    steps.push({ phase: "sum", item: edges[0].source, edges, value: edges[0].value });
  }
}
