const HIDDEN = '[hidden]';
/** What providers' keys and tokens look like, whole or shortened: some quote what they refuse. */
const KEY_LIKE =
  /\b(?:sk|pk|rk|key|sess)-[\w*.…-]{4,}|\bAIza[\w*.-]{4,}|\bya29\.[\w*.-]{4,}|\beyJ[\w-]{8,}(?:\.[\w-]+)*|(?<=Bearer )[\w.~+/=*-]{8,}/giu;
const CHARACTERS_MAX = 500;
/** Shorter ones would blot out words. */
const SECRET_LENGTH_MIN = 4;

/** The text without the given secrets and without anything that looks like one; one line, cut to 500 characters. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret.length >= SECRET_LENGTH_MIN);
  const open = known.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
  return open.replaceAll(KEY_LIKE, HIDDEN).replaceAll(/\s+/gu, ' ').slice(0, CHARACTERS_MAX);
}
