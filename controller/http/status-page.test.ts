import { expect, it } from 'vitest';
import { escapeHtml } from './status-page.js';

it('text that looks like HTML is shown as text', () => {
  expect(escapeHtml(`<b a="1">&'`)).toBe('&lt;b a=&quot;1&quot;&gt;&amp;&#39;');
});
