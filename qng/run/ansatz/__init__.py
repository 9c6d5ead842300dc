"""The geometry of an ansatz: what states it reaches, how many directions it has, how it is bent.

In come circuits of any kind, problems and functions; out go values to print and to draw. All of it
is exact, from the statevector: it says what a circuit can do, before anybody runs it.

    geometry              all of it for one problem: what `qng geometry` shows
    spectra               eigenvalues and ranks of g at points
    effective_quantum_dimension    G_C of Haug et al., the rank at one point
    along, by_depth       ranks against depth: of one circuit, of a family of circuits
    effective_dimension   of Abbas et al., from Fisher matrices
    tangent_kernel        K = J J^T of outputs
    curvature_map         Berry curvature of a two-parameter family, and its Chern number
    shoot, connect        geodesics in the parameters: from a velocity, between two points
    path_length           Fubini-Study length of a run
    expressibility        fidelities of random states against Haar's, and frame potentials

`qng.geometry` has the same for arrays of one's own: `rays`, `capacity`, `holonomy`, `haar`.
"""

from qng.geometry.rays import between as between
from qng.geometry.rays import distance as distance
from qng.run.ansatz.curvature import curvature_map as curvature_map
from qng.run.ansatz.depth import along as along
from qng.run.ansatz.depth import by_depth as by_depth
from qng.run.ansatz.effective import effective_dimension as effective_dimension
from qng.run.ansatz.families import FAMILIES as FAMILIES
from qng.run.ansatz.geodesic import connect as connect
from qng.run.ansatz.geodesic import shoot as shoot
from qng.run.ansatz.kernel import tangent_kernel as tangent_kernel
from qng.run.ansatz.length import path_length as path_length
from qng.run.ansatz.spectra import effective_quantum_dimension as effective_quantum_dimension
from qng.run.ansatz.spectra import spectra as spectra
from qng.run.ansatz.spread import expressibility as expressibility
from qng.run.ansatz.summary import geometry as geometry
