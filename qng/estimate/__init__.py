"""Estimators: functions of a circuit and a point that return a `Plan`."""
