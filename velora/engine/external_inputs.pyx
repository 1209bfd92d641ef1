"""Changes from outside of a run, such as an operator's new parameters, and how they reach its strategies."""


cdef class ExternalInputs:
    """Takes changes that do not come from the run's own events.

    Each kernel has one. This class is for a run that keeps no record of its inputs: it applies a change at once. A
    driver that keeps a journal puts another in its place, which gives the change a time and records it first.
    """

    cpdef object set_parameters(self, int index, dict values, object apply):
        """Change the parameters of a strategy.

        Parameters
        ----------
        index : int
            Of the strategy.
        values : dict
            By name, as they were given.
        apply : callable
            Makes the change; returns what changed.

        Returns
        -------
        dict of str to ParameterChange
        """
        return apply()
