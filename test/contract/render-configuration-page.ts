import { controlConfigSchema } from '@tollgate/control';
import { gatewayConfigSchema } from '@tollgate/gateway';
import { z } from 'zod';

interface Property {
  description?: string;
  default?: unknown;
  enum?: unknown[];
}

/** docs/configuration.md, from the schemas that the processes parse their environment with. */
export function renderConfigurationPage(): string {
  return [
    '# Configuration',
    '',
    'Environment variables, read once at start; a wrong value ends the start with a list of all problems.',
    'Flags of the command (`--data-dir`, `--gateway-port`, `--control-port`, …) go before variables.',
    'This page is written by `npm run docs`.',
    '',
    '## Data plane (`tollgate gateway`, `tollgate up`)',
    '',
    ...renderTable(gatewayConfigSchema),
    '',
    '## Control plane (`tollgate control`, `tollgate up`)',
    '',
    ...renderTable(controlConfigSchema),
    '',
    '## Groups, accounts, users, keys',
    '',
    'They live in Postgres: edited through the control plane, or by `tollgate apply FILE`.',
    '`tollgate apply --schema` prints the JSON schema of that file; `tollgate.example.yaml` is one.',
    '',
  ].join('\n');
}

function renderTable(schema: z.ZodObject): string[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' }) as {
    properties?: Record<string, Property>;
  };
  const rows = Object.entries(properties).map(([name, property]) => {
    const choices =
      property.enum === undefined
        ? ''
        : ` One of ${property.enum.map((it) => `\`${String(it)}\``).join(', ')}.`;
    return `| \`${name}\` | ${renderDefault(property.default)} | ${property.description ?? ''}${choices} |`;
  });
  return ['| variable | default | what it does |', '|---|---|---|', ...rows];
}

function renderDefault(value: unknown): string {
  return value === undefined || value === '' ? '–' : `\`${String(value)}\``;
}
