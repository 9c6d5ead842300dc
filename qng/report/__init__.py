"""Results for people and for machines: what is said of a run, and in which form.

In come the values of `qng.run`: a `Run`, a `Comparison`, step reports, a preview, a metric; nothing
is run here. Out go, one file each,

    statistics   medians and quartiles over starts, and on which ground errors are known
    spent        what was spent on any axis     profile   the share solved against it
    inference    intervals and tests            paired    who is better, from the same starts
    summary      what a comparison says of a method
    data         dictionaries for JSON; `compared_data`: of comparisons
    grid         a table as a value, made of `cells`: its text, and its LaTeX (`tex`)
    tables       tables of runs, steps, metrics, problems; `compared`, `several`: of comparisons
    forms/       data frames, CSV, Parquet, LaTeX, Markdown: what others read
    evolution    an evolution in time: its table and its data; `scan`: a curve
    molecule     what was made of atoms
    markup       HTML as values: text that is escaped, tables of the terminal as tables of a page
    notebook/    what notebooks show of values: text, HTML, drawings, heat maps, bars
    plots/       pictures      html/   pages      live/   views of runs that go on

Above `data` are numbers, each computed once; the others are forms, in which it looks the
same everywhere.
"""
