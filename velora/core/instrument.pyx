"""Instruments with their exact grid of prices and quantities."""

from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction

cimport cython
from cpython.exc cimport PyErr_Clear
from libc.math cimport ceil, fabs, floor, llrint
from libc.stdint cimport INT64_MAX

from velora.core._c cimport vel_money_spec_t
from velora.core.named_calls cimport name_call

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size)

from velora.core.money import check_fees
from velora.core.numbers import whole_number
from velora.errors import CapacityError, InvalidArgument, OffGrid

_KINDS = ("linear", "inverse", "spot")
_FEE_SCALE = 10**9
cdef double _EXACT_DOUBLE = 2.0**53

#: A float price may be off the grid by this share of a tick: floats carry rounding errors of arithmetic such as
#: `best_bid - tick`, and no float means a millionth of a tick.
cdef double _FLOAT_SLACK = 1e-6

#: From this number of steps on a float must be the nearest float of a multiple: two neighboring floats are farther
#: apart there than the tolerance.
cdef double _SLACK_STEPS = 2.0**34

#: Below this number of steps no two step counts have the same nearest float, and a step count found by division is off
#: by less than half.
cdef double _DISTINCT_STEPS = 2.0**49

#: Below this number of steps the rounding error of a division is smaller than the tolerance.
cdef double _ROUND_STEPS = 2.0**30

#: Decimals with more digits than this on either side of the point are refused before they are expanded.
_DIGITS_MAX = 60
_EXACT = Context(prec=2 * _DIGITS_MAX)


cdef enum:
    _POINT = 46  # in ASCII
    _ZERO = 48
    _NINE = 57


cdef bint _plain_decimal(str text, int64_t *mantissa, int64_t *scale) noexcept:
    """Parse digits with at most one point, as venues write them; false for other text, or more than 18 digits."""
    cdef Py_ssize_t length = 0
    cdef const char *at = PyUnicode_AsUTF8AndSize(text, &length)
    cdef Py_ssize_t i
    cdef int digits = 0
    cdef bint after_point = False
    if at == NULL:
        PyErr_Clear()
        return False
    mantissa[0] = 0
    scale[0] = 1
    for i in range(length):
        if _ZERO <= at[i] <= _NINE:
            digits += 1
            if digits > 18:
                return False
            mantissa[0] = mantissa[0] * 10 + (at[i] - _ZERO)
            if after_point:
                scale[0] *= 10
        elif at[i] == _POINT and not after_point:
            after_point = True
        else:
            return False
    return digits > 0


def _shown(value):
    text = repr(value)
    return text if len(text) <= _DIGITS_MAX else f"{text[:_DIGITS_MAX]}..."


def _decimal(name, value):
    if isinstance(value, float):
        value = float.__repr__(value)
    elif hasattr(value, "__index__") and not isinstance(value, Decimal):
        value = int(value)
    try:
        result = Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        raise InvalidArgument(f"{name} must be a decimal number, was {_shown(value)}") from None
    if not result.is_finite():
        raise InvalidArgument(f"{name} must be finite, was {_shown(value)}")
    digits = result.as_tuple().digits
    if result and not (-_DIGITS_MAX <= result.adjusted() <= _DIGITS_MAX and len(digits) <= 2 * _DIGITS_MAX):
        raise CapacityError(f"{name} must have at most {_DIGITS_MAX} digits on either side of the point, "
                            f"was {_shown(value)}")
    return result


def _positive(name, value):
    result = _decimal(name, value)
    if result <= 0:
        raise InvalidArgument(f"{name} must be positive, was {_shown(value)}")
    return result.normalize(_EXACT)  # the thread's decimal context would round to 28 digits


def _int64(name, value):
    if not -INT64_MAX <= value <= INT64_MAX:
        raise CapacityError(f"{name} does not fit 64 bits, was {value}")
    return value


cdef int64_t _whole(str name, object value) except? -1:
    if type(value) is int:
        try:
            return <int64_t>value
        except OverflowError:
            pass  # the checks below raise the error
    return whole_number(name, value, -INT64_MAX, INT64_MAX)


