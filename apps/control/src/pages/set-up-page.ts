import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The page that a set-up link leads to: a form without a build, which runs this one script and nothing else. */
export interface SetUpPage {
  html: string;
  headers: Record<string, string>;
}

export function loadSetUpPage(): SetUpPage {
  const html = readFileSync(new URL('set-up.html', import.meta.url), 'utf8');
  const script = selectPart(html, 'script');
  const style = selectPart(html, 'style');
  const policy = [
    "default-src 'none'",
    "connect-src 'self'",
    `script-src '${hashPart(script)}'`,
    `style-src '${hashPart(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  };
}

/** What is between the tags, to the letter: the browser hashes the same. */
export function selectPart(html: string, tag: 'script' | 'style'): string {
  return html.slice(html.indexOf(`<${tag}>`) + tag.length + 2, html.indexOf(`</${tag}>`));
}

function hashPart(text: string): string {
  return `sha256-${hash('sha256', text, 'base64')}`;
}
