"""What has to be executed is data: the narrow waist between estimators and executors.

In come circuits, angles and measures from the estimators; out go requests to executors, and their
results reduced to numbers with errors.

    request     a circuit, points and a measure              plan        requests, and what to
    values      (`request`) what executors answer                        make of the results
    lower       everything as circuits whose bits are counted: grouping, deal, counts, readout
    quantities  Energy, GradientEstimate, By, Objective: what plans reduce to, what methods ask
    executor    the protocols Executor (answers at once) and Service (is waited for)
    estimator   an estimator as a value                      cost        of a plan, before it runs
"""
