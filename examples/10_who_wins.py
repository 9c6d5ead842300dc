"""Who wins at equal shots? Our own study, as text and figures; every sentence is of its numbers.

    python examples/10_who_wins.py                    # a small part, to see how it goes: seconds
    python examples/10_who_wins.py --full -o DIR      # the study: an hour on two idle cores

The study is the entry `study` of `qng reproduce`, whose file says what was declared beforehand. It
goes on where it was ended, and once done its text and figures are made again in seconds.
"""

import argparse
import math
from dataclasses import replace
from pathlib import Path

from qng.cli.output import show
from qng.report import plots
from qng.report.cells import amount
from qng.report.inference import wilson
from qng.report.several import by_problem, pairs_over, several_table, standings
from qng.report.statistics import final_error
from qng.report.summary import summaries
from qng.reproduce import reproduce
from qng.reproduce.entries.study import (
    LONGER,
    METHODS,
    NEW,
    ORACLE,
    PROBLEMS,
    QNG,
    WITHIN,
    Size,
    distinct,
    entry,
    halves,
)
from qng.reproduce.entries.study import picture as shares
from qng.run.several import Comparisons

QUICK = Size(("h2",), starts=2, steps=2, budget=80_000, trials=3, tuned=1)
AXIS = "shots"


def main():
    given = arguments()
    size = Size(given.problems) if given.full else QUICK
    given.output.mkdir(parents=True, exist_ok=True)
    ledger = given.output / "runs.db" if given.full else None
    workers = given.workers if given.full else 1
    done = reproduce(entry(size), workers=workers, ledger=ledger)
    found = Comparisons(done.comparisons)
    if not given.full:
        show("QUICK: a small part with few starts, steps and trials, which says nothing about who")
        show("wins; the study is python examples/10_who_wins.py --full", "")
    for line in [*declared(found, size), ""]:
        show(line)
    show(several_table(found, AXIS), by_problem(found, AXIS), "")
    told = pairs_over(found, AXIS)
    chapters = {
        "Who wins, and by how much": winners(found, told),
        "Where the quantum natural gradient wins, and where not": natural(told),
        "Where the new methods win, and where not": new(found, told),
        "What more steps of fewer shots are worth": more_steps(found, told),
        "What metrics from shots could gain": oracle(found, told),
        "How it was tuned": tuned(found),
        "What has to be known": [*ended(found), *CAVEATS],
        "Checks": [
            f"{v.what}: {v.ours:.4g} ({v.published}), {'pass' if v.passed else 'FAIL'}"
            for v in done.verdicts
        ],
    }
    for title, lines in chapters.items():
        show(f"{title}.", *(f"  {line}" for line in lines), "")
    for name, drawn in pictures(done, found).items():
        file = given.output / f"{name}.png"
        plots.save(drawn, file)
        show(f"saved {file}")


def arguments():
    parser = argparse.ArgumentParser(
        description=f"{distinct(METHODS)} methods on {len(PROBLEMS)} problems at equal shots."
    )
    parser.add_argument("--full", action="store_true", help="the study, not a small part of it")
    parser.add_argument("-o", "--output", type=Path, default=Path("who-wins"), metavar="DIR")
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=tuple(PROBLEMS))
    parser.add_argument("--workers", type=int, default=None, help="processes; all cores by default")
    given = parser.parse_args()
    given.problems = tuple(given.problems)
    return given


# --- what is said, from the numbers --------------------------------------------------------------


def declared(found, size):
    """What was run, as it was declared before."""
    first = next(iter(found.problems.values()))
    steps = {m: runs[0].made.steps for m, runs in first.runs.items()}
    usual = min(steps.values())
    more = [
        f"{m} {count} steps of {size.budget // count:,}"
        for m, count in steps.items()
        if count > usual
    ]
    missing = [name for name in PROBLEMS if name not in found.problems]
    lines = [
        f"{distinct(found.methods)} methods, {len(LONGER)} of them in more steps as well (x5), "
        f"from the same {len(first.starts)} starts on each of "
        f"{len(found.problems)} problems, {size.budget:,} shots a run: {usual} steps of "
        f"{size.budget // usual:,} shots ({'; '.join(more)}).",
        f"Solved: the exact energy of a point of the run is within {100 * WITHIN:g} % of the way "
        "from the ground state to the mean of all states. Intervals are of 95 %.",
        "Ahead: cheaper to the accuracy, or else closer at equal cost, by exact tests on the same "
        "starts; each of these two questions is answered wrongly somewhere in at most 5 % of such "
        "studies (Holm, over all pairs and problems).",
        f"{ORACLE} is no method for a device: its metric is exact, without noise and without "
        "shots. It is left out where winners are named.",
    ]
    if missing:
        lines.append(f"Not done, of the {len(PROBLEMS)} problems of the study: {listed(missing)}.")
    return lines


