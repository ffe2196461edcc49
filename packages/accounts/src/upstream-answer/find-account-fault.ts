/** Refusals that vendors send as 400, although the request was fine and the account was not. */
const FAULTS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/API_KEY_INVALID/u, 'the API key is not valid'],
  [/credit balance is too low/iu, 'no credit left'],
  [/this organization has been disabled/iu, 'the organisation has been disabled'],
];

/** Why a 400 is the account's fault and not the client's, in words for the admin; null = it is the client's. */
export function findAccountFault(bodyHead: string): string | null {
  return FAULTS.find(([pattern]) => pattern.test(bodyHead))?.[1] ?? null;
}
