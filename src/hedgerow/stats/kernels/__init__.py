"""Compiled loops over panels, each beside a plain NumPy twin. Importing one of them loads numba: one-shot commands do not."""
