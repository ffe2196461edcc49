import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfigFile } from './read-config-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-config-'));
  mkdirSync(join(folder, 'secrets'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const readKey = async (reference: string, env: Record<string, string> = {}) => {
  const text = await readConfigFile(write('config.yaml', `keys: [{ key: ${reference} }]`), env);
  return (JSON.parse(text) as { keys: { key: unknown }[] }).keys[0]?.key;
};

describe('readConfigFile', () => {
  it.each([
    ['a line', 'sk-x\n', 'sk-x'],
    ['a line of another system', 'sk-x\r\n', 'sk-x'],
    ['no line end', 'sk-x', 'sk-x'],
    ['two line ends, of which one belongs to it', 'sk-x\n\n', 'sk-x\n'],
  ])('[CTL-4] takes a secret from a file beside the configuration: %s', async (_name, text, secret) => {
    write('secrets/key', text);
    expect(await readKey('{ file: secrets/key }')).toBe(secret);
  });

  it.each([
    ['that is not there', 'nowhere', 'cannot be read (ENOENT)'],
    ['that is a folder', 'secrets', 'cannot be read (EISDIR)'],
    ['that is empty', 'empty', 'is empty'],
    ['that is no secret any more', 'large', 'has more than 65536 bytes'],
  ])('[CTL-4] names the path of a file %s', async (_name, file, message) => {
    write('empty', '\n');
    write('large', 'x'.repeat(65_537));
    await expect(readKey(`{ file: ${file} }`)).rejects.toThrow(`keys[0].key: file ${file} ${message}`);
  });

  it('[CTL-4] a variable that is set to nothing is not set', async () => {
    expect(await readKey('{ env: K }', { K: 'sk-x' })).toBe('sk-x');
    await expect(readKey('{ env: K }', { K: '' })).rejects.toThrow('environment variable K is not set');
    await expect(readKey('{ env: K }')).rejects.toThrow('environment variable K is not set');
  });

  it('a configuration that is not there says so', async () => {
    await expect(readConfigFile(join(folder, 'nowhere.yaml'), {})).rejects.toThrow('ENOENT');
  });
});
