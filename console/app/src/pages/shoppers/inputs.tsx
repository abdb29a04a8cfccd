// Form fields, generated from the account's input types. A draft holds what the person changed and nothing else:
// undefined is as it was, null is removed.
import { Plus, Trash2, Undo2, X } from 'lucide-react';
import { useState } from 'react';
import type { InputModel } from '../../data/model';
import { useWords } from '../../lib/i18n';
import { exact, isObject, pretty, type Json, type JsonObject } from '../../lib/json';
import { spoken } from '../../lib/names';
import { Button, Field, IconButton } from '../../ui';

export type Draft = Json | undefined;

export interface Context {
  /** What is wrong, by path. */
  errors: Map<string, string>;
  /** Paths whose current value is not shown. */
  masked: string[];
  /** Whether what is not filled in stays as it is. */
  patch: boolean;
}

const whole = ['Int', 'Long'];
const numeric = [...whole, 'Float'];

type Problem = 'required' | 'number' | 'json' | 'long';

/** What is wrong with a draft before the server is asked. */
export function problemsOf(
  inputs: InputModel[],
  draft: JsonObject,
  patch: boolean,
  prefix = '',
): [path: string, problem: Problem][] {
  return inputs.flatMap((input): [string, Problem][] => {
    const path = prefix + input.name;
    const value = draft[input.name];
    if (value === undefined || value === null || value === '')
      return input.required && !(patch && value === undefined) ? [[path, 'required']] : [];
    if (input.shape.kind === 'object') {
      const fields = input.shape.fields();
      if (Array.isArray(value))
        return value.flatMap((v, i) => problemsOf(fields, isObject(v) ? v : {}, false, `${path}.${i}.`));
      return input.shape.oneOf || !isObject(value) ? [] : problemsOf(fields, value, patch, `${path}.`);
    }
    if (input.shape.kind === 'scalar' && numeric.includes(input.shape.scalar)) {
      const bad = [value].flat().some((v) => typeof v !== 'number' || !Number.isFinite(v));
      if (bad) return [[path, 'number']];
      return whole.includes(input.shape.scalar) && !exact(value) ? [[path, 'long']] : [];
    }
    if (input.shape.kind === 'scalar' && input.shape.scalar === 'JSON') {
      if (value === invalidJson) return [[path, 'json']];
      return exact(value) ? [] : [[path, 'long']];
    }
    return [];
  });
}

/** Stands for text that is no JSON yet. */
const invalidJson = '\u0000';

const errorAt = (errors: Map<string, string>, path: string) =>
  errors.get(path) ?? [...errors].find(([p]) => p.startsWith(`${path}.`))?.[1];

export function Inputs({
  inputs,
  draft,
  current,
  prefix = '',
  onChange,
  context,
}: {
  inputs: InputModel[];
  draft: JsonObject;
  current: JsonObject;
  prefix?: string;
  onChange(draft: JsonObject): void;
  context: Context;
}) {
  return inputs.map((input) => (
    <Input
      key={input.name}
      input={input}
      path={prefix + input.name}
      draft={draft[input.name]}
      current={current[input.name] ?? null}
      context={context}
      onChange={(value) => {
        const { [input.name]: _, ...rest } = draft;
        onChange(value === undefined ? rest : { ...rest, [input.name]: value });
      }}
    />
  ));
}

interface One {
  input: InputModel;
  path: string;
  draft: Draft;
  current: Json;
  onChange(draft: Draft): void;
  context: Context;
}

function Input(props: One) {
  const { input } = props;
  if (input.shape.kind === 'object') return input.list ? <ObjectList {...props} /> : <ObjectInput {...props} />;
  return <Scalar {...props} />;
}

function Scalar({ input, path, draft, current, onChange, context }: One) {
  const { t } = useWords();
  const masked = context.masked.includes(path);
  const shown: Json = draft === undefined ? (masked ? null : current) : draft;
  const kept = context.patch && masked && draft === undefined;
  const hint = [
    input.description,
    kept && t('form.masked'),
    draft === null && t('form.removed'),
    input.list && input.shape.kind !== 'enum' && t('form.lines'),
  ]
    .filter(Boolean)
    .join(' ');
  // An empty control says nothing of a field that was empty, and removes the value of one that was not.
  const set = (value: Json) =>
    onChange(value === null && (!context.patch || current === null || masked) ? undefined : value);
  return (
    <div className="input-field">
      <Field
        label={spoken(input.name)}
        optional={!input.required}
        hint={hint || undefined}
        error={errorAt(context.errors, path)}
      >
        {(field) => (
          <Control
            {...field}
            input={input}
            value={shown}
            placeholder={kept && typeof current === 'string' ? current : undefined}
            onChange={set}
          />
        )}
      </Field>
      {context.patch &&
        !input.required &&
        (masked || current !== null) &&
        (draft === undefined ? (
          <IconButton
            icon={X}
            small
            label={t('form.removeField', { name: spoken(input.name) })}
            onClick={() => onChange(null)}
          />
        ) : (
          <IconButton
            icon={Undo2}
            small
            label={t('form.undoField', { name: spoken(input.name) })}
            onClick={() => onChange(undefined)}
          />
        ))}
    </div>
  );
}

