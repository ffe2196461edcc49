import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { z } from 'zod';
import { ADMIN_TOKEN, startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { callProcedure } from './call-procedure.ts';
import { chooseKnown, generateValidInput } from './generate-input.ts';
import { listProcedures } from './list-procedures.ts';
import { PLANTED, seedEverything } from './seed-everything.ts';
import { Walker } from './walker.ts';

const CALLS = 15;
/** Names of columns, and of fields, that hold what nobody may read. */
const SECRET_NAME =
  /hash|sealed|secret|password|passwd|refreshed_from|refresh_?token|access_?token|api_?key|credential/iu;
/** The hash of an export's file is no secret: it tells whether the file was compared before. */
const OPEN_COLUMNS = new Set(['reconciliations.file_hash']);

/**
 * A plan shows settings as they were and will be; that secrets show as `set` there has tests of its own. Who begins TOTP
 * is shown the secret for the app, once.
 */
const OPEN_FIELDS = /\.plan\.changes\.(from|to) is anything$|^me\.totp\.begin\.secret$/u;
/** An exported key goes on working by its hash, which an admin may read; no key can be made of it. */
const OPEN_ANSWERS: Readonly<Record<string, RegExp>> = {
  'config.exportFile': /key_hash: [0-9a-f]{64}|\\"key_hash\\": \\"[0-9a-f]{64}/gu,
};
const reached = new Set<string>();

let api: TestApi;
let known: string[];
let walker: Walker;
const plainKeys: string[] = [];
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  known = await seedEverything(api, 2);
  walker = await Walker.create(api);
  const { items } = await api.client.keys.list.query();
  const [{ userId = '', groups = [] } = {}] = items;
  const groupIds = groups.map(({ id }) => id);
  plainKeys.push((await api.client.keys.create.mutate({ userId, name: 'planted', groupIds })).plainKey);
});
afterAll(() => api.stop());

/** Every value of every column with such a name, in whatever table: new tables are walked by themselves. */
async function readSecrets({ db }: TestApi): Promise<string[]> {
  const columns = await db.sql<{ table: string; column: string }[]>`
    select table_name as table, column_name as column from information_schema.columns
    where table_schema = 'public' and data_type = 'text'`;
  const secret = columns.filter(
    ({ table, column }) => SECRET_NAME.test(column) && !OPEN_COLUMNS.has(`${table}.${column}`),
  );
  const found = await Promise.all(
    secret.map(
      ({ table, column }) =>
        db.sql<
          { value: string }[]
        >`select ${db.sql(column)} as value from ${db.sql(table)} where ${db.sql(column)} is not null`,
    ),
  );
  return found.flat().map(({ value }) => value);
}

const parts = (schema: z.ZodType): z.ZodType[] => {
  const definition = schema.def as unknown as Record<string, unknown>;
  return Object.values(definition).flatMap((value) => {
    const inner = Array.isArray(value) ? value : [value];
    return inner.filter(
      (one): one is z.ZodType => typeof one === 'object' && one !== null && 'safeParse' in one,
    );
  });
};

/** Paths of the fields of a schema, at any depth. */
function listFields(schema: z.ZodType, path = ''): string[] {
  const { type, shape } = schema.def as unknown as { type: string; shape?: Record<string, z.ZodType> };
  const item = schema.meta()?.['item'] as z.ZodType | undefined;
  const inner = [...parts(schema), ...(item ? [item] : [])].flatMap((one) => listFields(one, path));
  const fields = Object.entries(shape ?? {}).flatMap(([name, field]) =>
    [`${path}.${name}`].concat(listFields(field, `${path}.${name}`)),
  );
  return [...(type === 'any' || type === 'unknown' ? [`${path} is anything`] : []), ...inner, ...fields];
}

const isSuspect = (field: string): boolean =>
  field.endsWith('is anything') || SECRET_NAME.test(field.split('.').at(-1) ?? '');

describe('no secret leaves', () => {
  it.each(listProcedures())(
    '[CTL-1] $path has an output schema, without a field for one',
    ({ path, output }) => {
      expect(output).not.toBeNull();
      const fields = output === null ? [] : listFields(output, path);
      expect(fields.filter((field) => isSuspect(field) && !OPEN_FIELDS.test(field))).toEqual([]);
    },
  );

  it('[ACC-1] what was planted is there to be found', async () => {
    const secrets = await readSecrets(api);
    expect(secrets.length).toBeGreaterThanOrEqual(2 * 3 + 1);
    expect(listFields(listProcedures().find(({ path }) => path === 'accounts.list')!.output!)).toContain(
      '.items.proxy',
    );
  });

  it.each(listProcedures())('[CTL-1] no answer of $path holds what was planted', async (procedure) => {
    const secrets = [...Object.values(PLANTED), ADMIN_TOKEN, ...plainKeys, ...(await readSecrets(api))];
    for (const input of fc.sample(
      generateValidInput(procedure.input, chooseKnown(procedure.path, known)),
      CALLS,
    )) {
      const { status, text } = await callProcedure(
        api,
        procedure,
        input,
        await walker.selectHeaders(procedure),
      );
      if (status < 300) reached.add(procedure.path);
      const open = OPEN_ANSWERS[procedure.path];
      const told = open === undefined ? text : text.replaceAll(open, '');
      expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
    }
  });

  it('[CTL-1] most of them have really answered', () => {
    const queries = listProcedures().filter(({ type }) => type === 'query');
    const answered = queries.filter(({ path }) => reached.has(path));
    // The others want an object that only comes of other work: an export that was sent in, a plan to rate anew.
    expect(answered.length / queries.length).toBeGreaterThan(0.7);
    expect([...reached]).toEqual(
      expect.arrayContaining(['accounts.get', 'accounts.list', 'keys.get', 'users.get']),
    );
  });

  it('[CTL-1] neither the log nor the audit holds it', async () => {
    const audit = JSON.stringify(await api.readAudit());
    const told = api.logged.join('\n') + audit;
    const secrets = [...Object.values(PLANTED), ...plainKeys, ...(await readSecrets(api))];
    expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
  });
});
