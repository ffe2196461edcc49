/**
 * What the compiler says of the router is one expression with all inputs and outputs in it. These few names of ours
 * are left in it, by where they are imported from: nobody outside can follow them, so they are put in words.
 */
const KNOWN: readonly { from: RegExp; type: string }[] = [
  // The server's side of a call: a client has nothing to do with it.
  { from: /import\("[^"]*\/context\.ts"\)\.ApiContext/g, type: 'object' },
  { from: /import\("[^"]*\/problem\.ts"\)\.Problem\b/g, type: 'Problem' },
  // Branded ids arrive as text.
  { from: /import\("@tollgate\/core"\)\.\w+Id\b/g, type: 'string' },
  { from: /import\("zod"\)\.JSONType\b/g, type: 'JsonValue' },
];

const HEAD = `/** One thing that is wrong with what was sent, and where. */
export interface Problem {
  /** \`accounts[0].base_url\`; '' = the whole input. */
  path: string;
  message: string;
}

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

`;

const PUBLIC_MODULE = '@trpc/server';

/**
 * The router's declarations without anything of the server: `text` is what the compiler emits for router.ts. Throws an
 * Error that names a type which would need the server's sources; its procedure then wants a zod schema of its own.
 */
export function bundleRouterTypes(text: string): string {
  const bundled = KNOWN.reduce((result, { from, type }) => result.replaceAll(from, type), text);
  const left = [...bundled.matchAll(/(?:import\(|from )["']([^"']+)["']\)?(?:\.\w+)?/g)].find(
    ([, module]) => module !== PUBLIC_MODULE,
  );
  if (left) throw new Error(`the router's types lead into the server: ${left[0]}`);
  // Only its type leaves: there is no router where a client is.
  return HEAD + bundled.replace('export declare const appRouter', 'declare const appRouter');
}
