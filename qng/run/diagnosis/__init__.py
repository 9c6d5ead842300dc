"""Why a run does not converge: what is known of a point, and what follows from it.

    reading    a number with its standard error, and when it is decided
    slope      grad . g^-1 . grad, without the part that its noise adds
    curvature  the Hessian: its eigenvalues, what is left to gain, where a saddle leads down
    flatness   how much of the energy's slope a parameter sees, here and elsewhere
    basins     where exact minimisations end that start here and elsewhere
    course     what the steps of a run, and the next one, do to the energy
    evidence   all of that as one value; `gather` has it exactly, `sample` from shots, and `ran`
               adds what is of a run
    shape, ends, causes   findings about the point, about what lies ahead, about the run
    rules      all of them in order: what holds, by which rule, and what to change
    diagnosis  the result

`qng.run.diagnose` is the door.
"""
