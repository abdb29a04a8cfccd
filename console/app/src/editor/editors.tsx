// The editors themselves, in a part of the program that is loaded when one is shown.
import { autocompletion } from '@codemirror/autocomplete';
import { linter as lint } from '@codemirror/lint';
import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import type { JsonObject } from '../lib/json';
import { reading, writing, type Language } from './setup';
import { completer, linter, type Ask } from './vocabulary';

/** Edits a JSON Schema, and says what is wrong with it while it is typed. */
export function SchemaEditor({
  label,
  value,
  onChange,
  vocabulary,
  ask,
}: {
  label: string;
  value: string;
  onChange(value: string): void;
  vocabulary: JsonObject;
  ask: Ask;
}) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef({ onChange, ask, value });
  latest.current = { onChange, ask, value };
  useEffect(() => {
    if (!parent.current) return undefined;
    view.current = new EditorView({
      parent: parent.current,
      doc: latest.current.value,
      extensions: [
        writing('json', label),
        autocompletion({ override: [completer(vocabulary)] }),
        lint(
          linter(vocabulary, (text) => latest.current.ask(text)),
          { delay: 500 },
        ),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) latest.current.onChange(update.state.doc.toString());
        }),
      ],
    });
    return () => view.current?.destroy();
  }, [label, vocabulary]);
  useEffect(() => {
    const current = view.current?.state.doc.toString();
    if (view.current && current !== value)
      view.current.dispatch({ changes: { from: 0, to: current?.length ?? 0, insert: value } });
  }, [value]);
  return <div className="editor" ref={parent} />;
}

/** Shows a text. */
export function Reader({ label, text, language }: { label: string; text: string; language: Language }) {
  const parent = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!parent.current) return undefined;
    const view = new EditorView({ parent: parent.current, doc: text, extensions: reading(language, label) });
    return () => view.destroy();
  }, [label, text, language]);
  return <div className="editor" ref={parent} />;
}

const collapseUnchanged = { margin: 3, minSize: 6 };

/** Shows what differs: side by side where there is room, else in one column. */
export function Comparison({
  before,
  after,
  labels: [labelBefore, labelAfter],
  language,
}: {
  before: string;
  after: string;
  labels: [before: string, after: string];
  language: Language;
}) {
  const parent = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = parent.current;
    if (!place) return undefined;
    const wide = window.matchMedia('(min-width: 900px)');
    let view: { destroy(): void } | undefined;
    const show = () => {
      view?.destroy();
      view = wide.matches
        ? new MergeView({
            parent: place,
            collapseUnchanged,
            a: { doc: before, extensions: reading(language, labelBefore) },
            b: { doc: after, extensions: reading(language, labelAfter) },
          })
        : new EditorView({
            parent: place,
            doc: after,
            extensions: [
              reading(language, labelAfter),
              unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged }),
            ],
          });
    };
    show();
    wide.addEventListener('change', show);
    return () => {
      wide.removeEventListener('change', show);
      view?.destroy();
    };
  }, [before, after, labelBefore, labelAfter, language]);
  return <div className="editor" ref={parent} />;
}
