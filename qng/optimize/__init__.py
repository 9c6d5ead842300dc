"""One equation, M_t dtheta = -eta_t s_t, in parts, and methods that are not of this form.

In comes an objective (`plan.quantities.Objective`); out go steps. A method asks for plans, and is
told what they reduce to; it executes nothing and remembers nothing outside its `State`.

    method        the protocol: State, Step, Done         optimizer     a method from its parts
    signal        s_t from the gradients                  precondition  M_t; average: over steps
    search        eta_t, and other ways to a step         accept        whether steps are kept
    matrices      M_t from gradients as matrices          shots         between gradient, metric
    methods       every method by name                    guarded       steps that are safe
    abreast       steps of many runs at once
    rotosolve, scipy, cmaes, quiver                       whole methods, not made of these parts
"""
