"""The style and the script of the report's page."""

from __future__ import annotations

__all__ = ["SCRIPT", "STYLE"]

STYLE = """
:root{--page:#f5f6f8;--surface:#ffffff;--ink:#171a21;--muted:#667085;--line:#e3e6eb;--accent:#2f5fd0;
--gain:#0c8a5f;--loss:#c8402f;--fair:#9a6a00;--accentfill:rgba(47,95,208,.12);--lossfill:rgba(200,64,47,.14);
color-scheme:light}
@media (prefers-color-scheme:dark){:root{--page:#0e1116;--surface:#161b22;--ink:#e6e9ef;--muted:#8d97a8;
--line:#272e39;--accent:#7ba2ff;--gain:#3ecf95;--loss:#ff7d6b;--fair:#e3b341;--accentfill:rgba(123,162,255,.16);
--lossfill:rgba(255,125,107,.18);color-scheme:dark}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 Inter,"Segoe UI",system-ui,-apple-system,Roboto,
"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;-webkit-font-smoothing:antialiased}
main{max-width:1240px;margin:0 auto;padding:40px 24px 64px}
header{margin-bottom:28px}header p{margin:2px 0;color:var(--muted)}
header .eyebrow{color:var(--accent);font-weight:600;font-size:12px;letter-spacing:.08em;
text-transform:uppercase}
h1{font-size:34px;line-height:1.15;letter-spacing:-.02em;margin:4px 0 10px}
h2{font-size:19px;letter-spacing:-.01em;margin:0 0 14px}h3{font-size:15px;margin:22px 0 8px}
code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--ink);overflow-wrap:anywhere}
section{background:var(--surface);border:1px solid var(--line);border-radius:14px;
padding:22px 24px;margin-bottom:20px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(178px,1fr));gap:12px;background:none;border:0;padding:0}
.card{background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:14px 16px;min-width:0}
.card span,.card small{display:block;color:var(--muted);font-size:13px}
.card strong{display:block;font-size:22px;line-height:1.35;letter-spacing:-.02em;font-weight:650}
.gain{color:var(--gain)}.loss{color:var(--loss)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:0 28px;margin:14px 0 0}
dl div{display:flex;justify-content:space-between;gap:14px;padding:6px 0;border-bottom:1px solid var(--line)}
dt{color:var(--muted)}dd{margin:0;text-align:right;overflow-wrap:anywhere}
.scroll{overflow-x:auto}dl+.scroll{margin-top:18px}
table{width:100%;border-collapse:collapse;white-space:nowrap}
th{color:var(--muted);font-weight:500;font-size:13px}
th,td{text-align:right;padding:7px 10px;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left;padding-left:0}th:last-child,td:last-child{padding-right:0}
.reasons th:nth-child(2),.reasons td:nth-child(2){text-align:left}
.evidence th:nth-child(-n+3),.evidence td:nth-child(-n+3){text-align:left}
table.audit{white-space:normal}table.audit td{text-align:left;vertical-align:top}
table.audit td:nth-child(1){width:86px}table.audit td:nth-child(2){width:21%}table.audit td:nth-child(3){width:31%}
.notices{margin:12px 0;padding:10px 14px 10px 30px;border:1px solid var(--loss);border-radius:10px;
background:var(--lossfill);color:var(--ink)}.notices li{margin:2px 0}
.advice,.note.lead{color:var(--muted)}.note.lead{margin:-8px 0 12px;font-size:14px}
.grade{display:inline-block;min-width:78px;padding:1px 9px;border-radius:999px;border:1px solid currentColor;
font-size:12px;text-align:center}.grade.good{color:var(--gain)}.grade.fair{color:var(--fair)}.grade.poor{color:var(--loss)}
.grade.unknown{color:var(--muted)}
tr.total td{font-weight:650;border-bottom:0}
.swatch{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:9px}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:24px;margin-top:18px}figure{margin:0;min-width:0}
figcaption{color:var(--muted);font-size:13px}
.note,.empty{color:var(--muted);font-size:13px;max-width:88ch;margin:14px 0 0}.empty{font-size:15px}
.chart{width:100%;min-height:120px}
.tabs{display:flex;flex-wrap:wrap;gap:6px;margin-bottom:10px}
.tabs button{font:inherit;font-size:14px;color:var(--muted);background:none;border:1px solid var(--line);
border-radius:999px;padding:5px 14px;cursor:pointer}
.tabs button[aria-selected=true]{color:var(--surface);background:var(--accent);border-color:var(--accent)}
.tabs button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.panel h3{display:none}.panel[data-off]{display:none}
@media screen and (max-width:760px){table.audit td{display:block;width:auto!important;padding:2px 0;border:0}
table.stacks{white-space:normal}table.stacks thead{display:none}
table.stacks tr{display:block;padding:8px 0;border-bottom:1px solid var(--line)}
table.stacks td,table.stacks td:first-child{display:flex;align-items:center;text-align:right;
padding:2px 0;border:0}
table.stacks td::before{content:attr(data-label);margin-right:auto;color:var(--muted);font-weight:400}
table.stacks td:empty{display:none}table.stacks td:first-child{font-weight:650}
table.audit tr{display:block;padding:8px 0;border-bottom:1px solid var(--line)}
main{padding:22px 14px}.pair{grid-template-columns:1fr}
section{padding:16px}h1{font-size:27px}}
@media print{@page{margin:14mm}:root{--page:#fff;--surface:#fff;--ink:#171a21;--muted:#5c6675;--line:#d9dde3;
--accent:#2f5fd0;--gain:#0c8a5f;--loss:#c8402f;--fair:#9a6a00;color-scheme:light}
body{font-size:11px}main{padding:0;max-width:none}
section{padding:12px 0;border:0;border-top:1px solid var(--line);border-radius:0}
.cards{border-top:0;grid-template-columns:repeat(3,1fr);gap:8px}.card{padding:6px 12px;border-radius:8px}
.card strong{font-size:15px}.card span,.card small,figcaption,.note.lead{font-size:10px}.grade{font-size:9.5px}
dl{grid-template-columns:repeat(3,1fr);gap:0 20px}dl div{padding:4px 0}.chart{min-height:0}
h1{font-size:24px}h2{font-size:15px}h3{font-size:12px}code{font-size:11px}
.chart{overflow:hidden}.tabs,.modebar{display:none!important}.scroll{overflow:visible}
table{font-size:9.5px;break-inside:avoid}table.stacks td{overflow-wrap:anywhere}
th{font-size:9px}
th,td{padding:4px 5px}.note{font-size:9.5px}
.panel[data-off],.panel h3{display:block}.card,.chart,tr,dl div,figure{break-inside:avoid}
h2,h3{break-after:avoid}}
"""

