// Values of documents, as they are shown.
import { EyeOff } from 'lucide-react';
import { at, type Doc } from '../../data/documents';
import type { Entity, FieldModel } from '../../data/model';
import { useWords } from '../../lib/i18n';
import { isObject, type Json, type JsonObject } from '../../lib/json';
import { spoken } from '../../lib/names';

/** One value. A masked null is told from an empty one. */
export function Value({ value, masked, clear }: { value: Json; masked?: boolean; clear?: boolean }) {
  const { t } = useWords();
  if (value === null || (Array.isArray(value) && value.every((v) => v === null) && masked)) {
    return masked ? (
      <span className="badge secret">
        <EyeOff aria-hidden />
        {t('doc.masked')}
      </span>
    ) : (
      <span className="quiet" aria-label={t('doc.empty')}>
        —
      </span>
    );
  }
  const className = clear ? 'clear' : masked ? 'masked' : undefined;
  const title = clear ? t('doc.clear') : masked ? t('doc.masked') : undefined;
  if (typeof value === 'boolean')
    return (
      <span className={className} title={title}>
        {value ? t('yes') : t('no')}
      </span>
    );
  if (Array.isArray(value) && value.every((v) => !isObject(v) && !Array.isArray(v))) {
    return (
      <span className="badges">
        {value.map((v, i) => (
          <span key={i} className={`badge ${className ?? ''}`} title={title}>
            {String(v)}
          </span>
        ))}
      </span>
    );
  }
  if (typeof value === 'object') return <Nested value={value} masked={masked} clear={clear} />;
  return (
    <span className={className} title={title}>
      {String(value)}
    </span>
  );
}

function Nested({
  value,
  ...how
}: {
  value: Json[] | JsonObject;
  masked: boolean | undefined;
  clear: boolean | undefined;
}) {
  if (Array.isArray(value))
    return (
      <ol className="stack tight">
        {value.map((v, i) => (
          <li key={i}>
            <Value value={v} {...how} />
          </li>
        ))}
      </ol>
    );
  const entries = Object.entries(value).filter(([, v]) => v !== null);
  return (
    <dl className="facts tight inner">
      {entries.map(([name, v]) => [
        <dt key={name}>{spoken(name)}</dt>,
        <dd key={`${name}=`}>
          <Value value={v} {...how} />
        </dd>,
      ])}
    </dl>
  );
}

/** A value with what was revealed of it put in. */
function merged(value: Json, revealed: Json): Json {
  if (Array.isArray(value) && Array.isArray(revealed)) return revealed.map((v, i) => merged(value[i] ?? null, v));
  if (isObject(value) && isObject(revealed))
    return {
      ...value,
      ...Object.fromEntries(Object.entries(revealed).map(([name, v]) => [name, merged(value[name] ?? null, v)])),
    };
  return revealed;
}

interface Row {
  path: string;
  field: FieldModel;
  value: Json;
  masked: boolean;
  clear: boolean;
}

/** The fields of a document in rows. Objects that have fields of their own masked are rows of their fields. */
export function rowsOf(
  entity: Entity,
  doc: Pick<Doc, 'values'> & { meta: Pick<Doc['meta'], 'masked'> },
  revealed?: { values: JsonObject; paths: string[] },
): Row[] {
  const rows = (fields: FieldModel[], prefix: string, depth: number): Row[] =>
    fields.flatMap((field) => {
      const path = prefix + field.name;
      const value = at(doc.values, path);
      if (
        field.shape.kind === 'object' &&
        !field.list &&
        depth < 4 &&
        (isObject(value) || doc.meta.masked.some((m) => m.startsWith(`${path}.`)))
      )
        return rows(field.shape.fields(), `${path}.`, depth + 1);
      const clear =
        revealed?.paths.some((p) => p === path || p.startsWith(`${path}.`) || path.startsWith(`${p}.`)) ?? false;
      const masked = doc.meta.masked.some((m) => m === path || m.startsWith(`${path}.`) || path.startsWith(`${m}.`));
      return [
        {
          path,
          field,
          value: clear && revealed ? merged(value, at(revealed.values, path)) : value,
          masked: masked && !clear,
          clear,
        },
      ];
    });
  return rows(entity.fields, '', 0);
}
