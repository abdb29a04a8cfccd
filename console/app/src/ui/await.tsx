import { type LucideIcon } from 'lucide-react';
import { type ReactNode } from 'react';
import { asFailure } from '../lib/api';
import { useWords } from '../lib/i18n';
import { FailureNotice } from './notice';

export function Loading({ children }: { children?: ReactNode }) {
  const { t } = useWords();
  return (
    <div className="loading" role="status">
      <span className="spin" />
      {children ?? t('loading')}
    </div>
  );
}

export function Empty({
  icon: Icon,
  title,
  children,
  actions,
}: {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="empty">
      <Icon aria-hidden />
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div className="row">{actions}</div>}
    </div>
  );
}

interface Query<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch(): unknown;
}

/** Shows what a query brought, or that it is under way, or why there is nothing. */
export function Await<T>({ query, children }: { query: Query<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <FailureNotice failure={asFailure(query.error)} retry={() => void query.refetch()} />;
  return <Loading />;
}

export function Progress({ label, done, total, bad }: { label: string; done: number; total: number; bad?: boolean }) {
  const percent = total === 0 ? 100 : Math.min(100, Math.round((done / total) * 100));
  return (
    <div className="progress">
      <span className="small">{label}</span>
      <div
        className={bad ? 'bar bad' : 'bar'}
        role="progressbar"
        aria-label={label}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span
          ref={(element) => {
            if (element) element.style.width = `${percent}%`;
          }}
        />
      </div>
    </div>
  );
}

/** A moment, said as how long ago; the title has it in full. */
export function Moment({ at, full }: { at: string; full?: boolean }) {
  const words = useWords();
  if (!at) return <span className="quiet">—</span>;
  return (
    <time dateTime={at} title={words.time(at)} className="nowrap">
      {full ? words.time(at) : words.ago(at)}
    </time>
  );
}

/** A moment, or that it never came. */
export function When({ at }: { at: string | null | undefined }) {
  const { t } = useWords();
  return at ? <Moment at={at} /> : <span className="quiet">{t('apiKeys.never')}</span>;
}
