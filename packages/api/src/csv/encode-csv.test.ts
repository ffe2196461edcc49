import { expect, it } from 'vitest';
import { encodeCsv } from './encode-csv.ts';

it('[MON-12] quotes what needs it, and lets no formula through', () => {
  const rows = [
    ['plain', 1, null],
    ['a,b', 'say "hi"', 'two\nlines'],
    ['=1+1', '@x', '-2'],
  ];
  expect(encodeCsv(['a', 'b', 'c'], rows)).toBe(
    'a,b,c\r\nplain,1,\r\n"a,b","say ""hi""","two\nlines"\r\n\'=1+1,\'@x,\'-2\r\n',
  );
});
