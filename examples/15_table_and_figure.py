r"""From a noise model of one's own to a table in LaTeX and a figure: 14 lines, four commands.

    pip install quantum-natural-gradient
    python 15_table_and_figure.py                     # noisy.json, noisy.tex and noisy.pdf
    qng export noisy.json -o table.tex --document     # the table as a document of its own
    pdflatex table.tex

In a paper, `\usepackage{booktabs}` and `\input{noisy}` show the table. The figure is drawn again by
`qng plot noisy.json`, and `qng export noisy.json -o noisy.csv` writes the numbers.

The device is an object of Qiskit Aer. Without shots the energies are those of its density matrices,
and the metric of `qng` is that of the mixed states (SLD).
"""

from pathlib import Path

from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error

import qng
from qng.report import plots

noise = NoiseModel()
noise.add_all_qubit_quantum_error(depolarizing_error(0.02, 2), ["cx"])
device = AerSimulator(noise_model=noise)
methods = ["gd", "adam", "qng"]
found = qng.compare("qng-demo", methods, executor=device, starts=7, steps=12, workers=1)
found.save("noisy.json")
Path("noisy.tex").write_text(found.to_latex())
plots.save(plots.compared(found), "noisy.pdf")
print(found.to_markdown())
