"""Runs that outlive their process: kept in a ledger, on devices elsewhere or here.

    control     what the command line does with a run: submit, collect, go on, cancel
    driven      a run in a ledger, begun or gone on with; `resume` from Python; `keeping`: where
    courier     a batch is one job, from whatever state a ledger has it in
    sender      how a batch comes to its job, once      booking    jobs, twins and seconds
    terms       budget, pace, patience                  patience   how one process waits
    waiting     why a run does not go on here and now   halts      what its ledger says of it then
    forecast    what a run costs, before anything is sent; `afford`: whether the account can pay
    looking     what is known of runs, as the values of `account`
    archive     a run once more from its raw results

What is kept is in `run/ledger`; what is reached is a `plan.cloud.Cloud`.
"""
