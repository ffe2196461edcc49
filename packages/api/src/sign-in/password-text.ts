/** How hard a password is to guess from its hash: OWASP's least for argon2id (37 ms on a slow core). */
export interface HashCost {
  memoryKib: number;
  passes: number;
  lanes: number;
}

export interface StoredPassword {
  cost: HashCost;
  salt: Buffer;
  digest: Buffer;
}

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** The PHC string form, `$argon2id$v=19$m=…,t=…,p=…$salt$digest`, as other programs write and read it. */
export function encodePassword({ cost, salt, digest }: StoredPassword): string {
  const { memoryKib, passes, lanes } = cost;
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${encodeBytes(salt)}$${encodeBytes(digest)}`;
}

function encodeBytes(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}

/** null = not of this form. */
export function decodePassword(text: string): StoredPassword | null {
  const [, memory, passes, lanes, salt = '', digest = ''] = PHC.exec(text) ?? [];
  if (memory === undefined) return null;
  const cost = { memoryKib: Number(memory), passes: Number(passes), lanes: Number(lanes) };
  return { cost, salt: Buffer.from(salt, 'base64'), digest: Buffer.from(digest, 'base64') };
}
