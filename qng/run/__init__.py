"""A run, from a start to a result: here problems, estimators, methods and executors meet.

In come what a user names; out go runs, comparisons, metrics and costs.

    minimize, compare, steps, point, preview    what users call, and `qng` hands on
    evolve     states in imaginary and real time, as an `evolving` task: what `drive`s (`driven`),
               `flow` the equations, `integrate` and `walk` along them, `evolution` the result,
               `exact` beside it
    many       runs in processes and on clusters, from the same starts
    driver     a run as a fold: ask, tell, until the step is done
    bench      the only door to an executor      journal   what was asked, told and done
    objective  a problem's circuits as plans     stop      when a run ends, `trend` with shots
    judge      what is solved, and by what that is said; `hindsight` asks a simulator for it
    diagnose   why a run does not converge; diagnosis/: its evidence and its rules
    results    Run, Comparison, their goal and trace; recipe: how a run was made
    price      what a run costs on a device, by the `tariff` of its batches
    codec      all of these as text, and back
    durable/   runs that outlive their process, on devices elsewhere; ledger/: where they are

Import from the modules: `minimize` and `compare` are names of modules and of functions.
"""
