"""Results for people and for machines: what is said of a run, and in which form.

In come the values of `qng.run`: a `Run`, a `Comparison`, step reports, a preview, a metric; nothing
is run here. Out go, one file each,

    statistics   medians and quartiles over starts, solved, steps to it
    data         dictionaries for JSON
    tables       tables for the terminal (made of `cells`)
    plots/       pictures

All but `statistics` are forms: a number is computed once, and looks the same everywhere.
"""
