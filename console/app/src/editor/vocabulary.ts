// What the server's vocabulary says of a schema while it is typed: keywords to complete, and what is wrong.
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { jsonParseLinter } from '@codemirror/lang-json';
import { syntaxTree } from '@codemirror/language';
import type { Diagnostic } from '@codemirror/lint';
import type { EditorState, Text } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';
import type { SyntaxNode } from '@lezer/common';
import { Validator, type Schema } from '@cfworker/json-schema';
import type { Problem } from '../lib/api';
import { isObject, type JsonObject } from '../lib/json';

interface Keyword {
  description?: string;
  enum?: unknown[];
  type?: unknown;
  examples?: string[];
  errorMessage?: string;
}

/** The keywords that a vocabulary describes, by name. */
function keywordsOf(vocabulary: JsonObject): Map<string, Keyword> {
  const definitions = isObject(vocabulary.definitions) ? Object.values(vocabulary.definitions) : [];
  return new Map(
    definitions.flatMap((definition) =>
      isObject(definition) && isObject(definition.properties)
        ? Object.entries(definition.properties as Record<string, Keyword>)
        : [],
    ),
  );
}

const unquote = (text: string) => {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
};

function nameOf(property: SyntaxNode, doc: Text) {
  const name = property.getChild('PropertyName');
  return name ? unquote(doc.sliceString(name.from, name.to)) : '';
}

/** Where a JSON pointer leads: to the property's name, or the element. What is not there is the place of its parent. */
function placeOf(state: EditorState, pointer: string): { from: number; to: number } {
  let node: SyntaxNode | null = syntaxTree(state).topNode.firstChild;
  let place = { from: node?.from ?? 0, to: Math.min((node?.from ?? 0) + 1, state.doc.length) };
  for (const part of pointer.replace(/^#/, '').split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (node?.name === 'Object') {
      const property: SyntaxNode | undefined = node.getChildren('Property').find((p) => nameOf(p, state.doc) === name);
      const label = property?.getChild('PropertyName');
      if (!property || !label) break;
      place = { from: label.from, to: label.to };
      node = property.lastChild;
    } else if (node?.name === 'Array') {
      const elements: SyntaxNode[] = [];
      for (let child = node.firstChild; child; child = child.nextSibling)
        if (!['[', ']'].includes(child.name)) elements.push(child);
      node = elements[Number(name)] ?? null;
      if (!node) break;
      place = { from: node.from, to: node.to };
    } else break;
  }
  return place;
}

const parse = jsonParseLinter();

export type Ask = (text: string) => Promise<{ problem: Problem; serious: boolean }[]>;

/** Checks the text against the vocabulary, and what passes by asking the server, which knows more. */
export function linter(vocabulary: JsonObject, ask: Ask) {
  const keywords = keywordsOf(vocabulary);
  const validator = new Validator(vocabulary as Schema, '7', false);
  return async (view: EditorView): Promise<Diagnostic[]> => {
    const syntax = parse(view);
    if (syntax.length > 0) return syntax;
    const { state } = view;
    const text = state.doc.toString();
    const schema: unknown = JSON.parse(text);
    const { errors } = validator.validate(schema);
    // A broken rule is told with everything around it: what counts is the innermost place.
    const places = new Set(
      errors.map((e) => e.instanceLocation).filter((at, _, all) => !all.some((other) => other.startsWith(`${at}/`))),
    );
    if (places.size > 0) {
      return [...places].map((at) => {
        const name = unquote(`"${at.split('/').at(-1) ?? ''}"`);
        const keyword = keywords.get(name);
        return {
          ...placeOf(state, at),
          severity: 'error',
          message: keyword?.errorMessage
            ? `${name} ${keyword.errorMessage}`
            : `${name || 'The schema'} is not as it must be. ${keyword?.description ?? ''}`,
        };
      });
    }
    if (!isObject(schema)) return [];
    return (await ask(text)).map(({ problem, serious }) => ({
      ...placeOf(state, problem.pointer),
      severity: serious ? 'error' : 'warning',
      message: [problem.message, problem.fix].filter(Boolean).join(' — '),
    }));
  };
}

// Below these the names are the person's own.
const namesOfTheirOwn = new Set([
  'properties',
  '$defs',
  'definitions',
  'patternProperties',
  'dependentSchemas',
  'dependentRequired',
]);

/** Offers keywords where a keyword stands, and values where the vocabulary knows them. */
export function completer(vocabulary: JsonObject) {
  const keywords = keywordsOf(vocabulary);
  return ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const node = syntaxTree(state).resolveInner(pos, -1);
    const line = state.doc.lineAt(pos);
    const typed = /"?[$\w-]*$/.exec(state.sliceDoc(line.from, pos))?.[0] ?? '';
    const property = node.name === 'Property' ? node : node.parent?.name === 'Property' ? node.parent : null;
    const inValue = property && node.name !== 'PropertyName' && pos > (property.getChild('PropertyName')?.to ?? pos);
    if (property && inValue) {
      const keyword = keywords.get(nameOf(property, state.doc));
      const values = keyword?.enum ?? keyword?.examples ?? (keyword?.type === 'boolean' ? [true, false] : []);
      return values.length
        ? {
            from: pos - typed.length,
            options: values.map((v): Completion => ({ label: JSON.stringify(v), type: 'constant' })),
          }
        : null;
    }
    const object = node.name === 'Object' ? node : node.name === 'PropertyName' ? node.parent?.parent : node.parent;
    if (object?.name !== 'Object' || (!explicit && !typed)) return null;
    if (object.parent?.name === 'Property' && namesOfTheirOwn.has(nameOf(object.parent, state.doc))) return null;
    const there = new Set(object.getChildren('Property').map((p) => nameOf(p, state.doc)));
    return {
      from: pos - typed.length,
      options: [...keywords]
        .filter(([name]) => !there.has(name))
        .map(([name, { description }]): Completion => ({
          label: JSON.stringify(name),
          apply: `${JSON.stringify(name)}: `,
          type: 'property',
          boost: /^(x-|v-|sensitive|pii|documentTTL)/.test(name) ? 1 : 0,
          ...(description && { info: description }),
        })),
    };
  };
}
