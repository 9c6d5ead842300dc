"""The Hilbert-Schmidt metric from measurements in random bases, without an ancilla or overlaps.

`bases` draws stabiliser bases that are 2-designs, `metric` makes the plans, from states or from
counted bits, `counted` what the bits of one basis say, `pooled` what all bases say together.
"""
