"""Wave functions of spins: psi_theta(x) by its logarithm, optimised by stochastic reconfiguration.

In come a wave function and a sum of Pauli words; out goes a loss, whose samples are configurations
x, whose metric is made of the log-derivatives O_i(x) = d_i ln psi(x), and whose energy is the mean
of local energies. Spins are +1 and -1, the eigenvalues of Z: +1 is the bit 0.

    wave          what a wave function is; `WaveFunction`, from a function of your own
    rbm jastrow meanfield
    spins         all configurations, and those of one magnetisation
    connected     a sum of Pauli words on configurations
    sampler       ExactSum, Metropolis
    correlated    means of chains, whose errors know of autocorrelation
    cloud         configurations with their weights, O and local energies
    variational   the loss
    chains        exact energies of rings
    vmc           a problem of all these; library: problems by name
    reconfiguration   `sr` and `minsr` of arrays
"""