SCRIPT = """
(() => {
const figures = JSON.parse(document.getElementById('figures').textContent);
const dark = matchMedia('(prefers-color-scheme: dark)');
const drawn = new Map();
let printing = false, moving = false;
const color = name => printing && paper[name] ||
  getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const paper = {ink:'#171a21', muted:'#5c6675', line:'#d9dde3', surface:'#ffffff', accent:'#2f5fd0',
  loss:'#c8402f',
  accentfill:'rgba(47,95,208,.12)', lossfill:'rgba(200,64,47,.14)'};
const paint = value => typeof value === 'string' && value[0] === '@' ? color(value.slice(1))
  : Array.isArray(value) && typeof value[0] === 'object' && value[0] !== null && !Array.isArray(value[0])
    ? value.map(paint)
  : value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, paint(part)])) : value;
// Browsers lay a page out for paper after the script has drawn: charts take the width between the margins of A4.
const PAPER_WIDTH = 684, PAPER_HALF = 330, PAPER_HEIGHT = 0.7;
const widthOf = place => !printing ? place.clientWidth : place.closest('.pair') ? PAPER_HALF : PAPER_WIDTH;
function layout(figure, place) {
  const text = printing ? 10 : 12.5;
  const axis = {showspikes: false, spikecolor: color('muted'), spikethickness: 1, spikedash: 'dot',
    gridcolor: color('line'), linecolor: color('line'), zerolinecolor: color('muted'),
    zeroline: false,
    automargin: true, exponentformat: 'none', separatethousands: true, tickfont: {size: text - 0.5}};
  const made = {paper_bgcolor: color('surface'), plot_bgcolor: color('surface'), hovermode: 'x unified',
    font: {family: getComputedStyle(document.body).fontFamily, size: text, color: color('muted')},
    margin: {l: 64, r: 8, t: 34, b: 36}, dragmode: 'zoom',
    modebar: {bgcolor: 'rgba(0,0,0,0)', color: color('muted'), activecolor: color('accent')},
    legend: {orientation: 'h', x: 0, y: 1, yanchor: 'bottom', xanchor: 'left', bgcolor: 'rgba(0,0,0,0)'},
    hoverlabel: {bgcolor: color('surface'), bordercolor: color('line'), font: {color: color('ink')}},
    ...paint(figure.layout)};
  for (const name of ['xaxis', 'yaxis', 'yaxis2']) if (name !== 'yaxis2' || made.yaxis2)
    made[name] = {...axis, ...made[name], title: {...made[name]?.title, font: {size: text}}};
  made.xaxis.showspikes = made.hovermode === 'x unified';
  if (figure.time) Object.assign(made.xaxis, {tickangle: 0, nticks: Math.max(2, Math.floor(widthOf(place) / 110))});
  made.autosize = !printing;
  made.width = printing ? widthOf(place) : undefined;
  if (printing && figure.time) made.height = Math.round(made.height * PAPER_HEIGHT);
  return made;
}
function draw(place) {
  const figure = figures[place.dataset.figure], again = drawn.has(place);
  const made = layout(figure, place);
  // When the window changes, plotly takes the height of the place.
  place.style.height = `${made.height}px`;
  if (again && figure.time) made.xaxis.range = place.layout.xaxis.range.slice();
  Plotly.react(place, paint(figure.data), made, {displaylogo: false, responsive: true, scrollZoom: false,
    displayModeBar: figure.time ? 'hover' : false,
    // Named one by one: plotly's default bar has a button that uploads the chart to a service.
    modeBarButtons: [['toImage'], ['zoom2d', 'pan2d'], ['zoomIn2d', 'zoomOut2d', 'resetScale2d']],
    toImageButtonOptions: {format: 'svg'}});
  drawn.set(place, figure);
  if (!again && figure.time) place.on('plotly_relayout', change => follow(place, change));
}
function follow(source, change) {
  if (moving || !Object.keys(change).some(key => key.startsWith('xaxis.'))) return;
  moving = true;
  const view = {'xaxis.range': source.layout.xaxis.range.slice()};
  Promise.all([...drawn].filter(([place, figure]) => figure.time && place !== source)
    .map(([place]) => Plotly.relayout(place, view))).finally(() => { moving = false; });
}
const places = [...document.querySelectorAll('.chart')];
const visible = place => place.offsetParent !== null;
const redraw = () => places.forEach(place => (visible(place) || printing) && draw(place));
const tabs = [...document.querySelectorAll('[role=tab]')];
function choose(tab) {
  tabs.forEach(other => {
    const on = other === tab, panel = document.getElementById(other.getAttribute('aria-controls'));
    other.setAttribute('aria-selected', on); other.tabIndex = on ? 0 : -1;
    panel.toggleAttribute('data-off', !on);
    if (on) panel.querySelectorAll('.chart').forEach(draw);
  });
}
tabs.forEach((tab, index) => {
  tab.tabIndex = index ? -1 : 0;
  tab.addEventListener('click', () => choose(tab));
  tab.addEventListener('keydown', event => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    const next = tabs[(index + step + tabs.length) % tabs.length];
    next.focus(); choose(next);
  });
});
dark.addEventListener('change', redraw);
addEventListener('beforeprint', () => { printing = true; redraw(); });
addEventListener('afterprint', () => { printing = false; redraw(); });
redraw();
})();
"""
