/**
 * Of every page of evidence: calm, readable on a phone and on paper, light and dark. The colours of answers are
 * Okabe and Ito's, ordered from light to dark, so that they differ without colour as well.
 */
export const STYLE = `
:root {
  --paper: #fbfcfa; --raised: #fff; --ink: #14211b; --soft: #52635b; --line: #dce3de; --strong: #87968e;
  --accent: #0b5d3b; --window: #e9ecf3; --window-edge: #7a86a0;
  --good: #0b6647; --good-wash: #e7f3ed; --bad: #9c2f1d; --bad-wash: #fbece8;
  --unsure: #7a5200; --unsure-wash: #fbf3e1; --none: #4b5a66; --none-wash: #edf0f3;
  --p50: #6ba3cf; --p95: #2a6fa8; --p99: #0c2f52; --metric: #2a6fa8;
  --ok: #9cc8e6; --refused: #f6e6bf; --limited: #e6b54a; --overloaded: #dd8452; --failed: #a6401c; --silent: #23252b;
  --pattern: rgb(60 30 0 / 55%);
  color-scheme: light dark;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #0e1512; --raised: #151d19; --ink: #e8efeb; --soft: #a5b4ac; --line: #2a352f; --strong: #6f8077;
    --accent: #74d4a5; --window: #232a3a; --window-edge: #8b98b8;
    --good: #7fd8ad; --good-wash: #14291f; --bad: #ffa291; --bad-wash: #351c17;
    --unsure: #efc573; --unsure-wash: #2c2413; --none: #b3c0cb; --none-wash: #1f272e;
    --p50: #4d7ea6; --p95: #7fb5e0; --p99: #e4f1fb; --metric: #7fb5e0;
    --ok: #2d5672; --refused: #7d6a35; --limited: #b98d2c; --overloaded: #d97b45; --failed: #f39a78; --silent: #f3f1ee;
    --pattern: rgb(0 0 0 / 55%);
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 400 1rem/1.5 system-ui, -apple-system, "Segoe UI",
  Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
main, footer { max-width: 1240px; margin: 0 auto; padding: 0 clamp(1rem, 3vw, 2.25rem); }
h1, h2, h3, p, dl, dd, ul, figure { margin: 0; padding: 0; }
h1 { max-width: 30ch; font-size: clamp(1.5rem, 1.05rem + 1.9vw, 2.3rem); font-weight: 680; line-height: 1.15;
  letter-spacing: -.018em; text-wrap: balance; }
h2 { margin-bottom: .6rem; font-size: 1.2rem; font-weight: 660; letter-spacing: -.01em; }
h3 { font-size: .95rem; font-weight: 640; }
a { color: var(--accent); text-underline-offset: .18em; }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
code { font: .88em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
small { display: block; color: var(--soft); font-size: .8rem; font-weight: 400; }
section { margin-top: 2.4rem; }
footer { margin-top: 2.4rem; padding-block: 1.2rem 2rem; color: var(--soft); font-size: .85rem; }
.top { padding-top: 1.6rem; }
.eyebrow { margin-bottom: .5rem; color: var(--soft); font-size: .9rem; }
.eyebrow span { opacity: .6; }
.hint, .note { color: var(--soft); font-size: .85rem; }
.hint { max-width: 80ch; margin-top: .5rem; }
.patterns { position: absolute; }

.verdict, .tag { --tone: var(--none); --wash: var(--none-wash); }
.pass { --tone: var(--good); --wash: var(--good-wash); }
.fail { --tone: var(--bad); --wash: var(--bad-wash); }
.invalid, .no-fault, .control-passed, .stale { --tone: var(--unsure); --wash: var(--unsure-wash); }
.verdict { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; align-items: baseline; margin-top: 1.1rem;
  padding: .85rem 1.1rem; border-left: 5px solid var(--tone); border-radius: 4px; background: var(--wash); }
.verdict > div { flex: 1 1 24rem; min-width: 0; }
.word { color: var(--tone); font-size: 1.3rem; font-weight: 720; letter-spacing: .01em; white-space: nowrap; }
.why { font-weight: 560; overflow-wrap: anywhere; }
.meaning { color: var(--soft); font-size: .9rem; }
.tag { display: inline-block; padding: .08rem .5rem; border: 1px solid var(--tone); border-radius: 4px;
  background: var(--wash); color: var(--tone); font-size: .82rem; font-weight: 650; white-space: nowrap; }

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .7rem 1.6rem;
  margin-top: 1.2rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .9rem; }
.facts div { min-width: 0; }
dt { color: var(--soft); font-size: .78rem; }
dd { overflow-wrap: anywhere; }

table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th, td { padding: .45rem .8rem .45rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
th { font-weight: 500; }
thead th { border-bottom: 1px solid var(--strong); color: var(--soft); font-size: .82rem; vertical-align: bottom; }
thead th small { display: inline; }
.group th { padding-top: 1.1rem; font-size: .82rem; font-weight: 660; color: var(--soft); }
.checks { table-layout: fixed; }
.checks thead th { width: 24%; }
.checks thead th:first-child { width: 30%; }
.checks .limit { color: var(--soft); }
td > span { display: block; }
tfoot { display: table-row-group; }
tfoot th, tfoot td { border-bottom: 0; border-top: 1px solid var(--strong); }
.sign { display: inline-block; width: 1.1em; font-weight: 700; }
.holds { color: var(--good); }
.broken { color: var(--bad); }
.few { color: var(--unsure); }

.panel { margin-top: 1.3rem; padding: 1rem 1.1rem .6rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--raised); }
.head { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; justify-content: space-between; align-items: baseline; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; list-style: none; color: var(--soft); font-size: .82rem; }
.swatch { vertical-align: -1px; margin-right: .2rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem 2.2rem; margin-top: .7rem; }
.pair > :only-child { grid-column: 1 / -1; }
figure { display: grid; grid-row: span 3; grid-template-rows: subgrid; gap: 0; align-content: start; min-width: 0; }
figcaption { align-self: end; }
figcaption { margin-bottom: .2rem; font-size: .85rem; font-weight: 600; }
figcaption em { color: var(--soft); font-style: normal; font-weight: 400; }
figcaption em::before { content: "· "; }
.plot { padding-left: 46px; padding-right: 6px; }
.note { padding-left: 46px; margin-bottom: .5rem; }
.chart { display: block; overflow: visible; }
.chart text { fill: var(--soft); font-size: 11.5px; }
.chart .y { text-anchor: end; }
.chart .named { fill: var(--ink); font-weight: 600; }
.chart .kind { fill: var(--ink); stroke: var(--raised); stroke-width: 5px; stroke-linejoin: round;
  paint-order: stroke; }
.chart .count { fill: var(--soft); }
.grid { stroke: var(--line); }
.axis { stroke: var(--strong); }
.fault { fill: var(--window); }
.edge { stroke: var(--window-edge); }
.recovered { stroke: var(--good); stroke-width: 1.5; stroke-dasharray: 1.5 3.5; }
.mark { stroke: var(--ink); stroke-width: 2; }
.line { fill: none; stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round;
  vector-effect: non-scaling-stroke; }
.line.p50 { stroke: var(--p50); stroke-width: 2.6; }
.line.p95 { stroke: var(--p95); stroke-dasharray: 5 3.5; }
.line.p99 { stroke: var(--p99); }
.line.metric { stroke: var(--metric); stroke-width: 1.8; }
.band.ok { fill: var(--ok); }
.band.refused { fill: url(#bars); }
.ground.refused { fill: var(--refused); }
.band.limited { fill: url(#dots); }
.band.overloaded { fill: url(#hatch); }
.band.failed { fill: var(--failed); }
.band.silent { fill: var(--silent); }
.ground.limited { fill: var(--limited); }
.ground.overloaded { fill: var(--overloaded); }
.ink { fill: var(--pattern); }
.files { padding-left: 1.1rem; font-size: .92rem; color: var(--soft); }
.claims th:first-child, .claims thead th { white-space: nowrap; }
.claims a { display: inline-block; min-width: 1.6rem; margin-right: .5rem; line-height: 1.6rem; }
.claims td > span > span { display: block; margin-bottom: .25rem; }
.claims td div { margin-bottom: .2rem; }
.unclaimed { color: var(--soft); }

@media (max-width: 760px) {
  .pair { grid-template-columns: 1fr; }
  .panel { margin-inline: -.4rem; padding-inline: .8rem; }
  .plot { padding-left: 40px; }
  .note { padding-left: 40px; }
  .facts { grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .5rem 1rem; }
  .facts div:first-child, .facts div:nth-last-child(-n + 2) { grid-column: 1 / -1; }
  table, thead, tbody, tfoot, tr, th, td { display: block; width: auto; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { padding: .55rem 0; border-bottom: 1px solid var(--line); }
  th, td { padding: .1rem 0; border: 0; }
  tfoot th, tfoot td { border: 0; }
  td { display: grid; grid-template-columns: 6.2rem 1fr; gap: .5rem; }
  td::before { content: attr(data-head); color: var(--soft); font-size: .82rem; }
  td:empty { display: none; }
  tbody th[scope="row"], tfoot th { font-weight: 600; }
  .group { padding-bottom: .2rem; }
  .group th { padding-top: .5rem; }
}
@media print {
  @page { margin: 14mm 12mm; }
  body { font-size: 10pt; background: #fff; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, footer { max-width: none; padding: 0; }
  section { margin-top: 1.4rem; }
  h2 { break-after: avoid; }
  section:has(> .panel) { break-before: page; margin-top: 0; }
  .files { columns: 2; }
  .pair { grid-template-columns: 1fr 1fr; gap: .6rem 1.4rem; }
  .group { break-after: avoid; }
  .panel, tr, .verdict, .facts { break-inside: avoid; }
  .panel { padding: .6rem .7rem .3rem; }
  a { color: inherit; }
}
`;
