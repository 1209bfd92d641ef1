"""Latency presets and their sources.

A preset does not replace your own measurements: `LatencyRecording` takes them. Values without a source are "assumed".
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, NamedTuple

from velora.errors import InvalidArgument
from velora.sim.latency_load import LatencyFaults, LatencyLoad

__all__ = ["PRESETS", "Preset", "preset_arguments"]


class Preset(NamedTuple):
    """Arguments of `velora.Latency`, their description and their source.

    Attributes
    ----------
    arguments : dict
        Arguments of `velora.Latency`.
    about : str
        Description.
    source : str
        Where the figures come from.
    """

    arguments: dict[str, Any]
    about: str
    source: str


_BINANCE_TOKYO = Preset(
    {"entry": "lognormal(2500us, 10ms)", "response": "lognormal(2500us, 10ms)", "decision": "50us"},
    "a client in AWS ap-northeast-1, orders over the WebSocket API",
    "about 5 ms from order to answer over the futures WebSocket API, as reported in issue 53 of "
    "QuantConnect/Lean.Brokerages.Binance (2025-07; one user, unknown location). Halves, tail and decision are assumed",
)
_BINANCE_EUROPE = Preset(
    {"entry": "lognormal(122ms, 160ms)", "response": "lognormal(122ms, 160ms)", "decision": "50us"},
    "a virtual server in Europe",
    "236.5 ms round trip between AWS Frankfurt and Tokyo (acomputerscientistlearnsaws.blogspot.com, 2017-04; "
    "cloudping.co has current ones); 250 ms from order to answer on USDT-M from Europe (README of "
    "mirkovicdev/HFTENGINE). Halves, tail and decision are assumed",
)

PRESETS: dict[str, Preset] = {
    "ideal": Preset({}, "no latency but the feed's", "by definition"),
    "adverse": Preset(
        {
            "entry": "lognormal(20ms, 200ms)",
            "response": "lognormal(20ms, 200ms)",
            "venue": "gamma(1ms, 0.5)",
            "decision": "lognormal(200us, 5ms)",
            "load": LatencyLoad(service="20us", window="100ms", most="500ms"),
            "faults": LatencyFaults(
                refused=0.002,
                overloaded={"new": 0.5, "amend": 0.5},
                lost=0.0005,
                unanswered=0.0005,
                timeout="10s",
                overload_from=0.7,
            ),
        },
        "a bad day: slow, with tails that grow with the message rate, refusals and time-outs",
        "assumed; that venues refuse for load and leave requests unanswered is in Binance's error codes -1008 and "
        "-1007 (developers.binance.com, spot errors)",
    ),
    "binance_spot_tokyo": _BINANCE_TOKYO._replace(
        source=_BINANCE_TOKYO.source + "; spot is assumed as fast as futures"
    ),
    "binance_usdm_tokyo": _BINANCE_TOKYO,
    "binance_spot_europe": _BINANCE_EUROPE._replace(
        source=_BINANCE_EUROPE.source + "; spot is assumed as fast as futures"
    ),
    "binance_usdm_europe": _BINANCE_EUROPE,
    "lighter_premium": Preset(
        {
            "entry": "lognormal(3ms, 15ms)",
            "response": "lognormal(3ms, 15ms)",
            "speed_bump": "200ms",
            "decision": "50us",
        },
        "a premium account without staking: orders that may take are held 200 ms, maker orders and cancels are not",
        "holds: apidocs.lighter.xyz, account types (2026). The network latency is assumed",
    ),
    "lighter_standard": Preset(
        {
            "entry": "lognormal(3ms, 15ms)",
            "response": "lognormal(3ms, 15ms)",
            "venue": "200ms",
            "speed_bump": "100ms",
            "decision": "50us",
        },
        "a standard account: maker orders and cancels are held 200 ms, orders that may take 300 ms",
        "holds: apidocs.lighter.xyz, account types (2026). The network latency is assumed",
    ),
    "paradex_pro": Preset(
        {"entry": "lognormal(3ms, 15ms)", "response": "lognormal(3ms, 15ms)", "decision": "200us"},
        "API orders from AWS ap-northeast-1, where the API servers are; not held",
        "host: docs.paradex.trade, server location; no speed bump: trader profiles; decision: signing takes 0.2 ms in "
        "Rust, benchmarks. The network latency is assumed",
    ),
    "paradex_retail": Preset(
        {"entry": "lognormal(3ms, 15ms)", "response": "lognormal(3ms, 15ms)", "venue": "300ms", "decision": "200us"},
        "retail orders: submission and cancellation are held 300 ms",
        "hold: docs.paradex.trade, trader profiles (2026). The network latency is assumed",
    ),
}


def preset_arguments(name: str) -> dict[str, Any]:
    """The arguments of `velora.Latency` for a preset."""
    preset = PRESETS.get(name)
    if preset is None:
        close = get_close_matches(name, PRESETS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(PRESETS)}"
        raise InvalidArgument(f"unknown latency preset {name!r}; {hint}")
    return dict(preset.arguments)
