"""Currencies of Binance's symbols: by the venue's own list, or an error."""

from __future__ import annotations

import json

import pytest

import velora as vl
from velora.data.importers.binance_capture import import_captures, make_instrument
from velora.data.importers.binance_symbols import split_symbol
from velora.errors import InvalidArgument


@pytest.mark.parametrize(
    ("symbol", "market", "base", "quote"),
    [
        ("BTCUSDT", "spot", "BTC", "USDT"),
        ("BTCBRL", "spot", "BTC", "BRL"),
        ("BTCJPY", "spot", "BTC", "JPY"),
        ("USDTCOP", "spot", "USDT", "COP"),
        ("BTCFDUSD", "spot", "BTC", "FDUSD"),
        ("1000SATSTRY", "spot", "1000SATS", "TRY"),
        ("XRPUSD1", "spot", "XRP", "USD1"),
        ("BNBSOL", "spot", "BNB", "SOL"),
        ("BTCU", "spot", "BTC", "U"),
        ("BNBBUSD", "spot", "BNB", "BUSD"),
        ("BNBUSD", "spot", "BNB", "USD"),
        ("SHIBBUSD", "spot", "SHIB", "BUSD"),
        ("ARBBUSD", "spot", "ARB", "BUSD"),
        ("USDTUSD", "spot", "USDT", "USD"),
        ("BTCTUSD", "spot", "BTC", "TUSD"),
        ("ADAEUR", "spot", "ADA", "EUR"),
        ("LUNAEUR", "spot", "LUNA", "EUR"),
        ("BTCAEUR", "spot", "BTC", "AEUR"),
        ("BNBIDR", "spot", "BNB", "IDR"),
        ("ARBIDR", "spot", "ARB", "IDR"),
        ("BNBBIDR", "spot", "BNB", "BIDR"),
        ("BTCUSDT_240628", "usdm", "BTC", "USDT"),
        ("ETHBTC", "usdm", "ETH", "BTC"),
        ("BTCUSD_PERP", "coinm", "BTC", "USD"),
        ("ARBUSD_PERP", "coinm", "ARB", "USD"),
        ("BTCUSD_240628", "coinm", "BTC", "USD"),
    ],
)
def test_base_and_quote_of_a_symbol(symbol, market, base, quote):
    assert split_symbol(symbol, market) == (base, quote)
    instrument = make_instrument(symbol, market, "0.01", "1")
    assert instrument.settle == (base if market == "coinm" else quote)


@pytest.mark.parametrize(
    ("symbol", "market"), [("BTCXYZ", "spot"), ("USDT", "spot"), ("BTCUSD", "usdm"), ("BTCUSDT", "coinm"), ("", "spot")]
)
def test_a_symbol_without_a_known_quote_is_an_error_that_says_what_to_give(symbol, market):
    with pytest.raises(InvalidArgument, match="--quote"):
        make_instrument(symbol, market, "0.01", "1")


def test_a_symbol_with_two_readings_is_an_error():
    with pytest.raises(InvalidArgument, match="AR in BUSD or ARB in USD"):
        split_symbol("ARBUSD")
    assert make_instrument("ARBUSD", "spot", "0.01", "1", quote="USD").base == "ARB"


def test_a_given_currency_is_taken(tmp_path):
    data = {"e": "trade", "E": 1_700_000_000_000, "T": 1_700_000_000_000, "s": "BTCXYZ", "t": 1, "p": "1.0", "q": "1.0"}
    path = tmp_path / "c.txt"
    path.write_text(f"1700000000000 {json.dumps({'stream': 'btcxyz@trade', 'data': {**data, 'm': True}})}\n")
    catalog = vl.Catalog(tmp_path / "catalog", create=True)
    with pytest.raises(InvalidArgument, match="BTCXYZ is unknown"):
        import_captures([path], catalog)
    import_captures([path], catalog, quote="XYZ")
    (instrument,) = catalog.instruments()
    assert (instrument.base, instrument.quote, instrument.settle) == ("BTC", "XYZ", "XYZ")