function Control({
  input,
  value,
  placeholder,
  onChange,
  ...field
}: {
  input: InputModel;
  value: Json;
  placeholder: string | undefined;
  onChange(value: Json): void;
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean | undefined;
}) {
  const { t } = useWords();
  const { shape, list } = input;
  const common = {
    ...field,
    'aria-required': input.required || undefined,
    autoComplete: 'off',
    spellCheck: false,
    placeholder,
  };
  if (list) {
    const convert = (line: string): Json =>
      shape.kind === 'scalar' && numeric.includes(shape.scalar) ? Number(line.replace(',', '.')) : line;
    return (
      <Lines
        {...common}
        value={Array.isArray(value) ? value.map(String).join('\n') : ''}
        onLines={(lines) => onChange(lines.length ? lines.map(convert) : null)}
      />
    );
  }
  if (shape.kind === 'enum') {
    return (
      <select
        {...field}
        value={typeof value === 'string' ? value : ''}
        onChange={(e) => onChange(e.target.value || null)}
      >
        <option value="">—</option>
        {shape.values.map((v) => (
          <option key={v} value={v}>
            {v}
          </option>
        ))}
      </select>
    );
  }
  const scalar = shape.kind === 'scalar' ? shape.scalar : '';
  if (scalar === 'Boolean') {
    return (
      <select
        {...field}
        value={value === null ? '' : String(value)}
        onChange={(e) => onChange(e.target.value ? e.target.value === 'true' : null)}
      >
        <option value="">—</option>
        <option value="true">{t('yes')}</option>
        <option value="false">{t('no')}</option>
      </select>
    );
  }
  if (scalar === 'JSON') return <JsonText {...common} value={value} onJson={onChange} />;
  if (numeric.includes(scalar))
    return <NumberText {...common} value={value} whole={whole.includes(scalar)} onNumber={onChange} />;
  if (scalar === 'DateTime') {
    const local =
      typeof value === 'string' && value
        ? new Date(new Date(value).getTime() - new Date(value).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
        : '';
    return (
      <input
        {...common}
        type="datetime-local"
        value={local}
        onChange={(e) => onChange(e.target.value ? new Date(e.target.value).toISOString() : null)}
      />
    );
  }
  const type = { Date: 'date', EmailAddress: 'email', URL: 'url', PhoneNumber: 'tel' }[scalar] ?? 'text';
  return (
    <input
      {...common}
      type={type}
      value={typeof value === 'string' ? value : ''}
      onChange={(e) => onChange(e.target.value || null)}
    />
  );
}

type Text = Omit<React.ComponentProps<'input'>, 'value' | 'onChange' | 'type'>;

/** A number as it is typed: text that is none stays, and is told. */
function NumberText({
  value,
  whole: onlyWhole,
  onNumber,
  ...rest
}: Text & { value: Json; whole: boolean; onNumber(value: Json): void }) {
  const [typed, setTyped] = useState(value === null ? '' : String(value));
  const shown =
    value === null
      ? ''
      : typeof value === 'number' && Number(typed.replace(',', '.')) !== value
        ? String(value)
        : typed;
  return (
    <input
      {...rest}
      inputMode={onlyWhole ? 'numeric' : 'decimal'}
      value={shown}
      onChange={(e) => {
        setTyped(e.target.value);
        const n = Number(e.target.value.replace(',', '.'));
        onNumber(e.target.value.trim() === '' ? null : Number.isNaN(n) ? e.target.value : n);
      }}
    />
  );
}

function Lines({
  value,
  onLines,
  ...rest
}: Omit<React.ComponentProps<'textarea'>, 'value' | 'onChange'> & { value: string; onLines(lines: string[]): void }) {
  const [typed, setTyped] = useState(value);
  const clean = (text: string) =>
    text
      .split('\n')
      .map((l) => l.trim())
      .filter(Boolean);
  return (
    <textarea
      {...rest}
      value={clean(typed).join('\n') === value ? typed : value}
      onChange={(e) => {
        setTyped(e.target.value);
        onLines(clean(e.target.value));
      }}
    />
  );
}

function JsonText({
  value,
  onJson,
  ...rest
}: Omit<React.ComponentProps<'textarea'>, 'value' | 'onChange'> & { value: Json; onJson(value: Json): void }) {
  const [typed, setTyped] = useState(value === null ? '' : pretty(value));
  return (
    <textarea
      {...rest}
      className="mono"
      value={typed}
      onChange={(e) => {
        setTyped(e.target.value);
        try {
          onJson(e.target.value.trim() ? (JSON.parse(e.target.value) as Json) : null);
        } catch {
          onJson(invalidJson);
        }
      }}
    />
  );
}

function ObjectInput({ input, path, draft, current, onChange, context }: One) {
  const { t } = useWords();
  const fields = input.shape.kind === 'object' ? input.shape.fields() : [];
  const started = draft !== undefined && draft !== null;
  const there = current !== null && draft !== null;
  const error = context.errors.get(path);
  return (
    <fieldset className="group">
      <legend>
        {spoken(input.name)}
        {!input.required && <span className="optional"> ({t('optional')})</span>}
      </legend>
      {input.description && <p className="hint">{input.description}</p>}
      {error && <p className="error">{error}</p>}
      {started || there || input.required ? (
        <div className="form">
          {input.shape.kind === 'object' && input.shape.oneOf ? (
            <OneOf
              fields={fields}
              path={path}
              draft={isObject(draft) ? draft : {}}
              onChange={onChange}
              context={context}
            />
          ) : (
            <Inputs
              inputs={fields}
              prefix={`${path}.`}
              draft={isObject(draft) ? draft : {}}
              current={isObject(current) ? current : {}}
              context={{ ...context, patch: context.patch && there }}
              onChange={(next) => onChange(Object.keys(next).length || !there ? next : undefined)}
            />
          )}
          {!input.required && (
            <div>
              <Button kind="plain" small onClick={() => onChange(current === null ? undefined : null)}>
                <Trash2 aria-hidden />
                {t('form.removeGroup', { name: spoken(input.name) })}
              </Button>
            </div>
          )}
        </div>
      ) : (
        <div className="row">
          {draft === null && current !== null && <span className="quiet">{t('form.removed')}</span>}
          <Button small onClick={() => onChange(draft === null ? undefined : {})}>
            <Plus aria-hidden />
            {draft === null ? t('form.undo') : t('form.addGroup', { name: spoken(input.name) })}
          </Button>
        </div>
      )}
    </fieldset>
  );
}

/** One of several kinds: which, and then its fields. */
function OneOf({
  fields,
  path,
  draft,
  onChange,
  context,
}: {
  fields: InputModel[];
  path: string;
  draft: JsonObject;
  onChange(draft: JsonObject): void;
  context: Context;
}) {
  const { t } = useWords();
  const chosen = fields.find((f) => f.name in draft);
  return (
    <>
      <Field label={t('form.kind')}>
        {(props) => (
          <select
            {...props}
            value={chosen?.name ?? ''}
            onChange={(e) => onChange(e.target.value ? { [e.target.value]: {} } : {})}
          >
            <option value="">{t('choose')}</option>
            {fields.map((f) => (
              <option key={f.name} value={f.name}>
                {spoken(f.name)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {chosen && (
        <Inputs
          inputs={[{ ...chosen, required: true }]}
          prefix={`${path}.`}
          draft={draft}
          current={{}}
          context={{ ...context, patch: false }}
          onChange={onChange}
        />
      )}
    </>
  );
}

function ObjectList({ input, path, draft, current, onChange, context }: One) {
  const { t } = useWords();
  // A list is replaced as a whole, so one that has anything masked in it is not shown: masks would be written back.
  const masked = context.masked.some((m) => m === path || m.startsWith(`${path}.`));
  const base = draft === undefined && !masked && Array.isArray(current) ? current : [];
  const items = Array.isArray(draft) ? draft : base;
  const fields = input.shape.kind === 'object' ? input.shape.fields() : [];
  const set = (next: Json[]) => onChange(next.length ? next : context.patch && current !== null ? null : undefined);
  return (
    <fieldset className="group">
      <legend>
        {spoken(input.name)}
        {!input.required && <span className="optional"> ({t('optional')})</span>}
      </legend>
      {input.description && <p className="hint">{input.description}</p>}
      {context.patch && masked && draft === undefined && <p className="hint">{t('form.maskedList')}</p>}
      <div className="form">
        {items.map((item, i) => (
          <div className="item" key={i}>
            <div className="form">
              <Inputs
                inputs={fields}
                prefix={`${path}.${i}.`}
                draft={isObject(item) ? item : {}}
                current={{}}
                context={{ ...context, patch: false, masked: [] }}
                onChange={(next) => set(items.map((old, j) => (i === j ? next : old)))}
              />
            </div>
            <IconButton
              icon={Trash2}
              label={t('form.removeItem', { n: i + 1 })}
              small
              onClick={() => set(items.filter((_, j) => i !== j))}
            />
          </div>
        ))}
        <div>
          <Button small onClick={() => set([...items, {}])}>
            <Plus aria-hidden />
            {t('form.addItem')}
          </Button>
        </div>
      </div>
    </fieldset>
  );
}
