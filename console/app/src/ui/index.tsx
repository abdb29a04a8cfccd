// The parts that every page is made of.
import { useMutation } from '@tanstack/react-query';
import { AlertCircle, Check as Check2, CheckCircle2, ChevronRight, Copy, Info, KeyRound, TriangleAlert, X, type LucideIcon } from 'lucide-react';
import {
  createContext, use, useCallback, useEffect, useId, useMemo, useRef, useState,
  type ButtonHTMLAttributes, type ComponentProps, type FormEvent, type ReactNode,
} from 'react';
import { Link } from 'wouter';
import { asFailure, type Failure } from '../lib/api';
import { useWords, type Key } from '../lib/i18n';

type Tone = 'good' | 'warn' | 'bad' | 'accent' | 'secret';

export function Button({ kind, small, busy, className = '', disabled, ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & {
  kind?: 'primary' | 'danger' | 'danger primary' | 'plain' | undefined; small?: boolean; busy?: boolean;
}) {
  return <button type="button" className={`button ${kind ?? ''} ${small ? 'small' : ''} ${className}`} disabled={disabled || busy} aria-busy={busy || undefined} {...rest} />;
}

export function IconButton({ icon: Icon, label, small, ...rest }: { icon: LucideIcon; label: string; small?: boolean } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return <Button kind="plain" className="icon" small={small ?? false} aria-label={label} title={label} {...rest}><Icon aria-hidden /></Button>;
}

export const ButtonLink = ({ kind = '', className = '', ...rest }: { kind?: string } & ComponentProps<typeof Link>) =>
  <Link className={`button ${kind} ${typeof className === 'string' ? className : ''}`} {...rest} />;

export const Badge = ({ tone, children, title }: { tone?: Tone | undefined; children: ReactNode; title?: string | undefined }) =>
  <span className={`badge ${tone ?? ''}`} title={title}>{children}</span>;

const noticeIcons = { good: CheckCircle2, warn: TriangleAlert, bad: AlertCircle, accent: Info, secret: KeyRound };

/** Something that the person should know. Bad news are announced at once. */
export function Notice({ tone = 'accent', title, children }: { tone?: Tone; title?: ReactNode; children?: ReactNode }) {
  const Icon = noticeIcons[tone];
  return (
    <div className={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon aria-hidden />
      <div>{title && <strong>{title}</strong>}{children}</div>
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
      {(!title || failure.code !== 'UNREACHABLE') && <p>{failure.message}</p>}
      {todo && <p>{todo}</p>}
      {typeof failure.details.requestId === 'string' && <p className="small">{t('error.request', { id: failure.details.requestId })}</p>}
      {retry && <div className="row"><Button small onClick={retry}>{t('retry')}</Button></div>}
    </Notice>
  );
}

export function Loading({ children }: { children?: ReactNode }) {
  const { t } = useWords();
  return <div className="loading" role="status"><span className="spin" />{children ?? t('loading')}</div>;
}

export function Empty({ icon: Icon, title, children, actions }: { icon: LucideIcon; title: string; children?: ReactNode; actions?: ReactNode }) {
  return <div className="empty"><Icon aria-hidden /><h2>{title}</h2>{children && <p>{children}</p>}{actions && <div className="row">{actions}</div>}</div>;
}

interface Query<T> { data: T | undefined; error: unknown; isPending: boolean; refetch(): unknown }

/** Shows what a query brought, or that it is under way, or why there is nothing. */
export function Await<T>({ query, children }: { query: Query<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <FailureNotice failure={asFailure(query.error)} retry={() => void query.refetch()} />;
  return <Loading />;
}

export function Page({ title, lead, actions, crumbs, full, children }: {
  title: string; lead?: ReactNode; actions?: ReactNode; crumbs?: [href: string, label: string][]; full?: boolean; children: ReactNode;
}) {
  useEffect(() => { document.title = `${title} · profilegraph`; }, [title]);
  const { t } = useWords();
  return (
    <main className={full ? 'page full' : 'page'} id="main" tabIndex={-1}>
      <div className="page-head">
        <div>
          {crumbs && (
            <nav className="crumbs" aria-label={t('crumbs')}>
              {crumbs.map(([href, label]) => <span key={href} className="row"><Link href={href}>{label}</Link><ChevronRight aria-hidden /></span>)}
            </nav>
          )}
          <h1>{title}</h1>
          {lead && <p>{lead}</p>}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </div>
      {children}
    </main>
  );
}

export function Card({ title, lead, actions, children, flush, id }: { title?: ReactNode; lead?: ReactNode; actions?: ReactNode; children: ReactNode; flush?: boolean; id?: string }) {
  const heading = useId();
  return (
    <section className="card" aria-labelledby={title ? heading : undefined} id={id}>
      {(title || actions) && <header><div><h2 id={heading}>{title}</h2>{lead && <p>{lead}</p>}</div>{actions && <div className="row">{actions}</div>}</header>}
      {flush ? children : <div className="body">{children}</div>}
    </section>
  );
}

export const Tabs = ({ label, tabs, current }: { label: string; tabs: [href: string, label: string][]; current: string }) => (
  <nav className="tabs" aria-label={label}>
    {tabs.map(([href, text]) => <Link key={href} href={href} aria-current={href === current ? 'page' : undefined}>{text}</Link>)}
  </nav>
);

/** A labelled control with its hint and what is wrong with it. */
export function Field({ label, hint, error, optional, children }: {
  label: ReactNode; hint?: ReactNode; error?: string | undefined; optional?: boolean;
  children: (props: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean | undefined }) => ReactNode;
}) {
  const { t } = useWords();
  const id = useId();
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}{optional && <span className="optional"> ({t('optional')})</span>}</label>
      {children({ id, 'aria-describedby': about || undefined, 'aria-invalid': error ? true : undefined })}
      {hint && <p className="hint" id={`${id}-hint`}>{hint}</p>}
      {error && <p className="error" id={`${id}-error`}><AlertCircle aria-hidden />{error}</p>}
    </div>
  );
}

