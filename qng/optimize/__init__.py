"""One equation, M_t dtheta = -eta_t s_t, in parts: signal, metric, solve, step size, post."""
