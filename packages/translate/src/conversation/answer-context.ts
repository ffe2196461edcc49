/** What the answer's translation has to know of the request. Plain JSON. */
export interface AnswerContext {
  /** Chat: the client asked for `stream_options.include_usage`. */
  includesUsage: boolean;
  /** The client wants to read thoughts. */
  showsThoughts: boolean;
  /** Tool names as the upstream knows them → as the client does, where they differ. */
  toolNames: Record<string, string>;
  /** Fields of the request that the answer repeats (responses). No exact numbers: parse what is kept as plain JSON. */
  echo: Record<string, unknown>;
  /** API-7: MCP tools that the model was told to call in XML, by the client's names; absent = none. */
  mcpTools?: string[];
}
