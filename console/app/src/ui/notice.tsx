import { AlertCircle, CheckCircle2, Info, KeyRound, TriangleAlert } from 'lucide-react';
import { type ReactNode } from 'react';
import { type Failure } from '../lib/api';
import { useWords } from '../lib/i18n';
import { Button, CopyButton } from './button';

export type Tone = 'good' | 'warn' | 'bad' | 'accent' | 'secret';

export const Badge = ({
  tone,
  children,
  title,
}: {
  tone?: Tone | undefined;
  children: ReactNode;
  title?: string | undefined;
}) => (
  <span className={`badge ${tone ?? ''}`} title={title}>
    {children}
  </span>
);

const noticeIcons = { good: CheckCircle2, warn: TriangleAlert, bad: AlertCircle, accent: Info, secret: KeyRound };

/** Something that the person should know. Bad news are announced at once. */
export function Notice({ tone = 'accent', title, children }: { tone?: Tone; title?: ReactNode; children?: ReactNode }) {
  const Icon = noticeIcons[tone];
  return (
    <div className={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon aria-hidden />
      <div>
        {title && <strong>{title}</strong>}
        {children}
      </div>
    </div>
  );
}

/** What happened, in the person's language where the code is known, and what to do. */
export function FailureNotice({ failure, retry }: { failure: Failure; retry?: (() => void) | undefined }) {
  const { t, find } = useWords();
  const title = find(`error.${failure.code}`);
  const todo = find(`error.${failure.code}.todo`);
  return (
    <Notice tone="bad" title={title ?? t('error.unknown')}>
      {failure.composition.length > 0 ? (
        <CompositionErrors messages={failure.composition} />
      ) : (
        (!title || failure.code !== 'UNREACHABLE') && <p>{failure.message}</p>
      )}
      {todo && <p>{todo}</p>}
      {typeof failure.details.requestId === 'string' && (
        <p className="small">{t('error.request', { id: failure.details.requestId })}</p>
      )}
      {retry && (
        <div className="row">
          <Button small onClick={retry}>
            {t('retry')}
          </Button>
        </div>
      )}
    </Notice>
  );
}

export const CompositionErrors = ({ messages }: { messages: string[] }) => (
  <ul>
    {messages.map((message) => (
      <li key={message}>{message}</li>
    ))}
  </ul>
);

/** A credential that is shown once. */
export function Secret({ secret }: { secret: string }) {
  const { t } = useWords();
  return (
    <Notice tone="warn" title={t('secret.title')}>
      <p>{t('secret.lead')}</p>
      <div className="secret-box">
        <code>{secret}</code>
        <CopyButton text={secret} />
      </div>
    </Notice>
  );
}
