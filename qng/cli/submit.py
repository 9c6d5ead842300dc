"""`qng submit`: begin a run on a device, send its first job, and exit."""

from __future__ import annotations

from qng.cli import elsewhere, options, output, parse


def command(
    problem: options.ProblemName,
    executor: options.Device,
    optimizer: options.Method = "qng",
    steps: options.Steps = 100,
    lr: options.Rate = None,
    damping: options.Damping = None,
    trust: options.Trust = None,
    tol: options.Tol = None,
    metric: options.Metric = None,
    words: options.Words = None,
    weight: options.Weight = None,
    floor: options.Floor = None,
    gradient: options.Gradient = None,
    every: options.Every = None,
    trials: options.Trials = None,
    seed: options.Seed = 0,
    point: options.Point = None,
    freeze: options.Freeze = "",
    train: options.Train = "",
    shots: options.Shots = None,
    shots_per_circuit: options.ShotsPerCircuit = None,
    mitigate: options.Mitigate = 0,
    ledger: options.Ledger = elsewhere.LEDGER,
    max_seconds: options.MaxSeconds = None,
    poll: options.Poll = None,
    grace: options.Grace = None,
    timeout: options.Timeout = None,
    posts_per_minute: options.PostsPerMinute = None,
    session: options.Session = None,
    instance: options.Instance = None,
    sampler_option: options.SamplerOptions = None,
    optimization_level: options.OptimizationLevel = None,
    as_json: options.Json = False,
) -> None:
    """Begin a run on a device, send its first job, and exit; `qng collect` goes on with it."""
    from qng.report import ledger as report
    from qng.run.durable.control import submit
    from qng.run.durable.halts import go_on
    from qng.run.durable.terms import Terms

    chosen = parse.problem(problem, freeze, train)
    device = parse.executor(
        executor,
        mitigate,
        timeout=timeout,
        session=elsewhere.session(session),
        instance=instance,
        options=elsewhere.sampler_options(sampler_option),
        optimization_level=optimization_level,
    )
    arguments = {
        "start": parse.point(chosen, point, seed),
        "steps": steps,
        "tol": tol,
        "seed": seed,
        "executor": device,
        "shots": parse.shots(shots, shots_per_circuit),
        "gradient": gradient,
        **elsewhere.given(
            lr=lr,
            damping=damping,
            trust=trust,
            metric=parse.metric(metric, words, weight, floor),
            every=every,
            trials=trials,
        ),
    }
    terms = elsewhere.given(
        max_seconds=max_seconds, poll=poll, grace=grace, posts_per_minute=posts_per_minute
    )
    names: list[str] = []
    with elsewhere.how_to_go_on(names, ledger):
        found = submit(
            chosen,
            optimizer,
            ledger=ledger,
            terms=Terms(**terms),
            began=names.append,
            **arguments,
        )
    if as_json:
        output.show_json(report.summary_data(found))
        return
    output.show(report.summary_line(found), f"{go_on(found.run, ledger, 'collect')} goes on")
