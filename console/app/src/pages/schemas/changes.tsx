import type { SchemaChange } from '../../gql/graphql';
import { useWords } from '../../lib/i18n';
import { Badge } from '../../ui';

/** Changes of who sees what. */
export const sensitivityKinds = new Set([
  'SENSITIVITY_RAISED',
  'SENSITIVITY_LOWERED',
  'UNDECLARED_SHOWN',
  'MASK_WEAKENED',
  'MASK_CHANGED',
  'EXTRA_OPENED',
]);

const tones: Record<string, 'good' | 'bad' | 'warn' | 'secret'> = {
  FIELD_ADDED: 'good',
  ENUM_VALUE_ADDED: 'good',
  MEMBER_ADDED: 'good',
  INDEX_ADDED: 'good',
  UNIQUE_ADDED: 'good',
  FIELD_REMOVED: 'bad',
  ENUM_VALUE_REMOVED: 'bad',
  INDEX_DROPPED: 'bad',
  UNIQUE_DROPPED: 'bad',
  TYPE_CHANGED: 'warn',
  REQUIRED_ADDED: 'warn',
  CONSTRAINT_NARROWED: 'warn',
  SENSITIVITY_RAISED: 'secret',
  SENSITIVITY_LOWERED: 'bad',
  MASK_WEAKENED: 'bad',
  MASK_CHANGED: 'secret',
  UNDECLARED_SHOWN: 'warn',
};

export function Changes({ changes }: { changes: Pick<SchemaChange, 'kind' | 'path' | 'from' | 'to'>[] }) {
  const { t, find } = useWords();
  return (
    <div className="table-wrap">
      <table className="fold">
        <thead>
          <tr>
            <th>{t('changes.kind')}</th>
            <th>{t('schema.field')}</th>
            <th>{t('versions.before')}</th>
            <th>{t('versions.after')}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ kind, path, from, to }) => (
            <tr key={kind + path + from + to}>
              <td data-label={t('changes.kind')}>
                <Badge tone={tones[kind]} title={kind}>
                  {find(`changes.${kind}`) ?? kind}
                </Badge>
              </td>
              <td data-label={t('schema.field')}>
                {path ? <code>{path}</code> : <span className="quiet">{t('changes.entity')}</span>}
              </td>
              <td data-label={t('versions.before')}>{from}</td>
              <td data-label={t('versions.after')}>{to}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