export function Check({ label, hint, ...rest }: { label: ReactNode; hint?: ReactNode } & ComponentProps<'input'>) {
  return <label className="check"><input type="checkbox" {...rest} /><span>{label}{hint && <small>{hint}</small>}</span></label>;
}

export function Segments<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: [T, ReactNode][]; onChange(value: T): void }) {
  const name = useId();
  return (
    <div className="segments" role="radiogroup" aria-label={label}>
      {options.map(([option, text]) => (
        <label key={option}><input type="radio" name={name} checked={option === value} onChange={() => onChange(option)} />{text}</label>
      ))}
    </div>
  );
}

/** A modal dialog. With `onSubmit` its content is a form, whose buttons are the footer. */
export function Dialog({ title, wide, onClose, onSubmit, footer, children }: {
  title: string; wide?: boolean; onClose(): void; onSubmit?: (() => void) | undefined; footer: ReactNode; children: ReactNode;
}) {
  const { t } = useWords();
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return undefined;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const submit = (event: FormEvent) => { event.preventDefault(); onSubmit?.(); };
  const content = (
    <>
      <header><h2 id={heading}>{title}</h2><IconButton icon={X} label={t('close')} small onClick={onClose} /></header>
      <div className="body">{children}</div>
      <footer>{footer}</footer>
    </>
  );
  return (
    <dialog ref={ref} className={wide ? 'wide' : undefined} aria-labelledby={heading} onCancel={(event) => { event.preventDefault(); onClose(); }}>
      {onSubmit ? <form onSubmit={submit} noValidate>{content}</form> : content}
    </dialog>
  );
}

/** A button whose work can fail; the failure is shown by whoever uses `failure`. */
export function useAction<Input = void, Output = unknown>(run: (input: Input) => Promise<Output>, then?: (output: Output) => void) {
  const mutation = useMutation({ mutationFn: run, gcTime: 0, ...(then && { onSuccess: then }) });
  return {
    run: (input: Input) => mutation.mutate(input),
    busy: mutation.isPending,
    failure: mutation.error ? asFailure(mutation.error) : null,
    reset: mutation.reset,
  };
}

/** Asks for the name of what is in danger before it is done. */
export function Danger({ title, name, action, children, run, done, onClose }: {
  title: string; name: string; action: string; children: ReactNode; run(): Promise<unknown>; done?: string; onClose(): void;
}) {
  const { t } = useWords();
  const toast = useToast();
  const [typed, setTyped] = useState('');
  const { run: go, busy, failure } = useAction(run, () => { if (done) toast(done); onClose(); });
  return (
    <Dialog title={title} onClose={onClose} onSubmit={() => { if (typed === name) go(); }} footer={(
      <>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button kind="danger primary" type="submit" busy={busy} disabled={typed !== name}>{action}</Button>
      </>
    )}>
      <div>{children}</div>
      <Field label={<>{t('danger.type')} <code>{name}</code></>}>
        {(props) => <input {...props} value={typed} autoComplete="off" spellCheck={false} onChange={(e) => setTyped(e.target.value)} />}
      </Field>
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return <IconButton icon={copied ? Check2 : Copy} label={copied ? t('copied') : label ?? t('copy')} small onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))} />;
}

export const Copyable = ({ text }: { text: string }) => <span className="copy"><code>{text}</code><CopyButton text={text} /></span>;

/** A credential that is shown once. */
export function Secret({ secret }: { secret: string }) {
  const { t } = useWords();
  return (
    <Notice tone="warn" title={t('secret.title')}>
      <p>{t('secret.lead')}</p>
      <div className="secret-box"><code>{secret}</code><CopyButton text={secret} /></div>
    </Notice>
  );
}

export function Progress({ label, done, total, bad }: { label: string; done: number; total: number; bad?: boolean }) {
  const percent = total === 0 ? 100 : Math.min(100, Math.round((done / total) * 100));
  return (
    <div className="progress">
      <span className="small">{label}</span>
      <div className={bad ? 'bar bad' : 'bar'} role="progressbar" aria-label={label} aria-valuenow={percent} aria-valuemin={0} aria-valuemax={100}>
        <span ref={(element) => { if (element) element.style.width = `${percent}%`; }} />
      </div>
    </div>
  );
}

/** A moment, said as how long ago; the title has it in full. */
export function Moment({ at, full }: { at: string; full?: boolean }) {
  const words = useWords();
  return <time dateTime={at} title={words.time(at)} className="nowrap">{full ? words.time(at) : words.ago(at)}</time>;
}

const Toasts = createContext<(text: string) => void>(() => {});
export const useToast = () => use(Toasts);

export function ToastProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<{ id: number; text: string }[]>([]);
  const next = useRef(0);
  const show = useCallback((text: string) => {
    const id = next.current++;
    setShown((all) => [...all, { id, text }]);
    setTimeout(() => setShown((all) => all.filter((toast) => toast.id !== id)), 5000);
  }, []);
  return (
    <Toasts value={useMemo(() => show, [show])}>
      {children}
      <div className="toasts" role="status" aria-live="polite">{shown.map(({ id, text }) => <div key={id} className="toast"><CheckCircle2 aria-hidden />{text}</div>)}</div>
    </Toasts>
  );
}

export type { Key };