def winners(found, told):
    """A line a problem: who solves most starts, at what cost, and who is behind."""
    lines = []
    for name, compared in found.problems.items():
        order = ranked(s for s in summaries(compared, AXIS) if s.method != ORACLE)
        first, worse = order[0], behind(told[name], order[0].method)
        unit = f" {compared.unit}" if compared.unit else ""
        ahead = f"It is ahead of {listed(worse)}." if worse else "It is told apart from nobody."
        if first.reached == 0:
            lines.append(
                f"{name}: no method solves a start; {first.method} is closest, with a median error "
                f"of {first.error.median:.2g}{unit}, where {compared.accuracy:.2g} would "
                f"be solved. {ahead}"
            )
            continue
        tied = [s.method for s in order[1:] if s.reached == first.reached]
        lines.append(
            f"{name}: {first.method} solves {first.reached} of {first.starts} starts "
            f"[{percent(first.share)}]{f' (as many: {listed(tied)})' if tied else ''}, at a median "
            f"of {cost(first.reach)} shots. {ahead}"
        )
        closest = min(order, key=lambda s: s.equal.median)
        lines.append(
            f"  Median error at equal cost: {first.equal.median:.1e}{unit}"
            + ("." if closest is first else f"; the smallest is that of {closest.method}, "
               f"{closest.equal.median:.1e}.")
        )  # fmt: skip
        rivals = [s for s in order if is_natural(s.method) != is_natural(first.method)]
        if rivals:
            lines.append("  " + margin(told[name], first.method, rivals[0]))
    return lines


def margin(pairs, first, rival):
    """By how much the first is ahead of the best of the other kind."""
    kind = "best QNG" if is_natural(rival.method) else "best that is no QNG"
    pair = next(p for p in pairs if {p.first, p.second} == {first, rival.method})
    answer = pair.answers["cost"]
    verdict = "told apart" if answer.winner is not None else "not told apart"
    return (
        f"The {kind} solves {rival.reached} of {rival.starts}: {times(pair, first)}; by cost the "
        f"two are {verdict} (p = {answer.corrected:.2g} after Holm)."
    )


def natural(told):
    """On which problems a QNG is ahead of all others, and where it is behind."""
    lines = []
    ahead, back, open_ = [], [], []
    for name, pairs in told.items():
        methods = dict.fromkeys(m for pair in pairs for m in (pair.first, pair.second))
        ours = [m for m in methods if is_natural(m) and m != ORACLE]
        theirs = [m for m in methods if not is_natural(m)]
        champions = [m for m in ours if set(theirs) <= set(behind(pairs, m))]
        others = [m for m in theirs if set(ours) <= set(behind(pairs, m))]
        if champions:
            ahead.append(f"{name} ({listed(champions)})")
        elif others:
            back.append(f"{name} ({listed(others)})")
        else:
            open_.append(name)
    lines.append(f"A QNG from shots is ahead of all other methods on: {listed(ahead)}.")
    lines.append(f"Another method is ahead of every QNG from shots on: {listed(back)}.")
    lines.append(f"Neither on: {listed(open_)}.")
    for method in (m for m in QNG if m != ORACLE):
        won, lost, all_of_them = [], [], 0
        for name, pairs in told.items():
            for pair in pairs:
                both = (pair.first, pair.second)
                if method in both and not all(map(is_natural, both)):
                    all_of_them += 1
                    won += [name] * (decided(pair) == method)
                    lost += [f"{decided(pair)} on {name}"] * (loser(pair) == method)
        lines.append(
            f"{method}: of {all_of_them} pairs of a problem and a method that is no QNG it wins "
            f"{len(won)} and loses {len(lost)}"
            + (f"; it loses to {listed(lost)}." if lost else ".")
        )
    return lines


