"""From a direction to a step: dtheta = post(-eta d, dtheta_{t-1}).

A search is a function of what is known where the direction is (`descent.Descent`) and of what it
was told since; it asks for more, or answers with a `Move`.

    length    constant, schedules, a trust region      armijo     backtracking
    plane     with the last step                       geodesic   bent along the metric
    post      a heavy ball, after the size is chosen
"""
