import type { JsonObject } from '../json/json-object.ts';
import { readCustomInput } from './custom-input.ts';
import {
  buildCallItem,
  buildCustomCallItem,
  buildMessageItem,
  buildReasoningItem,
  buildRefusalPart,
  buildSummaryPart,
  buildTextPart,
  type CallFacts,
} from './output-items.ts';

/** An event of an item: its fields as JSON behind the item's place, each with a comma in front. */
export interface ItemEvent {
  type: string;
  fields: string;
}

/** One output item on its way: what its protocol wants said before, between and after its pieces. */
export abstract class StreamItem {
  readonly id: string;
  abstract readonly deltaType: string;
  /** Where in the item its text stands. */
  readonly partFields: string = '';
  protected text = '';

  constructor(id: string) {
    this.id = id;
  }

  /** The item as it begins. */
  abstract buildStart(): JsonObject;
  /** The whole item. */
  abstract build(): JsonObject;
  /** Behind `output_item.added`. */
  abstract listStart(): ItemEvent[];
  /** Before `output_item.done`. */
  abstract listDone(): ItemEvent[];

  /** Takes a piece; gives what of it is to be told now. */
  add(piece: string): string {
    this.text += piece;
    return piece;
  }

  /** What is left to be told when all pieces have come. */
  takeRest(): string {
    return '';
  }
}

abstract class MessageItem extends StreamItem {
  override readonly partFields = ',"content_index":0';

  protected abstract buildPart(): JsonObject;

  buildStart(): JsonObject {
    return { ...buildMessageItem(this.id, {}), status: 'in_progress', content: [] };
  }

  build(): JsonObject {
    return buildMessageItem(this.id, this.buildPart());
  }

  listStart(): ItemEvent[] {
    return [this.#buildPartEvent('added')];
  }

  listDone(): ItemEvent[] {
    return [this.buildTextDone(), this.#buildPartEvent('done')];
  }

  protected abstract buildTextDone(): ItemEvent;

  #buildPartEvent(moment: 'added' | 'done'): ItemEvent {
    const part = JSON.stringify(this.buildPart());
    return { type: `response.content_part.${moment}`, fields: `${this.partFields},"part":${part}` };
  }
}

export class TextItem extends MessageItem {
  readonly deltaType = 'response.output_text.delta';

  protected buildPart(): JsonObject {
    return buildTextPart(this.text);
  }

  protected buildTextDone(): ItemEvent {
    const fields = `${this.partFields},"text":${JSON.stringify(this.text)},"logprobs":[]`;
    return { type: 'response.output_text.done', fields };
  }
}

export class RefusalItem extends MessageItem {
  readonly deltaType = 'response.refusal.delta';

  protected buildPart(): JsonObject {
    return buildRefusalPart(this.text);
  }

  protected buildTextDone(): ItemEvent {
    return {
      type: 'response.refusal.done',
      fields: `${this.partFields},"refusal":${JSON.stringify(this.text)}`,
    };
  }
}

export class ReasoningItem extends StreamItem {
  readonly deltaType = 'response.reasoning_summary_text.delta';
  override readonly partFields = ',"summary_index":0';

  buildStart(): JsonObject {
    return { ...buildReasoningItem(this.id, ''), summary: [] };
  }

  build(): JsonObject {
    return buildReasoningItem(this.id, this.text);
  }

  listStart(): ItemEvent[] {
    return [this.#buildPartEvent('added')];
  }

  listDone(): ItemEvent[] {
    const text = `${this.partFields},"text":${JSON.stringify(this.text)}`;
    return [{ type: 'response.reasoning_summary_text.done', fields: text }, this.#buildPartEvent('done')];
  }

  #buildPartEvent(moment: 'added' | 'done'): ItemEvent {
    const part = JSON.stringify(buildSummaryPart(this.text));
    return { type: `response.reasoning_summary_part.${moment}`, fields: `${this.partFields},"part":${part}` };
  }
}

abstract class ToolItem extends StreamItem {
  protected readonly facts: CallFacts;

  constructor(facts: CallFacts) {
    super(facts.id);
    this.facts = facts;
  }

  listStart(): ItemEvent[] {
    return [];
  }
}

export class CallItem extends ToolItem {
  readonly deltaType = 'response.function_call_arguments.delta';

  buildStart(): JsonObject {
    return buildCallItem(this.facts, '', 'in_progress');
  }

  build(): JsonObject {
    return buildCallItem(this.facts, this.text, 'completed');
  }

  /** Clients parse the arguments as they are: nothing is no JSON. */
  override takeRest(): string {
    return this.text === '' ? this.add('{}') : '';
  }

  listDone(): ItemEvent[] {
    const fields = `,"arguments":${JSON.stringify(this.text)},"name":${JSON.stringify(this.facts.name)}`;
    return [{ type: 'response.function_call_arguments.done', fields }];
  }
}

/** A call with free text: it stands inside of JSON until all of that has come. */
export class CustomCallItem extends ToolItem {
  readonly deltaType = 'response.custom_tool_call_input.delta';

  override add(piece: string): string {
    this.text += piece;
    return '';
  }

  override takeRest(): string {
    this.text = readCustomInput(this.text);
    return this.text;
  }

  buildStart(): JsonObject {
    return buildCustomCallItem(this.facts, '', 'in_progress');
  }

  build(): JsonObject {
    return buildCustomCallItem(this.facts, this.text, 'completed');
  }

  listDone(): ItemEvent[] {
    return [
      { type: 'response.custom_tool_call_input.done', fields: `,"input":${JSON.stringify(this.text)}` },
    ];
  }
}