def new(found, told):
    """What was added to the first study, against what was in it."""
    share = {s.method: s for s in standings(found, AXIS) if s.method != ORACLE}
    first = [m for m in share if m not in NEW]
    lines = [
        f"The methods of the first study are {listed(m for m in first if m not in LONGER)}, "
        f"beside the oracle, and {listed(LONGER)} are two of them in more steps. A pair is one of "
        "all these and a new one on a problem; it is won where it is told apart."
    ]
    for method in (m for m in share if m in NEW):
        own = share[method]
        won = {name: {*behind(pairs, method)} & {*first} for name, pairs in told.items()}
        lost = {name: {*beaten_by(pairs, method)} & {*first} for name, pairs in told.items()}
        place = 1 + sum(other.share > own.share for other in share.values())
        lines.append(
            f"{method}: {own.solved} of {own.starts} starts solved, mean share "
            f"{100 * own.share:.0f} % [{percent(own.within)}], place {place} of {len(share)}; of "
            f"{len(first) * own.problems} pairs it wins {sum(map(len, won.values()))} and loses "
            f"{sum(map(len, lost.values()))}. Shots a circuit: {per_circuit(found, method)}."
        )
        lines += [f"  {name}: ahead of {listed(sorted(of))}." for name, of in won.items() if of]
        lines += [f"  {name}: behind {listed(sorted(of))}." for name, of in lost.items() if of]
    for ours, theirs, what in (
        ([m for m in share if m in NEW], first, "A new method is ahead of all of the first study"),
        (first, [m for m in share if m in NEW], "One of the first study is ahead of all new ones"),
    ):
        where = [
            f"{name} ({m})"
            for name, pairs in told.items()
            for m in ours
            if {*theirs} <= {*behind(pairs, m)}
        ]
        lines.append(f"{what} on: {listed(where)}.")
    return lines


def per_circuit(found, method):
    """Of all runs on a problem: from the fewest to the most."""
    runs = {name: of.runs[method] for name, of in found.problems.items()}
    mean = {
        name: sum(run.shots for run in of) / sum(run.nfev for run in of)
        for name, of in runs.items()
    }
    few, many = (of(mean, key=lambda name: mean[name]) for of in (min, max))
    return f"{mean[few]:.0f} ({few}) to {mean[many]:.0f} ({many})"


def more_steps(found, told):
    """The methods of `LONGER` beside themselves in the usual steps, and beside CMA-ES."""
    share = {s.method: s for s in standings(found, AXIS)}
    lines = []
    for method in LONGER:
        usual = method.removesuffix(" x5")
        lines.append(
            f"{method}: {share[method].solved} of {share[method].starts} starts solved; "
            f"{usual}: {share[usual].solved}."
        )
        for rival in (usual, "cma-es", "linear-method"):
            pairs = {
                name: next(p for p in of if {p.first, p.second} == {method, rival})
                for name, of in told.items()
            }
            won, lost = (
                [name for name, pair in pairs.items() if found_of(pair) == method]
                for found_of in (decided, loser)
            )
            lines.append(f"  against {rival}: ahead on {listed(won)}, behind on {listed(lost)}.")
            if rival == usual:
                lines += [f"    {name}: {times(pair, method)}." for name, pair in pairs.items()]
    return lines


def times(pair, first):
    """How many times as many shots the other one takes, with the interval."""
    ratio, low, high = pair.ratio, pair.between.lower, pair.between.upper
    if pair.first != first:
        ratio, low, high = inverse(ratio), inverse(high), inverse(low)
    rival = pair.second if pair.first == first else pair.first
    if not 0 < ratio < math.inf:
        return f"{rival} has no factor, as on most starts one of the two alone gets there"
    return f"{rival} takes {ratio:.2g} times as many shots [{bound(low)} to {bound(high)}]"


