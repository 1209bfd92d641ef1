"""The HTML report of a result: one self-contained file that opens without a network. And `plot`, its charts as a
figure for a notebook.

The page carries its style, plotly.js and the data of its charts. Charts are plain plotly figures as JSON; a
small script draws them with the page's colours, light or dark, keeps their time axes together and draws those
of one instrument when its tab is chosen. On paper it is light and shows every instrument.
"""

from velora.backtest.report.charts import build_figures
from velora.backtest.report.page import render_html, write_html
from velora.backtest.report.plot import plot

__all__ = ["build_figures", "plot", "render_html", "write_html"]
