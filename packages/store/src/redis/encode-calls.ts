import type { Call } from './call.ts';
import { CommandEncoder, encodeWords, type CommandText } from './resp/encode-command.ts';
import type { Script } from './scripts.ts';

/** `EVALSHA <sha>` of each script, which is the same in every call. */
const SCRIPT_HEADS = new WeakMap<Script, string>();

/** `withSource`: for a Redis that does not know the scripts (any more). */
export function encodeCalls(calls: readonly Call[], withSource: boolean): CommandText {
  const encoder = new CommandEncoder();
  for (const call of calls) {
    if ('script' in call) addScriptCall(encoder, call, withSource);
    else {
      encoder.begin(1 + call.args.length);
      encoder.addWord(call.command);
      encoder.addWords(call.args);
    }
  }
  return encoder;
}

type ScriptCall = Extract<Call, { script: Script }>;

function addScriptCall(encoder: CommandEncoder, call: ScriptCall, withSource: boolean): void {
  const { script, keys, args } = call;
  const words = 1 + keys.length + args.length;
  if (withSource) {
    encoder.begin(2 + words);
    encoder.addWords(['EVAL', script.source]);
  } else {
    encoder.begin(words, selectScriptHead(script), 2);
  }
  encoder.addWord(keys.length);
  encoder.addWords(keys);
  encoder.addWords(args);
}

function selectScriptHead(script: Script): string {
  let head = SCRIPT_HEADS.get(script);
  if (head === undefined) SCRIPT_HEADS.set(script, (head = encodeWords(['EVALSHA', script.sha])));
  return head;
}
