"""Workers for `runs.spread`: processes of this machine, a Ray cluster."""
