import { ChevronRight } from 'lucide-react';
import { useEffect, useId, type ReactNode } from 'react';
import { Link } from 'wouter';
import { useWords } from '../lib/i18n';

export function Page({
  title,
  lead,
  actions,
  crumbs,
  full,
  children,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  crumbs?: [href: string, label: string][];
  full?: boolean;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · profilegraph`;
  }, [title]);
  const { t } = useWords();
  return (
    <main className={full ? 'page full' : 'page'} id="main" tabIndex={-1}>
      <div className="page-head">
        <div>
          {crumbs && (
            <nav className="crumbs" aria-label={t('crumbs')}>
              {crumbs.map(([href, label]) => (
                <span key={href} className="row">
                  <Link href={href}>{label}</Link>
                  <ChevronRight aria-hidden />
                </span>
              ))}
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

export function Card({
  title,
  lead,
  actions,
  children,
  flush,
  id,
}: {
  title?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  id?: string;
}) {
  const heading = useId();
  return (
    <section className="card" aria-labelledby={title ? heading : undefined} id={id}>
      {(title || actions) && (
        <header>
          <div>
            <h2 id={heading}>{title}</h2>
            {lead && <p>{lead}</p>}
          </div>
          {actions && <div className="row">{actions}</div>}
        </header>
      )}
      {flush ? children : <div className="body">{children}</div>}
    </section>
  );
}

export const Tabs = ({
  label,
  tabs,
  current,
}: {
  label: string;
  tabs: [href: string, label: string][];
  current: string;
}) => (
  <nav className="tabs" aria-label={label}>
    {tabs.map(([href, text]) => (
      <Link key={href} href={href} aria-current={href === current ? 'page' : undefined}>
        {text}
      </Link>
    ))}
  </nav>
);