def oracle(found, told):
    """What the exact metric for nothing would gain over those that are measured."""
    share = {s.method: s for s in standings(found, AXIS)}
    lines = [
        f"{m}: {share[m].solved} of {share[m].starts} starts solved, mean share "
        f"{100 * share[m].share:.0f} % [{percent(share[m].within)}]."
        for m in QNG
    ]
    apart = [
        f"{name}: {decided(pair)} is ahead of {loser(pair)}."
        for name, pairs in told.items()
        for pair in pairs
        if {pair.first, pair.second} <= set(QNG) and ORACLE in (decided(pair), loser(pair))
    ]
    same = ["On no problem the oracle is told apart from a metric that is measured."]
    return lines + (apart or same)


def tuned(found):
    """The budget of tuning, and rates at the edge of what was tried."""
    every = [t for c in found.problems.values() for t in c.tuning.values() if t.trials]
    if not every:
        return ["Nothing was tuned."]
    first = every[0]
    lines = [
        f"{len(first.trials)} values of one hyperparameter of every method at equal ratios (the "
        "learning rate, but of projected-inverse eps and of cma-es sigma), over a factor of "
        f"{min(map(span, every)):.0f} to {max(map(span, every)):.0f}, each from "
        f"{len(first.starts)} start{'s' * (len(first.starts) > 1)} not compared; "
        f"{amount(sum(t.shots for t in every))} shots in all, beside those of the comparison. "
        "l-bfgs-b has nothing to tune.",
    ]
    for name, compared in found.problems.items():
        edge = []
        for label, tuning in compared.tuning.items():
            values = values_of(tuning)
            chosen = value_of(tuning.chosen)
            if values and chosen in (values[0], values[-1]):
                end = "lowest" if chosen == values[0] else "highest"
                edge.append(f"{label} ({end}, {chosen:.3g})")
        if edge:
            lines.append(
                f"{name}: at an end of the grid, so that others may be better: {listed(edge)}."
            )
    return lines


def value_of(setting):
    return next(iter(setting.values()), None)


def values_of(tuning):
    return sorted(value_of(trial.setting) for trial in tuning.trials)


def span(tuning):
    values = values_of(tuning)
    return values[-1] / values[0]


def ended(found):
    """Runs that left what they had solved, ended by themselves, or above their start."""
    still = []
    for method in found.methods:
        runs = [run for c in found.problems.values() for run in c.runs[method] if run.solved]
        kept = sum(final_error(run) <= run.accuracy for run in runs)
        still.append(f"{method} {kept} of {len(runs)}")
    lines = [f"Starts that are solved and end so, by exact energies: {'; '.join(still)}."]
    for method in found.methods:
        runs = [run for c in found.problems.values() for run in c.runs[method]]
        early = [run for run in runs if run.nit < run.made.steps]
        risen = [run for run in runs if final_error(run) > float(run.judgement.errors[0])]
        if early:
            part = sum(run.shots for run in early) / sum(
                run.made.steps * run.made.shots for run in early
            )
            lines.append(
                f"{method}: {len(early)} of {len(runs)} runs end by themselves, after "
                f"{100 * part:.0f} % of their shots; they are not begun again."
            )
        if risen:
            between = wilson(len(risen), len(runs))
            lines.append(
                f"{method}: {len(risen)} of {len(runs)} runs [{percent(between)}] end above "
                "their start."
            )
    return lines


