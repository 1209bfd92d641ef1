"""Names of Binance's instruments: their base and quote currencies.

A spot symbol is base and quote without a separator, so the quote is found in the venue's own list. If one quote ends
with another (BUSD and USD), a symbol has two readings: the longer quote is meant unless the base that it leaves is
known not to exist, and a symbol with two known readings is an error.
"""

from __future__ import annotations

import re

from velora.errors import InvalidArgument

__all__ = ["MARKETS", "is_symbol", "split_symbol"]

#: Markets by name.
MARKETS = ("spot", "usdm", "coinm")

#: Quote assets of the public archive's spot symbols, from 2017 to 2026.
_SPOT = (
    *("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USDP", "PAX", "USDS", "DAI", "UST", "VAI", "USD1", "RLUSD", "USDSOLD"),
    *("U", "BTC", "ETH", "BNB", "SOL", "TRX", "XRP", "DOGE", "DOT"),
    *("EUR", "TRY", "BRL", "ARS", "AUD", "COP", "CZK", "GBP", "IDR", "JPY", "MXN", "NGN", "PLN", "RON", "RUB", "UAH"),
    *("ZAR",),
    *("AEUR", "EURI", "BIDR", "BKRW", "BVND", "GYEN", "IDRT", "USD"),
)

#: Quote assets of USD-margined contracts.
_USDM = ("USDT", "USDC", "BUSD", "FDUSD", "TUSD", "USD1", "U", "BTC", "ETH", "BNB")

_QUOTES = {"spot": _SPOT, "usdm": _USDM, "coinm": ("USD",)}

#: Bases with the euro stablecoin AEUR as quote; other symbols with that ending have the quote EUR.
_AEUR_BASES = ("BTC", "ETH", "EUR")

#: By the letter that a longer quote takes: assets that end with it, so the longer quote is wrong for them.
_ENDS_WITH = {
    "B": ("ARB", "BNB", "CKB", "GLMB", "SHIB"),
    "T": (
        *("ANT", "APT", "BAT", "BIT", "BNT", "BTT", "COMBOT", "DENT", "DGT", "DOT", "ELT", "FET", "FTT", "GMT", "GRT"),
        *("HFT", "HNT", "HOT", "IOST", "JST", "LIT", "LPT", "MNT", "NFT", "OXT", "PORT", "QNT", "RPT", "SNT", "STPT"),
        *("TNT", "UFT", "USDT", "VET", "XAUT"),
    ),
}

#: Symbols for which both readings are pairs that were traded.
_BOTH = ("ARBUSD",)

_FORM = re.compile(r"[^\W_a-z]+(_(PERP|\d{6}))?")


def is_symbol(text: str) -> bool:
    """Whether a text has the form of a Binance symbol: ``BTCUSDT``, ``BTCUSDT_240628``, ``BTCUSD_PERP``."""
    return _FORM.fullmatch(text) is not None


def split_symbol(symbol: str, market: str = "spot") -> tuple[str, str]:
    """Base and quote of a symbol.

    Parameters
    ----------
    symbol : str
        Such as ``BTCUSDT`` or ``BTCUSD_PERP``.
    market : {"spot", "usdm", "coinm"}

    Raises
    ------
    InvalidArgument
        If the symbol ends with no quote of the market, or has two readings.
    """
    name = symbol.partition("_")[0]
    quotes = _QUOTES[market]
    found = sorted((quote for quote in quotes if name.endswith(quote) and len(name) > len(quote)), key=len)
    if not found:
        raise InvalidArgument(
            f"the currency of {symbol} is unknown: it ends with no quote asset of Binance's {market} market; set "
            "it with --quote"
        )
    quote = found[-1]
    base = name[: -len(quote)]
    for shorter in found[:-1]:
        longer_base = name[: -len(shorter)]
        if quote == "AEUR" and base not in _AEUR_BASES:
            return longer_base, shorter
        if longer_base in _ENDS_WITH.get(quote[0], ()):
            if name in _BOTH:
                raise InvalidArgument(
                    f"{symbol} may be {base} in {quote} or {longer_base} in {shorter}: set its currency with --quote"
                )
            return longer_base, shorter
    return base, quote
