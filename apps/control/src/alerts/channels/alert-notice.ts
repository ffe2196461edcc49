import { ALERT_METRICS, type AlertDeliveryKind, type AlertMetric } from '@tollgate/core';
import type { StoredAlertEvent } from '@tollgate/db';

/** One message, whichever way it goes. */
export interface AlertNotice {
  /** The same for each try: who gets it twice can tell. */
  id: string;
  kind: AlertDeliveryKind;
  channelName: string;
  /** null = a test. */
  event: StoredAlertEvent | null;
}

export interface NoticeText {
  title: string;
  lines: string[];
}

const UNITS: Record<(typeof ALERT_METRICS)[AlertMetric]['unit'], string> = {
  count: '',
  ratio: '',
  ms: ' ms',
  tokens: ' tokens',
  usd: ' USD',
};

/** In words, for people. The word Tollgate is always there: chat robots may ask for a keyword. */
export function describeNotice({ kind, event, channelName }: AlertNotice): NoticeText {
  if (event === null) {
    return {
      title: 'Tollgate test message',
      lines: [`The alert channel ${quote(channelName)} works.`, 'Nothing is wrong: somebody has tested it.'],
    };
  }
  const rule = quote(event.ruleName);
  if (kind === 'resolved') {
    return {
      title: `Tollgate: ${rule} is resolved`,
      lines: [...describeEnd(event), ...describeSubject(event)],
    };
  }
  return {
    title: `Tollgate ${event.severity}: ${rule} fires`,
    lines: [
      `${event.metric} is ${formatFigure(event.metric, event.valueAtFire)}, ${event.comparison} ${formatFigure(event.metric, event.threshold)}.`,
      ...describeSubject(event),
      `Since ${event.firedAt}.`,
    ],
  };
}

/** A decimal without the zeros that Postgres fills it with, and its unit. */
export function formatFigure(metric: string, text: string): string {
  const figure = text.includes('.') ? text.replace(/\.?0+$/u, '') : text;
  return (
    figure + (Object.hasOwn(ALERT_METRICS, metric) ? UNITS[ALERT_METRICS[metric as AlertMetric].unit] : '')
  );
}

function describeEnd({ metric, valueAtResolve, firedAt, resolvedAt }: StoredAlertEvent): string[] {
  return [
    valueAtResolve === null
      ? `There is no figure of ${metric} any more, or the rule is not as it was.`
      : `${metric} is ${formatFigure(metric, valueAtResolve)}.`,
    `From ${firedAt} to ${resolvedAt ?? 'now'}.`,
  ];
}

function describeSubject({ filter }: StoredAlertEvent): string[] {
  const parts = Object.entries(filter).map(([dimension, values]) => `${dimension}: ${values.join(', ')}`);
  return parts.length === 0 ? [] : [`Of ${parts.join('; ')}.`];
}

/** On one line, whatever an admin has typed; with quotes that a mail's subject may have as they are. */
function quote(text: string): string {
  return `'${text.replaceAll(/\s+/gu, ' ')}'`;
}
