import { ChevronDown, ChevronRight, Fingerprint, KeyRound, Search, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useWords } from '../../lib/i18n';
import { Badge, Card, Empty } from '../../ui';
import { SchemaPage, type SchemaField } from './frame';

const depthOf = (path: string) => path.split('.').length - 1;
const lastOf = (path: string) => (path.split('.').at(-1) ?? path).replaceAll('[]', '');

export const SchemaFields = ({ entity }: { entity: string }) => (
  <SchemaPage entity={entity} tab="">
    {({ fields }) => <Tree fields={fields} />}
  </SchemaPage>
);

/** The fields as a tree: those of an object stand below it, and can be folded away. */
function Tree({ fields }: { fields: SchemaField[] }) {
  const { t, number } = useWords();
  const [folded, setFolded] = useState<string[]>([]);
  const [wanted, setWanted] = useState('');
  const [sensitive, setSensitive] = useState(false);
  const hasChildren = (path: string) =>
    fields.some((f) => f.path.startsWith(`${path}.`) || f.path.startsWith(`${path}[].`));
  const under = (path: string, above: string) => path.startsWith(`${above}.`) || path.startsWith(`${above}[].`);
  const matches = ({ path, sensitive: secret, description, title }: SchemaField) =>
    (!sensitive || secret) &&
    [path, description ?? '', title ?? ''].some((text) => text.toLowerCase().includes(wanted.trim().toLowerCase()));
  const searching = wanted.trim() !== '' || sensitive;
  const found = fields.filter(matches);
  const shown = fields.filter((f) =>
    searching
      ? found.includes(f) || found.some((one) => under(one.path, f.path))
      : !folded.some((above) => under(f.path, above)),
  );
  return (
    <Card flush>
      <div className="filters">
        <label className="search">
          <Search aria-hidden />
          <span className="sr">{t('schema.search')}</span>
          <input
            type="search"
            placeholder={t('schema.search')}
            value={wanted}
            onChange={(e) => setWanted(e.target.value)}
          />
        </label>
        <label className="check">
          <input type="checkbox" checked={sensitive} onChange={(e) => setSensitive(e.target.checked)} />
          {t('schema.onlySensitive')}
        </label>
        <span className="quiet small">
          {t('schema.shown', { n: number(found.length), all: number(fields.length) })}
        </span>
      </div>
      {shown.length === 0 ? (
        <Empty icon={Search} title={t('schema.noField')}>
          {t('schema.noField.todo')}
        </Empty>
      ) : (
        <div className="table-wrap">
          <table className="fold tree">
            <thead>
              <tr>
                <th>{t('schema.field')}</th>
                <th>{t('schema.type')}</th>
                <th>{t('schema.protection')}</th>
                <th>{t('schema.properties')}</th>
                <th>{t('schema.docs')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((field) => (
                <tr key={field.path}>
                  <td>
                    <span className={`branch d${Math.min(depthOf(field.path), 5)}`}>
                      {hasChildren(field.path) && !searching ? (
                        <button
                          type="button"
                          className="twist"
                          aria-expanded={!folded.includes(field.path)}
                          aria-label={t('schema.fold', { name: field.path })}
                          onClick={() =>
                            setFolded(
                              folded.includes(field.path)
                                ? folded.filter((p) => p !== field.path)
                                : [...folded, field.path],
                            )
                          }
                        >
                          {folded.includes(field.path) ? <ChevronRight aria-hidden /> : <ChevronDown aria-hidden />}
                        </button>
                      ) : (
                        <span className="twist" />
                      )}
                      <span>
                        <code className="name" title={field.path}>
                          {lastOf(field.path)}
                        </code>
                        {field.name !== lastOf(field.path) && (
                          <span className="sub">{t('schema.as', { name: field.name })}</span>
                        )}
                      </span>
                    </span>
                  </td>
                  <td data-label={t('schema.type')}>
                    <code>{field.type}</code>
                  </td>
                  <td data-label={t('schema.protection')}>
                    <Protection field={field} />
                  </td>
                  <td data-label={t('schema.properties')}>
                    <Properties field={field} />
                  </td>
                  <td data-label={t('schema.docs')}>
                    {field.description ?? field.title}
                    {field.examples.length > 0 && (
                      <span className="sub">{t('schema.example', { value: JSON.stringify(field.examples[0]) })}</span>
                    )}
                    {field.deprecated !== null && field.deprecated !== undefined && (
                      <span className="sub">{t('schema.deprecatedWhy', { why: field.deprecated })}</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Protection({ field: { sensitive, pii, mask } }: { field: SchemaField }) {
  const { t } = useWords();
  if (!sensitive) return <span className="quiet">{t('schema.open')}</span>;
  return (
    <span className="badges">
      <Badge tone="secret">
        <ShieldCheck aria-hidden />
        {pii ? t('schema.pii') : t('schema.sensitive')}
      </Badge>
      {mask && <Badge title={t('schema.mask')}>{mask}</Badge>}
    </span>
  );
}

function Properties({ field: { required, indexed, unique, readOnly, deprecated } }: { field: SchemaField }) {
  const { t } = useWords();
  return (
    <span className="badges">
      {required && <Badge tone="accent">{t('schema.required')}</Badge>}
      {unique ? (
        <Badge tone="good">
          <Fingerprint aria-hidden />
          {t('schema.unique')}
        </Badge>
      ) : (
        indexed && (
          <Badge tone="good">
            <KeyRound aria-hidden />
            {t('schema.indexed')}
          </Badge>
        )
      )}
      {readOnly && <Badge>{t('schema.readOnly')}</Badge>}
      {deprecated !== null && deprecated !== undefined && <Badge tone="warn">{t('schema.deprecated')}</Badge>}
    </span>
  );
}
