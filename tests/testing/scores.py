"""How many wrong gradients the checker catches, and how often it cries wolf."""

from hypothesis import HealthCheck, Phase, given, settings

from graphgrad.testing import check_vjp, strategies

EXAMPLES = 40


def typical_inputs(twin):
    """One plain sample; the next ones if the domain refuses it."""
    valid = twin.domain.valid or (lambda *_: True)
    for seed in range(100):
        sample = strategies.typical(twin.domain, seed)
        if valid(*sample):
            return [sample]
    raise AssertionError(f"{twin.name}: no typical sample is valid")


def drawn_inputs(twin, count=EXAMPLES):
    """What Hypothesis draws for the twin's domain, the same in every run."""
    found = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategies.inputs(twin.domain))
    def collect(inputs):
        found.append(inputs)

    collect()
    return found


def judged(fn, vjp, inputs, domain):
    return check_vjp(fn, vjp, *inputs, domain=domain)


def score(twin, samples, check=judged):
    """Verdicts on the right vjp, and the names of the wrong ones that were caught."""
    verdicts = [check(twin.fn, twin.right, xs, twin.domain) for xs in samples]
    usable = [
        xs for xs, v in zip(samples, verdicts, strict=True) if v.verdict != "wrong"
    ]
    caught = {}
    for name, vjp in twin.wrong.items():
        for xs in usable:
            verdict = check(twin.fn, vjp, xs, twin.domain)
            if verdict.verdict == "wrong":
                caught[name] = verdict
                break
    return verdicts, caught
