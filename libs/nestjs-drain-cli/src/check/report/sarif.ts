import { relative, sep } from 'node:path';
import { type Log, type ReportingDescriptor, type Result } from 'sarif';
import { type CheckReport } from '../check.js';
import { type Finding } from '../finding.js';
import { type Rule } from '../rule.js';
import { rules } from '../rules/index.js';
import { standardInput } from '../input/source.js';
import { helpAddress, version } from '../version.js';

const schema =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** The report as SARIF 2.1.0, for code scanning. */
export function renderSarif({ findings, unread }: CheckReport): string {
  const log: Log = {
    $schema: schema,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'nestjs-drain',
            version,
            semanticVersion: version,
            informationUri: helpAddress('what-nestjs-drain-check-looks-for'),
            rules: rules.map(descriptor),
          },
        },
        invocations: [
          {
            executionSuccessful: unread.length === 0,
            toolExecutionNotifications: unread.map(({ sentence }) => ({
              level: 'error',
              message: { text: sentence },
            })),
          },
        ],
        originalUriBaseIds: { SRCROOT: { description: { text: 'The working directory.' } } },
        results: findings.map(result),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function descriptor(rule: Rule): ReportingDescriptor {
  return {
    id: rule.id,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.why },
    help: { text: `${rule.why}\nnestjs-drain check … --explain ${rule.id}` },
    helpUri: helpAddress(rule.id),
    defaultConfiguration: { level: rule.severity },
  };
}

function result({ rule, severity, file, line, resource, message, remedy }: Finding): Result {
  return {
    ruleId: rule.id,
    ruleIndex: rules.indexOf(rule),
    level: severity,
    message: { text: `${resource}: ${message}\n${rule.why}\nRemedy:\n${remedy}` },
    locations: [
      {
        physicalLocation: { artifactLocation: artifact(file), region: { startLine: line } },
        logicalLocations: [{ fullyQualifiedName: resource, kind: 'resource' }],
      },
    ],
  };
}

function artifact(file: string) {
  if (file === standardInput) return { uri: 'stdin' };
  const uri = relative(process.cwd(), file).split(sep).map(encodeURIComponent).join('/');
  return { uri, uriBaseId: 'SRCROOT' };
}
