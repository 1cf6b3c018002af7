import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

type Context = Record<string, unknown>;
type Block = { readonly text: string } | { readonly action: string; readonly body: Block[]; readonly otherwise: Block[] };

/**
 * Renders a chart as `helm template RELEASE CHART --namespace NAMESPACE` does, for the part of the template language that
 * the chart keeps to: values, if and else, range, define, include, toYaml, nindent, quote, not. Anything else throws, and so does a
 * value that does not exist. Returns the documents as text.
 */
export function renderChart(chart: string, release: string, namespace: string, values: Context = {}): string {
  const describe = (file: string) => parse(readFileSync(join(chart, file), 'utf8'));
  const { appVersion: AppVersion, name: Name } = describe('Chart.yaml');
  const root: Context = {
    Values: { ...describe('values.yaml'), ...values },
    Release: { Name: release, Namespace: namespace, Service: 'Helm' },
    Chart: { AppVersion, Name },
  };
  const templates = join(chart, 'templates');
  const renderer = new Renderer(root);
  const texts = readdirSync(templates)
    .sort()
    .map((file) => renderer.render(readFileSync(join(templates, file), 'utf8')).trim());
  return `${texts.filter((text) => text !== '').join('\n---\n')}\n`;
}

class Renderer {
  readonly #root: Context;
  readonly #definitions = new Map<string, Block[]>();

  constructor(root: Context) {
    this.#root = root;
  }

  render(template: string): string {
    return this.#run(blocksOf(template), this.#root);
  }

  #run(blocks: readonly Block[], dot: unknown): string {
    return blocks.map((block) => ('text' in block ? block.text : this.#act(block, dot))).join('');
  }

  #act({ action, body, otherwise }: Exclude<Block, { text: string }>, dot: unknown): string {
    const [verb, rest] = split(action);
    if (verb === 'define') {
      this.#definitions.set(JSON.parse(rest), body);
      return '';
    }
    if (verb === 'if') return this.#run(truthy(this.#evaluate(rest, dot)) ? body : otherwise, dot);
    if (verb === 'range')
      return list(this.#evaluate(rest, dot))
        .map((item) => this.#run(body, item))
        .join('');
    return String(this.#evaluate(action, dot));
  }

  #evaluate(pipeline: string, dot: unknown): unknown {
    const [first = '', ...rest] = pipeline.split(' | ');
    return rest.reduce((value, call) => this.#call(call.trim(), dot, value), this.#call(first.trim(), dot));
  }

  #call(text: string, dot: unknown, ...piped: unknown[]): unknown {
    const [name, rest] = split(text);
    const given = () => [...words(rest).map((word) => this.#term(word, dot)), ...piped];
    switch (name) {
      case 'include': {
        const [template, context] = given();
        const body = this.#definitions.get(String(template));
        if (body === undefined) throw new Error(`no template '${template}' is defined before`);
        return this.#run(body, context).trimStart();
      }
      case 'toYaml':
        return stringify(given()[0]).trimEnd();
      case 'nindent': {
        const [width, value] = given();
        return `\n${String(value).replaceAll(/^/gm, ' '.repeat(Number(width)))}`;
      }
      case 'quote':
        return JSON.stringify(String(given()[0]));
      case 'not':
        return !truthy(given()[0]);
      default:
        return this.#term(text, dot);
    }
  }

  #term(word: string, dot: unknown): unknown {
    if (/^(".*"|\d+)$/.test(word)) return JSON.parse(word);
    const path = /^(\$?)((?:\.\w+)*|\.)$/.exec(word);
    if (path === null) throw new Error(`the test's renderer does not know '${word}'`);
    const names = (path[2] ?? '').split('.').filter((name) => name !== '');
    return names.reduce<unknown>((value, name) => fieldOf(value, name, word), path[1] === '$' ? this.#root : dot);
  }
}

/** Text and actions, with what belongs to an action nested in it. */
function blocksOf(template: string): Block[] {
  const tokens = template.split(/(\{\{-?\s[\s\S]*?\s-?\}\})/);
  const root: Block[] = [];
  const open: { into: Block[]; otherwise: Block[] }[] = [{ into: root, otherwise: [] }];
  for (const [index, token] of tokens.entries()) {
    const top = open.at(-1);
    if (top === undefined) throw new Error('more ends than beginnings');
    if (!token.startsWith('{{')) {
      const before = tokens[index - 1]?.endsWith('-}}') ? token.trimStart() : token;
      top.into.push({ text: tokens[index + 1]?.startsWith('{{-') ? before.trimEnd() : before });
      continue;
    }
    const action = token.replace(/^\{\{-?\s/, '').replace(/\s-?\}\}$/, '');
    if (action === 'end') open.pop();
    else if (action === 'else') top.into = top.otherwise;
    else {
      const block = { action, body: [], otherwise: [] };
      top.into.push(block);
      if (/^(if|range|define) /.test(action)) open.push({ into: block.body, otherwise: block.otherwise });
    }
  }
  if (open.length !== 1) throw new Error('an action is not ended');
  return root;
}

function split(text: string): [string, string] {
  const space = text.indexOf(' ');
  return space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space + 1).trim()];
}

function words(text: string): string[] {
  return text.match(/"[^"]*"|\S+/g) ?? [];
}

function fieldOf(value: unknown, name: string, word: string): unknown {
  if (typeof value === 'object' && value !== null && name in value) return (value as Context)[name];
  throw new Error(`there is no ${word}`);
}

function truthy(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error('only a list can be ranged over');
}
