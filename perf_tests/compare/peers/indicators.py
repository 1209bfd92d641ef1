"""Indicators over columns of several libraries, for `perf_tests.compare.ta`.

A workload is one word of JSON: {"library": ..., "function": TA-Lib's name, "inputs": [...], "params": [...]}. The
answer says seconds, or that the library does not have it. Each library runs in an environment of its own.

A table has, for each of TA-Lib's names, the library's name, the columns it takes (o h l c v, y a second series, t the
typical price, x the close as a list), and the positions of TA-Lib's parameters that it takes or values of its own.
"""

import importlib
import importlib.util
import json
import sys
import time

import numpy as np
from serve import serve

COLUMNS = {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume", "y": "y"}
P0, P1, P2, P3, P4 = ({"param": at} for at in range(5))


def each(names, columns, *params):
    """The same columns and parameters for several names: ``TALIB`` or ``TALIB=name``."""
    pairs = [word.split("=") if "=" in word else (word, word.lower()) for word in names.split()]
    return {talib: (name, columns, *params) for talib, name in pairs}


TULIPY = {
    **each(
        "SMA EMA WMA DEMA TEMA TRIMA KAMA HMA RMA=wilders ZLEMA RSI MOM ROCP=roc ROCR CMO DPO FOSC TRIX VHF", "c", P0
    ),
    **each("MAX MIN SUM STDDEV VAR LINEARREG=linreg LINEARREG_SLOPE=linregslope TSF AVGDEV=md", "c", P0),
    **each("LINEARREG_INTERCEPT=linregintercept", "c", P0),
    **each("ACOS ASIN ATAN CEIL COS COSH EXP FLOOR LN LOG10 SIN SINH SQRT TAN TANH", "c"),
    **each("ADD SUB MULT=mul DIV", "cy"),
    **each("ATR NATR ADX ADXR DX CCI WILLR", "hlc", P0),
    **each("TRANGE=tr WAD TYPPRICE", "hlc"),
    **each("AROON AROONOSC CVI", "hl", P0),
    **each("MEDPRICE AO", "hl"),
    **each("AVGPRICE BOP WCLPRICE=wcprice", "ohlc"),
    **each("OBV NVI PVI", "cv"),
    **each("APO PPO", "c", P0, P1),
    "WCLPRICE": ("wcprice", "hlc"),
    "MACD": ("macd", "c", P0, P1, P2),
    "BBANDS": ("bbands", "c", P0, P1),
    "STOCH": ("stoch", "hlc", P0, P1, P3),
    "MFI": ("mfi", "hlcv", P0),
    "ULTOSC": ("ultosc", "hlc", P0, P1, P2),
    "QSTICK": ("qstick", "oc", P0),
    "AD": ("ad", "hlcv"),
    "ADOSC": ("adosc", "hlcv", P0, P1),
    "MARKETFI": ("marketfi", "hlv"),
    "VWMA": ("vwma", "cv", P0),
    "MASSI": ("mass", "hl", P1),
    "SAR": ("psar", "hl", P0, P1),
}
KAND = {
    **each(
        "SMA EMA WMA DEMA TEMA TRIMA RMA RSI MOM ROC ROCP ROCR ROCR100 MAX MIN SUM STDDEV VAR MIDPOINT TRIX", "c", P0
    ),
    **each("ATR NATR ADX ADXR DX CCI WILLR PLUS_DI MINUS_DI", "hlc", P0),
    **each("AROON AROONOSC MIDPRICE PLUS_DM MINUS_DM", "hl", P0),
    **each("TRANGE TYPPRICE WCLPRICE", "hlc"),
    **each("AD VWAP", "hlcv"),
    "MEDPRICE": ("medprice", "hl"),
    "BOP": ("bop", "ohlc"),
    "OBV": ("obv", "cv"),
    "MACD": ("macd", "c", P0, P1, P2),
    "BBANDS": ("bbands", "c", P0, P1, P2),
    "STOCH": ("stoch", "hlc", P0, P1, P3),
    "T3": ("t3", "c", P0, P1),
    "MFI": ("mfi", "hlcv", P0),
    "ADOSC": ("adosc", "hlcv", P0, P1),
    "SAR": ("sar", "hl", P0, P1),
    "SUPERTREND": ("supertrend", "hlc", P0, P1),
    "CDLDOJI": ("cdl_doji", "ohlc", 5.0, 100.0),
    "CDLHAMMER": ("cdl_hammer", "ohlc", 14, 2.0),
}
VECTOR_TA = {
    **each(
        "SMA EMA WMA DEMA TEMA TRIMA KAMA HMA RMA=wilders ZLEMA RSI MOM ROC ROCP ROCR CMO DPO ER FOSC TRIX TSF", "c", P0
    ),
    **each("LINEARREG=linreg LINEARREG_SLOPE LINEARREG_ANGLE LINEARREG_INTERCEPT MIDPOINT", "c", P0),
    **each("ATR NATR ADX ADXR DX WILLR VORTEX=vi", "hlc", P0),
    **each("AROON AROONOSC", "hl", P0),
    **each("EFI VWMA", "cv", P0),
    **each("STDDEV VAR", "c", P0, P1),
    "MACD": ("macd", "c", P0, P1, P2, "ema"),
    "BBANDS": ("bollinger_bands", "c", P0),
    "STOCH": ("stoch", "hlc", P0, P1, "sma", P3, "sma"),
    "T3": ("tilson", "c", P0, P1),
    "CCI": ("cci", "t", P0),
    "MFI": ("mfi", "tv", P0),
    "OBV": ("obv", "cv"),
    "AD": ("ad", "hlcv"),
    "ADOSC": ("adosc", "hlcv", P0, P1),
    "ULTOSC": ("ultosc", "hlc", P0, P1, P2),
    "MEDPRICE": ("medprice", "hl"),
    "SAR": ("sar", "hl", P0, P1),
    "SUPERTREND": ("supertrend", "hlc", P0, P1),
}
# Classes: made with the parameters, then called over the columns.
WICKRA = {
    **each(
        "SMA=SMA EMA=EMA WMA=WMA DEMA=DEMA TEMA=TEMA KAMA=KAMA HMA=HMA RSI=RSI ROC=ROC ROCP=ROCP ROCR=ROCR", "c", P0
    ),
    **each("ROCR100=ROCR100 MOM=MOM CMO=CMO TRIX=TRIX MIDPOINT=MIDPOINT STDDEV=StdDev RMA=SMMA", "c", P0),
    **each("LINEARREG=LinearRegression LINEARREG_SLOPE=LinRegSlope LINEARREG_ANGLE=LinRegAngle", "c", P0),
    **each("ATR=ATR NATR=NATR ADX=ADX ADXR=ADXR DX=DX CCI=CCI PLUS_DI=PLUS_DI MINUS_DI=MINUS_DI", "hlc", P0),
    "MACD": ("MACD", "c", P0, P1, P2),
    "BBANDS": ("BollingerBands", "c", P0, P1),
    "T3": ("T3", "c", P0),
    "OBV": ("OBV", "cv"),
    "MFI": ("MFI", "hlcv", P0),
}
QUANTWAVE = each("SMA=Sma EMA=Ema WMA=Wma DEMA=Dema HMA=Hma KAMA=Kama MOM=Mom RSI=Rsi", "x", P0)
BOTTLENECK = each("SMA=move_mean SUM=move_sum STDDEV=move_std VAR=move_var MAX=move_max MIN=move_min", "c", P0)

TABLES = {
    "tulipy": TULIPY,
    "kand": KAND,
    "vector_ta": VECTOR_TA,
    "wickra": WICKRA,
    "bottleneck": BOTTLENECK,
    "quantwave": QUANTWAVE,
}


def call_of(library, ask, columns):
    """The call of a library for a workload, None when the library does not have it."""
    if library.__name__ == "talib":
        function = getattr(library, ask["function"], None)
        given = [columns[name] for name in ask["inputs"]]
        return function and (lambda: function(*given, *ask["params"]))
    if library.__name__ == "velora.ta":
        function = getattr(library, ask["name"])
        given = [columns[name] for name in ask["inputs"]]
        return lambda: function(*given)
    row = TABLES[library.__name__].get(ask["function"])
    if row is None or not hasattr(library, row[0]):
        return None
    name, letters, *params = row
    function = getattr(library, name)
    given = [columns[COLUMNS.get(letter, letter)] for letter in letters]
    params = [ask["params"][param["param"]] if isinstance(param, dict) else param for param in params]

    def batch():
        made = function(*params)
        run = getattr(made, "batch_fast", made.batch) if len(given) == 1 else made.batch
        return run(*given)

    def by_row():
        made = function(*params)
        return [made.next(value) for value in given[0]]

    if library.__name__ == "wickra":
        return batch
    if library.__name__ == "quantwave":
        return batch if hasattr(function, "batch") else by_row
    return lambda: function(*given, *params)


def is_here(name):
    """Whether a library can be imported."""
    return importlib.util.find_spec(name.partition(".")[0]) is not None


def timed(call):
    """Seconds of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main():
    columns = {name: np.ascontiguousarray(column) for name, column in np.load(sys.argv[1]).items()}
    columns["t"] = (columns["high"] + columns["low"] + columns["close"]) / 3
    columns["x"] = columns["close"]
    names = [name for name in (*TABLES, "talib", "velora.ta") if is_here(name)]
    libraries = {name: importlib.import_module(name) for name in names}
    lists = columns | {"x": columns["close"].tolist()}

    def run(workload):
        ask = json.loads(workload)
        library = libraries.get(ask["library"])
        if library is None:
            return {"lacks": True}
        try:
            call = call_of(library, ask, lists if ask["library"] == "quantwave" else columns)
            if call is None:
                return {"lacks": True}
            return {"seconds": min(timed(call) for _ in range(6))}
        except Exception as error:
            return {"lacks": True, "why": f"{type(error).__name__}: {error}"[:100]}

    serve(run)


if __name__ == "__main__":
    main()
