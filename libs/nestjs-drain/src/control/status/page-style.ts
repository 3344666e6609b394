export const style = `
:root {
  --ground: #f6f7f9; --card: #fff; --ink: #16191f; --soft: #5a6372; --line: #dde1e8;
  --serving: #1a7f4b; --lameDuck: #a35c00; --draining: #2a5bd7; --drained: #5a6372; --bad: #c3262d;
  --reconnect: #0f7b8a; --handedOff: #7a3fc4; --track: #e4e8ee; --focus: #2a5bd7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1217; --card: #181c23; --ink: #eceff4; --soft: #a0a9b8; --line: #2b313c;
    --serving: #4cc38a; --lameDuck: #f0a94a; --draining: #82a8ff; --drained: #a0a9b8; --bad: #ff7b7b;
    --reconnect: #55c4d4; --handedOff: #bd93ff; --track: #2b313c; --focus: #82a8ff;
  }
}
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem clamp(.75rem, 3vw, 2rem) 3rem;
  background: var(--ground); color: var(--ink); font: 1rem/1.45 system-ui, sans-serif; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
header { display: flex; align-items: center; justify-content: space-between; gap: 1rem;
  padding: .25rem 0 1rem; }
h1 { font: 600 1rem/1.3 ui-monospace, monospace; overflow-wrap: anywhere; min-width: 0; }
h2 { font-size: 1.1rem; line-height: 1.3; }
.link { flex: none; color: var(--soft); font-size: .875rem; }
.link::before { content: ''; display: inline-block; width: .6em; height: .6em; margin-right: .45em;
  border-radius: 50%; background: var(--lameDuck); }
.link[data-state=live]::before { background: var(--serving); animation: pulse 2s infinite; }
.link[data-state=gone]::before { background: var(--drained); }
@keyframes pulse { 50% { opacity: .35; } }
.hero { display: flex; flex-wrap: wrap; align-items: end; justify-content: space-between; gap: .5rem 2rem;
  margin-bottom: 1.25rem; }
.hero h2 { font-size: clamp(1.75rem, 6vw, 2.5rem); line-height: 1.1; letter-spacing: -.02em; color: var(--phase); }
.hero p { color: var(--soft); margin-top: .3rem; max-width: 34rem; }
.countdown b { font-size: clamp(2rem, 9vw, 3rem); font-weight: 600; line-height: 1; color: var(--ink);
  font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
[data-phase=serving] { --phase: var(--serving); } [data-phase=lameDuck] { --phase: var(--lameDuck); }
[data-phase=draining] { --phase: var(--draining); } [data-phase=drained] { --phase: var(--drained); }
[data-lost] { --phase: var(--bad) !important; }
.stale { opacity: .55; }
.phases { display: grid; grid-template-columns: 1fr 1.15fr 2.2fr 1fr; gap: .35rem; padding: 0; list-style: none;
  margin-bottom: 1.25rem; font-size: .8125rem; line-height: 1.3; }
.phases i { display: block; height: .5rem; margin-bottom: .4rem; border-radius: .25rem; background: var(--track);
  overflow: hidden; }
.phases i::before { content: ''; display: block; height: 100%; width: var(--done, 0%); background: var(--phase);
  transition: width 1s linear; }
.phases b { display: block; font-weight: 500; color: var(--soft); }
.phases span { color: var(--soft); font-variant-numeric: tabular-nums; }
.phases [aria-current] b { color: var(--phase); font-weight: 700; }
.numbers { display: grid; grid-template-columns: repeat(6, 1fr); gap: .6rem; margin-bottom: 1.5rem; }
.numbers div { grid-column: span 2; }
.numbers div:nth-child(-n+2) { grid-column: span 3; }
@media (min-width: 44rem) {
  .numbers { grid-template-columns: repeat(5, 1fr); }
  .numbers div:nth-child(n) { grid-column: auto; }
}
.numbers div, .report, form { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .7rem .9rem; }
dt { color: var(--soft); font-size: .8125rem; }
dd { font-size: 1.5rem; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums; }
dd small { display: block; font-size: .8125rem; font-weight: 400; color: var(--soft); }
.bad dd, .bad dt { color: var(--bad); }
.report { margin-bottom: 1.25rem; padding: 1rem; }
.report p { color: var(--soft); margin: .2rem 0 .9rem; }
.report dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr)); gap: .75rem; }
.report dt[data-fate]::before { content: ''; display: inline-block; width: .6em; height: .6em; margin-right: .4em;
  border-radius: 2px; background: var(--fate, transparent); }
.fates { display: flex; gap: 2px; height: .75rem; margin-bottom: 1rem; }
.fates i { flex: var(--count) 0 3px; background: var(--fate); border-radius: 2px; }
[data-fate=completed] { --fate: var(--serving); } [data-fate=abandoned] { --fate: var(--drained); } [data-fate=reconnect] { --fate: var(--reconnect); }
[data-fate=cancelled] { --fate: var(--lameDuck); } [data-fate=handedOff] { --fate: var(--handedOff); }
[data-fate=cut] { --fate: var(--bad); }
.scroll { overflow-x: auto; margin-top: .5rem; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
caption { text-align: left; color: var(--soft); padding-bottom: .4rem; }
th { color: var(--soft); font-weight: 500; font-size: .8125rem; text-align: left; white-space: nowrap; }
th, td { padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:last-child, th:last-child { padding-right: 0; }
tbody th { color: var(--ink); font-size: inherit; white-space: normal; overflow-wrap: anywhere; min-width: 8rem; }
tbody th small { display: block; font-weight: 400; color: var(--soft); }
code { font: .8125rem/1.5 ui-monospace, monospace; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bare .events { display: none; }
.row { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: .6rem; }
input, button { font: inherit; color: inherit; padding: .55rem .9rem; border: 1px solid var(--soft); border-radius: .4rem;
  background: var(--card); min-height: 2.75rem; }
input { flex: 1 1 12rem; }
button { cursor: pointer; }
.danger { border-color: var(--bad); color: var(--bad); }
#actions { margin-top: 1.5rem; }
#unlock p { color: var(--soft); margin: .3rem 0 .8rem; }
dialog { margin: auto; max-width: min(28rem, calc(100vw - 2rem)); padding: 0; border: 0; border-radius: .6rem; background: none;
  color: inherit; }
dialog::backdrop { background: #0008; }
dialog p { margin: .5rem 0 1rem; color: var(--soft); }
@media (prefers-reduced-motion: reduce) {
  *, ::before { animation: none !important; transition: none !important; }
}`;
