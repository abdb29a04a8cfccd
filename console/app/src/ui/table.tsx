import { type ReactNode } from 'react';
import { useWords } from '../lib/i18n';
import { Badge } from './notice';

/** Things of one kind, a row each. On narrow screens a row becomes a block, whose title is the first column. */
export function Table<Row>({
  rows,
  id,
  columns,
  actions,
}: {
  rows: Row[];
  id(row: Row): string;
  columns: [label: string, cell: (row: Row) => ReactNode][];
  actions?(row: Row): ReactNode;
}) {
  const { t } = useWords();
  return (
    <div className="table-wrap">
      <table className="fold">
        <thead>
          <tr>
            {columns.map(([label]) => (
              <th key={label}>{label}</th>
            ))}
            {actions && (
              <th>
                <span className="sr">{t('actions')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={id(row)}>
              {columns.map(([label, cell], i) => (
                <td key={label} data-label={i > 0 ? label : undefined}>
                  {cell(row)}
                </td>
              ))}
              {actions && (
                <td className="actions">
                  <span className="row end">{actions(row)}</span>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Names, such as those of roles. */
export const Badges = ({ names }: { names: string[] }) => (
  <span className="badges">
    {names.map((name) => (
      <Badge key={name} tone="accent">
        {name}
      </Badge>
    ))}
  </span>
);
