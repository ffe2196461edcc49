/** What a provider does not like about a request. */
export interface Complaint {
  /** Where in the body, as a path of names and places; [] = all of it. */
  path: readonly PropertyKey[];
  message: string;
  /** The field that the provider does not know; null = the trouble is another. */
  unknownField: string | null;
}

/** What a request is judged with beside its body. */
export interface RuleContext {
  model: string;
  isStream: boolean;
  /** Lower-case names. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Finds what is wrong in the order in which a provider would; null = nothing. */
export type RequestRule<Body> = (body: Body, context: RuleContext) => Complaint | null;

export function complain(path: readonly PropertyKey[], message: string): Complaint {
  return { path, message, unknownField: null };
}

/** The first complaint of several rules. */
export function findFirst<Body>(
  rules: readonly RequestRule<Body>[],
  body: Body,
  context: RuleContext,
): Complaint | null {
  for (const rule of rules) {
    const complaint = rule(body, context);
    if (complaint !== null) return complaint;
  }
  return null;
}
