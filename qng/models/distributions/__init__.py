"""Distributions as models; densities and samplers are those of scipy.stats."""
