import { buildConfigJsonSchema } from '@tollgate/api/server';
import { controlConfigSchema } from '@tollgate/control';
import { gatewayConfigSchema } from '@tollgate/gateway';
import { z } from 'zod';

interface Property {
  description?: string;
  default?: unknown;
  enum?: unknown[];
}

const LINKS = [
  'What a change would leave behind is judged over all groups and accounts together, whether it comes from a file or',
  'from the control plane:',
  '',
  '- Groups may not fall back in a circle. Both kinds of fallback count, since a request may take one after the other.',
  '- A fallback group may be of another platform: requests are translated.',
  '- A group that another one falls back to cannot be deleted.',
  '- A route names accounts of its own group. An account cannot leave the group, or be deleted, before its route is',
  '  gone; one file may do both.',
  '- `model_routing` is read from the top: the first pattern that fits a model decides.',
];

interface Fields {
  properties: Record<string, Property>;
  required?: string[];
}

/** A list of entries, or fields of its own. */
type FileSection = { items: Fields } | Fields;

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
    '## Groups, accounts, users, keys, overrides',
    '',
    'They live in Postgres: edited through the control plane, or by `tollgate apply FILE`.',
    '`tollgate apply --schema` prints the JSON schema of that file; `tollgate.example.yaml` is one.',
    'A field that is left out takes its default in a new object, and stays as it is in one that is there already.',
    '',
    ...renderFileSections(),
    '### Links between groups',
    '',
    ...LINKS,
    '',
  ].join('\n');
}

/** The sections of the apply file, one table each. */
function renderFileSections(): string[] {
  const { properties } = buildConfigJsonSchema() as { properties: Record<string, FileSection> };
  return Object.entries(properties).flatMap(([section, shape]) =>
    [`### \`${section}\``, '', '| field | what it is |', '|---|---|'].concat(
      renderFields(selectFields(shape)),
      '',
    ),
  );
}

/** Of one entry; of the section itself, when it is no list. */
function selectFields(section: FileSection): Fields {
  return 'items' in section ? section.items : section;
}

function renderFields({ properties, required = [] }: Fields): string[] {
  return Object.entries(properties).map(([name, property]) => {
    const what = `${property.description ?? ''}${renderChoices(property)}`;
    return `| \`${name}\` | ${required.includes(name) ? 'Required. ' : ''}${what} |`;
  });
}

function renderChoices(property: Property): string {
  if (property.enum === undefined) return '';
  return ` One of ${property.enum.map((it) => `\`${String(it)}\``).join(', ')}.`;
}

function renderTable(schema: z.ZodObject): string[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' }) as {
    properties?: Record<string, Property>;
  };
  const rows = Object.entries(properties).map(([name, property]) => {
    const what = `${property.description ?? ''}${renderChoices(property)}`;
    return `| \`${name}\` | ${renderDefault(property.default)} | ${what} |`;
  });
  return ['| variable | default | what it does |', '|---|---|---|', ...rows];
}

function renderDefault(value: unknown): string {
  return value === undefined || value === '' ? '–' : `\`${String(value)}\``;
}
