// CodeMirror, as the console uses it.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language';
import { lintGutter, lintKeymap } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { graphqlLanguageSupport } from 'cm6-graphql';
import { StyleModule } from 'style-mod';

// The package would write <style> elements, which the page's policy does not take; constructed style sheets do
// the same without.
const mounted = new Set<StyleModule>();
StyleModule.mount = (_, modules) => {
  for (const one of [modules].flat()) {
    if (mounted.has(one)) continue;
    mounted.add(one);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(one.getRules());
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
};

const theme = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55', fontVariantLigatures: 'none' },
  '.cm-content': { caretColor: 'var(--accent)', padding: '10px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--quiet)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': {
    backgroundColor: 'color-mix(in srgb, var(--accent-soft) 45%, transparent)',
  },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--accent) 24%, transparent) !important',
  },
  '.cm-matchingBracket': { backgroundColor: 'var(--accent-soft) !important', color: 'inherit !important' },
  '.cm-selectionMatch': { backgroundColor: 'var(--warn-soft)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    border: '1px solid var(--line)',
    borderRadius: '8px',
    boxShadow: 'var(--shadow-high)',
    maxWidth: '420px',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent-soft) !important',
    color: 'var(--text) !important',
  },
  '.cm-tooltip.cm-completionInfo': { padding: '8px 12px', fontFamily: 'var(--sans)', maxWidth: '300px' },
  '.cm-diagnostic': { padding: '7px 12px', fontFamily: 'var(--sans)', fontSize: '13px' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--bad)' },
  '.cm-diagnostic-warning': { borderLeft: '3px solid var(--warn)' },
  '.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--text)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--sunken)', border: '1px solid var(--line)', color: 'var(--quiet)' },
  '.cm-changedLine, .cm-insertedLine': { backgroundColor: 'var(--good-soft) !important' },
  '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': { backgroundColor: 'var(--bad-soft) !important' },
  '.cm-changedText': { background: 'color-mix(in srgb, var(--good) 16%, transparent) !important', borderRadius: '2px' },
  '&.cm-merge-a .cm-changedText, .cm-deletedText': {
    background: 'color-mix(in srgb, var(--bad) 16%, transparent) !important',
  },
  '.cm-collapsedLines': {
    color: 'var(--quiet)',
    background: 'var(--sunken)',
    padding: '4px 12px',
    fontFamily: 'var(--sans)',
    fontSize: '12px',
  },
  '.cm-collapsedLines::before, .cm-collapsedLines::after': { content: 'none !important' },
});

const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.propertyName, color: 'var(--accent-strong)' },
    { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
    {
      tag: [tags.number, tags.bool, tags.null, tags.atom, tags.keyword, tags.definitionKeyword, tags.modifier],
      color: 'var(--secret)',
    },
    { tag: [tags.typeName, tags.className], color: 'var(--accent-strong)' },
    {
      tag: [
        tags.comment,
        tags.lineComment,
        tags.blockComment,
        tags.docString,
        tags.punctuation,
        tags.bracket,
        tags.separator,
      ],
      color: 'var(--quiet)',
    },
  ]),
);

export type Language = 'json' | 'graphql';

const languageOf = (language: Language): Extension => (language === 'json' ? json() : graphqlLanguageSupport());

export const reading = (language: Language, label: string): Extension => [
  lineNumbers(),
  foldGutter(),
  EditorState.readOnly.of(true),
  EditorView.lineWrapping,
  keymap.of([...defaultKeymap, ...searchKeymap, ...foldKeymap]),
  languageOf(language),
  colours,
  theme,
  EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
];

// Where typed text replaces a selection, browsers leave style attributes, which the page's policy does not take: so
// the editor does it.
const replaceSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== 'insertText' || event.data === null || view.state.selection.main.empty) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(event.data), { scrollIntoView: true, userEvent: 'input.type' });
    return true;
  },
});

export const writing = (language: Language, label: string): Extension => [
  lineNumbers(),
  foldGutter(),
  history(),
  drawSelection(),
  indentOnInput(),
  indentUnit.of('  '),
  bracketMatching(),
  closeBrackets(),
  autocompletion(),
  highlightActiveLine(),
  highlightSelectionMatches(),
  lintGutter(),
  EditorView.lineWrapping,
  replaceSelection,
  keymap.of([
    ...closeBracketsKeymap,
    ...defaultKeymap,
    ...searchKeymap,
    ...historyKeymap,
    ...foldKeymap,
    ...completionKeymap,
    ...lintKeymap,
  ]),
  languageOf(language),
  colours,
  theme,
  EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
];
