"""Queue models: which orders were canceled when a level shrinks without a trade.

The feed by level reports the total at a price, not the single orders. Trades fill the front of the queue and are
certain. For canceled quantity a model says how much of it was ahead of an own order.
"""

cimport cython

from velora.core._c cimport (
    vel_queue_optimistic,
    vel_queue_position_t,
    vel_queue_prob_of_front,
    vel_queue_prob_of_sum,
    vel_queue_prob_ratio,
    vel_queue_proportional,
    vel_queue_rigtorp,
    vel_queue_risk_averse,
)
from velora.core.named_calls cimport name_call

import math

from velora.errors import InvalidArgument

#: Exponent of the power models, if none is given.
_EXPONENT = 3.0

#: Models by name.
NAMES = ("risk_averse", "optimistic", "proportional", "rigtorp", "power1", "power2", "power3", "log1", "log2")


cdef void _call(vel_queue_position_t *place, double before, double after, const void *params) noexcept with gil:
    cdef QueueModel model = <QueueModel>params
    cdef double ahead, most, slack
    if model._error is not None:
        return
    try:
        # If the lots ahead are unknown, the whole level is taken to be ahead.
        most = place.ahead if place.ahead < after + before else before
        ahead = model.lots_ahead_c(most, before, after, place.traded)
        slack = 1e-9 * (1.0 + most)  # of a model's rounding
        if not -slack <= ahead <= most + slack:
            raise InvalidArgument(f"the queue model {model.name} gave {ahead:g} lots ahead of an order that had "
                                  f"{most:g}; lots_ahead must return a number from 0 to that")
        # A level cannot hold more ahead of the order than its whole quantity.
        place.ahead = min(max(ahead, 0.0), after)
    except BaseException as error:
        model._error = error


cdef class QueueModel:
    """A queue model; subclass it for your own.

    Parameters
    ----------
    name : {"risk_averse", "optimistic", "proportional", "rigtorp", "power1", "power2", "power3", "log1", "log2"}
        Omitted by your own models, which define `lots_ahead` (in Python) or `lots_ahead_c` (compiled, see the
        ``.pxd``).
    exponent : float, optional
        n of f(x) = x**n for the power models and Rigtorp's; 3 by default. Rigtorp's also takes 0, its default, for f(x)
        = ln(1 + x).

    Notes
    -----
    ============== ==================================================================================================
    risk_averse    every cancel was behind us: the pessimistic bound
    optimistic     every cancel was ahead of us: the optimistic bound
    proportional   each lot of the level is equally likely to be canceled
    rigtorp        ahead with probability f(ahead) / (f(ahead) + f(behind)); E. Rigtorp, "Estimating order queue
                   position", 2013
    power1, log1   hftbacktest's PowerProbQueueModel(n) and LogProbQueueModel
    power2, log2   hftbacktest's PowerProbQueueModel2(n) and LogProbQueueModel2
    power3         hftbacktest's PowerProbQueueModel3(n)
    ============== ==================================================================================================
    """

    def __cinit__(self, *args, **kwargs):
        self._model.on_depth = _call
        self._model.params = <const void *>self
        self._error = None

    def __init__(self, str name="", exponent=None):
        if type(self) is QueueModel:
            self._named(name, exponent)
        elif name or exponent is not None:
            raise InvalidArgument(f"{type(self).__name__} defines its own model: it takes neither name nor exponent")
        else:
            self.name = type(self).__name__

    def _named(self, str name, exponent):
        if name not in NAMES:
            raise InvalidArgument(f"queue must be one of {', '.join(NAMES)}, or a QueueModel, was {name!r}")
        takes_exponent = name == "rigtorp" or name.startswith("power")
        if exponent is not None and not takes_exponent:
            raise InvalidArgument(f"the queue model {name!r} takes no exponent")
        value = float(exponent if exponent is not None else 0.0 if name == "rigtorp" else _EXPONENT)
        if not (0.0 <= value < math.inf) or (name.startswith("power") and value == 0.0):
            raise InvalidArgument(f"the exponent of {name!r} must be finite and above 0, was {exponent!r}")
        self.name = name
        self._params.exponent = 0.0 if name.startswith("log") else value
        self._model.params = &self._params
        if name == "risk_averse":
            self._model.on_depth = vel_queue_risk_averse
        elif name == "optimistic":
            self._model.on_depth = vel_queue_optimistic
            self._model.is_optimistic = 1
        elif name == "proportional":
            self._model.on_depth = vel_queue_proportional
        elif name == "rigtorp":
            self._model.on_depth = vel_queue_rigtorp
        elif name in ("power1", "log1"):
            self._model.on_depth = vel_queue_prob_ratio
        elif name in ("power2", "log2"):
            self._model.on_depth = vel_queue_prob_of_sum
        else:
            self._model.on_depth = vel_queue_prob_of_front
        if takes_exponent and exponent is not None:
            self.name = f"{name}({value:g})"

    @staticmethod
    @cython.binding(True)  # with its qualified name
    def of(value):
        """Convert a model, its name, a name with an exponent such as ``"power3(2)"``, or a subclass without parameters
        to a model."""
        if isinstance(value, QueueModel):
            return value
        if isinstance(value, type) and issubclass(value, QueueModel) and value is not QueueModel:
            return value()
        if not isinstance(value, str):
            raise InvalidArgument(f"queue must be one of {', '.join(NAMES)}, or a QueueModel, was {value!r}")
        name, bracket, rest = value.partition("(")
        if not bracket:
            return QueueModel(name)
        try:
            return QueueModel(name, float(rest.removesuffix(")")))
        except ValueError as error:
            raise InvalidArgument(f"cannot read the queue model {value!r}: {error}") from None

    def after(self, double ahead, double before, double after, double traded=0.0):
        """Lots ahead after one change of the level, as a simulated venue computes it.

        Parameters
        ----------
        ahead : float
            Lots ahead before the change, already reduced by trades.
        before, after : float
            Lots of the level before and after the change.
        traded : float
            Lots traded at the level since its last row.

        Returns
        -------
        float
        """
        cdef vel_queue_position_t place
        place.ahead = ahead
        place.traded = traded
        place.cut = 0.0
        place.cut_ts = 0
        self._model.on_depth(&place, before, after, self._model.params)
        self.check_c()
        return place.ahead

    def lots_ahead(self, ahead, before, after, traded):
        """Override it in your own model: lots ahead after the change, from 0 to `ahead`. See `after` for the
        parameters. Where `after` is less, it counts."""
        raise NotImplementedError(f"{type(self).__name__} must define lots_ahead(self, ahead, before, after, traded)")

    cdef double lots_ahead_c(self, double ahead, double before, double after, double traded) except? -1:
        result = self.lots_ahead(ahead, before, after, traded)
        if isinstance(result, bool) or not hasattr(result, "__float__"):
            raise InvalidArgument(f"lots_ahead of the queue model {self.name} must return a number from 0 to "
                                  f"{ahead:g}, was {result!r}")
        return result

    cdef int check_c(self) except -1:
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return 0

    def __reduce__(self):
        if type(self) is QueueModel:
            return QueueModel.of, (self.name,)
        return _remade, (type(self), self.name, self._params.exponent), getattr(self, "__dict__", None)

    def __repr__(self):
        return f"QueueModel({self.name})"


def _remade(type cls not None, str name not None, double exponent):
    """A model of the user's out of a pickle: its attributes are set after this, without a call of `__init__`."""
    cdef QueueModel model = cls.__new__(cls)
    model.name = name
    model._params.exponent = exponent
    return model


name_call(QueueModel, 'QueueModel(name="", exponent=None)')
