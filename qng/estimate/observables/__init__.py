r"""Metrics of what a gradient measures anyway, means of words: M = J^T W J, J_ri = d_i <P_r>.

    words     P_r: those of H, neighbouring ones, recommended ones, any list      words, cones
    weight    W: C^+/4 of their covariance, or one number a word                  weights
    M         without shots and from shots, with its errors                       exact, counted

With the derivative states D_i = d_i psi - psi <psi|d_i psi>, e_r = (P_r - <P_r>) psi and the real
inner product (a, b) = Re <a|b>, as Re <psi|d_i psi> = 0,

    J_ri = 2 (e_r, D_i),    C_rs = (e_r, e_s) = Re <P_r P_s> - <P_r> <P_s>,

so that J^T C^+ J / 4 is the Gram matrix of the projections of D_i on the real span of the e_r. It
is never above g, more words bring it closer, and it is g where the span has all D_i. On density
matrices it is at most SLD/4 (the method of moments), so that noise makes no surrogate of it.
"""