CAVEATS = [
    "A start counts as solved once a point of its run is within the accuracy, by its exact energy, "
    "which nobody sees during a run: a method that wanders may pass by and leave. The errors at "
    "equal cost say where methods are.",
    "Shots are what is equal. Circuits, their depth and their number are not: the metric of "
    "overlaps has circuits of twice the depth, the linear method and projected inverse iteration "
    "have an ancilla and controlled gates, random bases further gates. All of this costs nothing "
    "more here, and is without noise.",
    "A step has the same shots for all, but for QN-SPSA, CMA-ES and what is called x5, whose runs "
    "have more steps and so more points that may count as solved; how shots are dealt out between "
    "energy, gradient and metric is the package's rule. How many steps a budget has was not tuned: "
    "what more steps of fewer shots are worth is seen from adam x5 and qng blocks x5 alone, which "
    "were added when the first results of CMA-ES had been seen.",
    "Rates are constant and steps are not judged, as published. The package's own defaults (a "
    "radius that follows the decreases, steps up undone) are other methods, and are not "
    "compared here.",
    "One hyperparameter is tuned of each method, on few values and few starts. Damping, "
    "momentum and the width of random differences stay as they are; the damping of H-QNG, whose "
    "source has no settings that we know of, is ours.",
    "There are more natural gradients than there are other methods of one kind, so that one of "
    "them has more chances to be the best of a problem. p is corrected for that, places are not.",
    "The exact metric has no errors to which its eigenvalues could be raised, as those of "
    "measured ones are: along its small eigenvalues the noise of the gradient is damped less. "
    "Where the oracle does worse than measured metrics, this may be why; it was not tested.",
    "The rates that are tried, and the damping of H-QNG, are scaled by the exact ground energy, "
    "which nobody has beforehand; all methods but Adam, the linear method, CMA-ES and L-BFGS-B "
    "have an advantage from it.",
    "Starts are uniform. Whoever begins near a solution compares something else.",
    "Small problems of 4 to 8 qubits are no sample of all problems: intervals and tests are of "
    "starts and shots on these problems, not of others, and say nothing of larger numbers of "
    "qubits.",
]  # fmt: skip


# --- words --------------------------------------------------------------------------------------


def is_natural(method):
    return method in QNG


def decided(pair):
    """The better one: cheaper to the accuracy, or else closer at equal cost; None: nobody knows."""
    by_cost, by_error = pair.better("cost"), pair.better("error")
    if by_cost and by_error and by_cost != by_error:
        return None
    return by_cost or by_error


def loser(pair):
    won = decided(pair)
    return None if won is None else pair.second if won == pair.first else pair.first


def behind(pairs, method):
    """The methods that are behind."""
    return [loser(pair) for pair in pairs if decided(pair) == method]


def beaten_by(pairs, method):
    """The methods that it is behind."""
    return [decided(pair) for pair in pairs if loser(pair) == method]


def ranked(rows):
    return sorted(rows, key=lambda s: (-s.reached, s.reach.median, s.error.median))


def listed(words):
    every = list(words)
    return ", ".join(every) if every else "none"


def percent(interval):
    return f"{100 * interval.lower:.0f} to {100 * interval.upper:.0f} %"


def cost(reach):
    if math.isinf(reach.median):
        if math.isinf(reach.until):  # some runs have ended, others were cut
            return "never" if reach.lost else "an unknown number of"
        return f"more than {amount(reach.until)}"
    low, high = reach.interval.lower, reach.interval.upper
    above = amount(high) if math.isfinite(high) else "no bound"
    return f"{amount(reach.median)} [{amount(low)} to {above}]"


def inverse(factor):
    return math.inf if factor == 0 else 1 / factor


def bound(factor):
    return f"{factor:.2g}" if math.isfinite(factor) else "no bound"


def pictures(done, found):
    """The share solved against shots, and the errors, a panel a problem; and all in one."""
    first = shares(done)
    errors = [
        replace(panel, title=compared.title)
        for compared in halves(found).problems.values()
        for panel in plots.convergence(compared, AXIS).panels
    ]
    ranking = sorted(standings(found, AXIS), key=lambda s: (-s.share, s.rank))
    overall = plots.lines(
        {
            f"{place}  {s.method}": ([place], [s.share], [s.within.lower], [s.within.upper])
            for place, s in enumerate(ranking, 1)
        },
        x_label="methods, by their share",
        y_label="mean share of starts solved",
        naming="legend",
        mark="points",
        bars=True,
        x_range=(0.0, len(ranking) + 1.0),
        y_range=(0.0, 1.03),
        title=first.title,
        note="mean over the problems, intervals of 95 %",
        caption=first.caption,
        width=5.0,
    )
    return {
        "who-wins": first,
        "who-wins-errors": replace(first, kind="errors", panels=tuple(errors)),
        "who-wins-overall": replace(overall, panels=(replace(overall.panels[0], whole=True),)),
    }


if __name__ == "__main__":
    main()
