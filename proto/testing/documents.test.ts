import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { repository as root } from './sources.js';

const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
];

/** A document's links to other files of the repository: what is linked, and the heading in it if one is named. */
function linksOf(document: string): { target: string; heading: string | undefined }[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/\]\(([^)\s]*)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', heading] = link.split('#');
      return { target: path === '' ? document : join(dirname(document), path), heading };
    });
}

/** As Markdown viewers name headings. */
function anchorsOf(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8').replace(/^```.*?^```/gms, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(documents)('%s links to what is there', (document) => {
  const broken = linksOf(document).filter(
    ({ target, heading }) =>
      !existsSync(join(root, target)) ||
      (heading !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(heading)),
  );
  expect(broken).toEqual([]);
});

test('every document is linked from the README or a page that it links to', () => {
  const reached = new Set(['README.md']);
  for (const document of reached) {
    for (const { target } of linksOf(document)) if (target.endsWith('.md')) reached.add(target);
  }
  expect(documents.filter((document) => !reached.has(document))).toEqual([]);
});
