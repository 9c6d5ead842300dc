"""Metrics of density matrices, on the scale of g = QFI / 4.

`states` asks for the density matrix and its derivatives, `metrics` makes of them the SLD, Petz and
Hilbert-Schmidt metrics, `weighted` that of the terms of an observable. The mathematics is in
`qng.geometry.mixed`.
"""
