import { cpus } from 'node:os';
import { exitWhenInterrupted } from './interruption.js';
import { run } from './run.js';
import { propagation, scenarios } from './scenario.js';
import { writeSection } from './section.js';
import { asGood, table, type Row } from './table.js';
import { variants, versionsOf, type Variant } from './variant.js';

const sleep = 'sleep:3s';

async function measure(chosen: readonly Variant[], preStop?: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const variant of chosen) {
    const reports = [];
    for (const scenario of scenarios) {
      const report = await run(variant, scenario, preStop);
      console.log(`${variant.name}, ${scenario.title}: ${report.lost} lost`);
      reports.push(report);
    }
    rows.push({ variant, reports });
  }
  return rows;
}

exitWhenInterrupted();
const own = await measure(variants);
const slept = await measure(
  variants.filter(({ delays }) => !delays),
  sleep,
);

const text = `One rolling update of two replicas, rehearsed by \`nestjs-drain rehearse\` for each way to shut a Nest
service down: the same handler (\`compare/handler.ts\`), the same clients, the same kubelet's rules.
The balancer learns of a deleted pod ${propagation.replace('s', ' s')} late. Every package is configured as its README recommends,
with its timeouts raised to what the pod's grace allows (\`compare/variants/\`).

\`npm run compare\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} cores. Numbers move a little from run to run;
none and some do not.

${table(scenarios, own)}

*Lost* is a stream cut off, a stream that ended without its terminal event, or a request refused: what a
client cannot tell from a failure. A client that is refused asks again after a fifth of a second, and may be refused again. *Told* is a stream that the pod ended early with a farewell which the client understands.
*SIGKILL* means that the process was still there when the grace was over.
Nest's \`@Sse()\` sets \`Connection: keep-alive\` itself. A package that announces the end by that header is not
heard by clients of streams on kept connections: they go on sending to the dying pod.

${asGood(scenarios, own).join('\n')}

Packages without a delay of their own are often given a \`preStop\` sleep in the manifest. The same with
\`preStop: { sleep: { seconds: 3 } }\`:

${table(scenarios, slept)}

${asGood(scenarios, [...slept, ...own.slice(-1)]).join('\n')}

Versions: ${variants.map(versionsOf).join(', ')}.
lightship 9 needs Node 22.13 and 7.3.0 was published without its build; 7.2.0 is measured.
`;
await writeSection('rolling update', text.trim());