@cython.final
cdef class Instrument:
    """One tradable instrument; immutable.

    Parameters
    ----------
    symbol : str
        The venue's symbol, such as ``"BTCUSDT"``.
    tick_size, lot_size : str, Decimal or float
        Price step in quote currency, and quantity step in base currency (contracts for an inverse contract). Stored as
        exact decimals; a float is read through its shortest representation.
    venue : str
        Name of the venue, such as ``"binance_usdm"``.
    kind : {"linear", "inverse", "spot"}
        Linear and spot value a position at ``price * qty * contract_size`` in quote currency, inverse at
        ``qty * contract_size / price`` in base currency.
    base, quote, settle : str
        Currencies. ``settle`` defaults to the quote currency (inverse: the base currency).
    contract_size : str, Decimal or float
        Base units per unit of quantity (inverse: quote units per contract).
    min_qty, min_notional : optional
        The venue's minimum order.
    maker_fee, taker_fee : str, Decimal or float
        Fractions of the notional; a negative maker fee is a rebate. At most nine decimals. Fees and rebates above 5 %
        make a `VeloraWarning`: a percentage was probably given as a fraction.

    Attributes
    ----------
    symbol, venue, kind, base, quote, settle : str
        As given, with the defaults filled in.
    tick_size, lot_size, contract_size, maker_fee, taker_fee : Decimal
        As given, exact.
    min_qty, min_notional : Decimal or None
        The venue's minimum order; None where there is no minimum.
    money_unit : Decimal
        Settlement currency per money unit; amounts named ``*_units`` are whole numbers of it.
    is_inverse : bool
        Whether `kind` is ``"inverse"``.
    tick_num, tick_den : int
        `tick_size` as a reduced fraction: price = ticks * tick_num / tick_den.
    lot_num, lot_den : int
        `lot_size` as a reduced fraction: quantity = lots * lot_num / lot_den.
    value_mult : int
        Money units that one lot is worth at one tick (of an inverse instrument: lots * value_mult / ticks).
    maker_rate, taker_rate : int
        Fees in units of 1e-9 of the notional.

    Notes
    -----
    Money of an instrument is an integer number of `money_unit`: 1e-8 of the settlement currency, or finer if the value
    of one tick times one lot needs it, so that price times quantity is exact for linear and spot instruments. The value
    of an inverse fill is rounded once, half to even.
    """

    def __cinit__(self, symbol, *more, tick_size=None, lot_size=None, venue="", kind="linear", base="", quote="",
                  settle="", contract_size="1", min_qty=None, min_notional=None, maker_fee="0.0002",
                  taker_fee="0.0005"):
        if more or tick_size is None or lot_size is None:
            given = ", ".join(map(repr, (symbol, *more)))
            raise InvalidArgument(
                f"Instrument takes the symbol and, by name, tick_size and lot_size, was Instrument({given}): write "
                f'Instrument("BTCUSDT", tick_size="0.1", lot_size="0.001", quote="USDT")')
        if not isinstance(symbol, str) or not symbol:
            raise InvalidArgument(f"symbol must be a non-empty string, was {symbol!r}")
        if kind not in _KINDS:
            raise InvalidArgument(f"kind of {symbol} must be one of {', '.join(_KINDS)}, was {kind!r}")
        self.symbol = symbol
        self.venue = venue
        self.kind = kind
        self.base = base
        self.quote = quote
        self.is_inverse = kind == "inverse"
        self.settle = settle or (base if self.is_inverse else quote)
        self.tick_size = _positive("tick_size", tick_size)
        self.lot_size = _positive("lot_size", lot_size)
        self.contract_size = _positive("contract_size", contract_size)
        self.min_qty = None if min_qty is None else _positive("min_qty", min_qty)
        self.min_notional = None if min_notional is None else _positive("min_notional", min_notional)
        self.maker_fee = _decimal("maker_fee", maker_fee)
        self.taker_fee = _decimal("taker_fee", taker_fee)
        self.tick_num, self.tick_den = self._ratio("tick_size", self.tick_size)
        self.lot_num, self.lot_den = self._ratio("lot_size", self.lot_size)
        self.maker_rate = self._fee_rate("maker_fee", self.maker_fee)
        self.taker_rate = self._fee_rate("taker_fee", self.taker_fee)
        self._set_money()
        self._min_qty_lots = 0
        if self.min_qty is not None:
            self._min_qty_lots = self.qty_to_lots(self.min_qty)
        self._min_notional_units = 0
        if self.min_notional is not None:
            self._min_notional_units = _int64(
                "min_notional, in money units,", int(Fraction(self.min_notional) / Fraction(self.money_unit)))

    def __init__(self, *_, maker_fee=0, taker_fee=0, **__):
        # Not in `__cinit__`: an instrument that is read back has been questioned when it was made.
        check_fees({"maker fee": maker_fee, "taker fee": taker_fee}, self.symbol, stacklevel=1)

    @staticmethod
    def _ratio(name, value):
        ratio = Fraction(value)
        return _int64(name, ratio.numerator), _int64(name, ratio.denominator)

    @staticmethod
    def _fee_rate(name, value):
        rate = Fraction(value) * _FEE_SCALE
        if rate.denominator != 1 or abs(rate) > _FEE_SCALE:
            raise InvalidArgument(f"{name} must lie in [-1, 1] with at most nine decimals, was {value}")
        return rate.numerator

    def _set_money(self):
        tick, lot, size = Fraction(self.tick_size), Fraction(self.lot_size), Fraction(self.contract_size)
        unit = Fraction(1, 10**8)
        self.money_unit = Decimal("1e-8")
        if self.is_inverse:
            # value of q lots at t ticks, in money units: q * lot * size / (t * tick) / unit
            mult = lot * size / tick / unit
        else:
            mult = tick * lot * size / unit
            while mult.denominator != 1:
                unit /= 10
                mult *= 10
                self.money_unit = self.money_unit.scaleb(-1)
                if unit < Fraction(1, 10**18):
                    raise InvalidArgument(
                        f"tick_size * lot_size * contract_size of {self.symbol} needs money finer than 1e-18"
                    )
        if mult.denominator != 1:
            raise InvalidArgument(
                f"lot_size * contract_size / tick_size of {self.symbol} must be a multiple of 1e-8, was {mult}"
            )
        self.value_mult = _int64("the value of one lot at one tick", mult.numerator)

    cdef void money_spec_c(self, vel_money_spec_t *spec) noexcept nogil:
        spec.value_mult = self.value_mult
        spec.tick_num = self.tick_num
        spec.tick_den = self.tick_den
        spec.maker_rate = self.maker_rate
        spec.taker_rate = self.taker_rate
        spec.is_inverse = self.is_inverse

    # ------------------------------------------------------------------ conversions

    cdef double ticks_to_price_c(self, int64_t ticks) noexcept nogil:
        return (<double>ticks * <double>self.tick_num) / <double>self.tick_den

    cdef double lots_to_qty_c(self, int64_t lots) noexcept nogil:
        return (<double>lots * <double>self.lot_num) / <double>self.lot_den

    def ticks_to_price(self, ticks):
        """Price in quote currency for a number of ticks, as the nearest float."""
        return self.ticks_to_price_c(_whole("ticks", ticks))

    def lots_to_qty(self, lots):
        """Quantity in base currency (or contracts) for a number of lots, as the nearest float."""
        return self.lots_to_qty_c(_whole("lots", lots))

    cpdef int64_t price_to_ticks(self, object price) except? -1:
        """Number of ticks of a price.

        Parameters
        ----------
        price : float, int, str or Decimal
            In quote currency. A float stands for the multiple of the tick size that it is nearest to, and may be off
            the grid by a millionth of a tick.

        Raises
        ------
        OffGrid
            If the price is not a multiple of the tick size; the message names the multiples below and above.
        InvalidArgument
            If it is so large a float that it is nearest to two multiples: pass text or a Decimal.
        """
        return self._to_grid(price, self.tick_num, self.tick_den, "price")

    cpdef int64_t qty_to_lots(self, object qty) except? -1:
        """Number of lots of a quantity; see `price_to_ticks`."""
        return self._to_grid(qty, self.lot_num, self.lot_den, "qty")

    # ------------------------------------------------------------------ rounding

    def floor_price(self, price):
        """Largest multiple of the tick size that is not above a price.

        Parameters
        ----------
        price : float, int, str or Decimal
            In quote currency. A float within a millionth of a tick of a multiple is that multiple, as in
            `price_to_ticks`: ``floor_price(0.1 + 0.2)`` is 0.3 where the tick size is 0.1.

        Returns
        -------
        float
            In quote currency, on the grid: `price_to_ticks` takes it.

        Raises
        ------
        InvalidArgument
            If the price is no finite number, or a float of 2**53 ticks or more.
        CapacityError
            If it does not fit 64 bits of ticks.
        """
        return self.ticks_to_price_c(self._snapped(price, self.tick_num, self.tick_den, "price", ROUND_DOWN))

    def ceil_price(self, price):
        """Smallest multiple of the tick size that is not below a price; see `floor_price`."""
        return self.ticks_to_price_c(self._snapped(price, self.tick_num, self.tick_den, "price", ROUND_UP))

    def round_price(self, price):
        """Multiple of the tick size that is nearest to a price, of two the one with an even number of ticks.

        See `floor_price`.
        """
        return self.ticks_to_price_c(self._snapped(price, self.tick_num, self.tick_den, "price", ROUND_NEAREST))

    def floor_qty(self, qty):
        """Largest multiple of the lot size that is not above a quantity, as a float; see `floor_price`."""
        return self.lots_to_qty_c(self._snapped(qty, self.lot_num, self.lot_den, "qty", ROUND_DOWN))

    def ceil_qty(self, qty):
        """Smallest multiple of the lot size that is not below a quantity, as a float; see `floor_price`."""
        return self.lots_to_qty_c(self._snapped(qty, self.lot_num, self.lot_den, "qty", ROUND_UP))

    def round_qty(self, qty):
        """Multiple of the lot size that is nearest to a quantity, as a float; see `round_price`."""
        return self.lots_to_qty_c(self._snapped(qty, self.lot_num, self.lot_den, "qty", ROUND_NEAREST))

    cdef int64_t snapped_ticks_c(self, object price, int rounding) except? -1:
        """Number of ticks of a price after rounding."""
        return self._snapped(price, self.tick_num, self.tick_den, "price", rounding)

    cdef int64_t _snapped(self, object value, int64_t num, int64_t den, str name, int rounding) except? -1:
        cdef double scaled, nearest
        if isinstance(value, float):
            scaled = <double>value * <double>den / <double>num
            if fabs(scaled) < _ROUND_STEPS:
                nearest = <double>llrint(scaled)
                if rounding == ROUND_NEAREST or fabs(scaled - nearest) <= _FLOAT_SLACK:
                    return <int64_t>nearest
                return <int64_t>(floor(scaled) if rounding == ROUND_DOWN else ceil(scaled))
        try:
            return self._to_grid(value, num, den, name)
        except OffGrid:
            pass
        above, below = _decimal(name, value).as_integer_ratio()
        steps, rest = divmod(above * den, below * num)
        if rounding == ROUND_UP or (rounding == ROUND_NEAREST and (2 * rest, steps & 1) > (below * num, 0)):
            steps += 1
        return _int64(name, steps)

    # ------------------------------------------------------------------ the grid

    cdef int64_t _to_grid(self, object value, int64_t num, int64_t den, str name) except? -1:
        cdef double number, scaled, nearest
        if isinstance(value, float):
            number = value
            scaled = number * <double>den / <double>num
            if not fabs(scaled) < _EXACT_DOUBLE:
                raise InvalidArgument(f"{name} of {self.symbol} must be finite and below 2**53 steps, was {number!r}")
            nearest = <double>llrint(scaled)
            if fabs(nearest) < _SLACK_STEPS and fabs(scaled - nearest) <= _FLOAT_SLACK:
                return <int64_t>nearest
            # For a product and a denominator below 2**53, one division gives the nearest float.
            if (fabs(nearest) < _DISTINCT_STEPS and fabs(nearest) * <double>num < _EXACT_DOUBLE
                    and den < (<int64_t>1 << 53)):
                if nearest * <double>num / <double>den == number:
                    return <int64_t>nearest
                raise self._off_grid(number, num, den, name)
            return self._of_large_float(number, num, den, name)
        cdef int64_t mantissa, scale
        if type(value) is str and _plain_decimal(<str>value, &mantissa, &scale) and mantissa <= INT64_MAX // den:
            # mantissa / scale * den / num, where num and den share no factor
            if (mantissa * den) % scale == 0 and (mantissa * den // scale) % num == 0:
                return mantissa * den // scale // num
            raise self._off_grid(value, num, den, name)
        above, below = _decimal(name, value).as_integer_ratio()
        steps, rest = divmod(above * den, below * num)
        if rest:
            raise self._off_grid(value, num, den, name)
        return _int64(name, steps)

    def _off_grid(self, value, int64_t num, int64_t den, str name):
        """The error for a number between two multiples of a step, which it names."""
        step = self.tick_size if name == "price" else self.lot_size
        above, below = _decimal(name, value).as_integer_ratio()
        steps = above * den // (below * num)
        low, high = (f"{_EXACT.multiply(Decimal(one), step):f}" for one in (steps, steps + 1))
        shown = repr(value) if isinstance(value, float) else value
        cure = ", and snap= of quote, buy and sell" if name == "price" else ""
        return OffGrid(
            f"{name} {shown} of {self.symbol} is not a multiple of its {'tick' if name == 'price' else 'lot'}_size "
            f"{step}; the nearest are {low} and {high}: see Instrument.floor_{name}, ceil_{name} and round_{name}{cure}"
        )

    def _of_large_float(self, double number, int64_t num, int64_t den, str name):
        """Steps of a float that is as coarse as the grid: the only step count whose nearest float it is."""
        guess = round(Fraction(number) * den / num)
        # A quotient of two Python integers is the nearest float; `lots_to_qty` of a large number may be its neighbor.
        found = [steps for steps in range(guess - 2, guess + 3) if steps * <object>num / <object>den == number]
        if not found:
            own = [steps for steps in range(guess - 1, guess + 2)
                   if (<double>(<int64_t>steps) * <double>num) / <double>den == number]
            found = own if len(own) == 1 else found
        if not found:
            raise self._off_grid(number, num, den, name)
        if len(found) > 1:
            step = self.tick_size if name == "price" else self.lot_size
            raise InvalidArgument(
                f"{name} {number!r} of {self.symbol} is the nearest float of {found[0]} and of {found[1]} steps of its "
                f"{'tick' if name == 'price' else 'lot'}_size {step}: pass text or a Decimal"
            )
        return found[0]

    # ------------------------------------------------------------------ serialization

    def to_dict(self):
        """All parameters as a JSON-ready dict; `from_dict` reads it."""
        return {
            "symbol": self.symbol,
            "venue": self.venue,
            "kind": self.kind,
            "base": self.base,
            "quote": self.quote,
            "settle": self.settle,
            "tick_size": f"{self.tick_size:f}",
            "lot_size": f"{self.lot_size:f}",
            "contract_size": f"{self.contract_size:f}",
            "min_qty": None if self.min_qty is None else f"{self.min_qty:f}",
            "min_notional": None if self.min_notional is None else f"{self.min_notional:f}",
            "maker_fee": f"{self.maker_fee:f}",
            "taker_fee": f"{self.taker_fee:f}",
        }

    @staticmethod
    @cython.binding(True)  # pickle finds it by its qualified name, which other static methods do not have
    def from_dict(values):
        """Build an instrument from the mapping of `to_dict`; unknown keys raise `InvalidArgument`."""
        known = {"symbol", "venue", "kind", "base", "quote", "settle", "tick_size", "lot_size", "contract_size",
                 "min_qty", "min_notional", "maker_fee", "taker_fee"}
        unknown = sorted(set(values) - known)
        if unknown:
            raise InvalidArgument(f"unknown instrument key {unknown[0]!r}; known: {', '.join(sorted(known))}")
        for key in ("symbol", "tick_size", "lot_size"):
            if key not in values:
                raise InvalidArgument(f"an instrument needs the key {key!r}")
        values = dict(values)
        return Instrument.__new__(Instrument, values.pop("symbol"), **values)

    def replace(self, **changes):
        """A copy with some parameters changed."""
        fees = {name.replace("_", " "): changes[name] for name in ("maker_fee", "taker_fee") if name in changes}
        check_fees(fees, self.symbol, stacklevel=1)
        return Instrument.from_dict({**self.to_dict(), **changes})

    def __eq__(self, other):
        if not isinstance(other, Instrument):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self):
        return hash((self.symbol, self.venue))

    def __reduce__(self):
        return Instrument.from_dict, (self.to_dict(),)

    def __repr__(self):
        where = f", venue={self.venue!r}" if self.venue else ""
        return f"Instrument({self.symbol!r}{where}, tick_size={self.tick_size}, lot_size={self.lot_size})"

    def _repr_html_(self):
        from velora.core.html import facts_html

        facts = ((name.replace("_", " "), value) for name, value in self.to_dict().items() if value not in (None, ""))
        return facts_html("Instrument", facts)


name_call(
    Instrument,
    'Instrument(symbol, *, tick_size, lot_size, venue="", kind="linear", base="", quote="", '
    'settle="", contract_size="1", min_qty=None, min_notional=None, maker_fee="0.0002", '
    'taker_fee="0.0005")',
)
