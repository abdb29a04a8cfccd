import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Ban, BookOpenCheck, Bookmark, ChevronDown, Download, Eye, FileCog, Fingerprint, KeyRound, Link2, RotateCw, ShieldCheck, Stamp, Trash2, type LucideIcon } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { graphql } from '../gql';
import type { AuditFilter, AuditRecordQuery } from '../gql/graphql';
import { control } from '../lib/api';
import { useWords } from '../lib/i18n';
import { isObject, pretty } from '../lib/json';
import { spokenPath } from '../lib/names';
import { keep, kept } from '../lib/preferences';
import { usePerson } from '../lib/session';
import { Await, Badge, Button, Card, CopyButton, Dialog, Empty, Field, Loading, Notice, Page, useToast } from '../ui';

const AuditRecord = graphql(`query AuditRecord($filter: AuditFilter, $after: Int) {
  audit(filter: $filter, after: $after, first: 50) {
    entries { index time action outcome actor onBehalfOf entity id subject version fields purpose reason requestId details } hasNextPage
  }
}`);
const Verification = graphql(`query AuditVerification { auditVerification { ok entries pruned problem checkpoint publicKey } }`);
const KeyNames = graphql(`query KeyNames { apiKeys { id name } }`);

type Entry = AuditRecordQuery['audit']['entries'][number];

const names = ['from', 'to', 'actor', 'action', 'outcome', 'subject', 'field', 'entity'] as const;
type Name = (typeof names)[number];
type Filter = Partial<Record<Name, string>>;

/** The filter that an address holds. Addresses are kept and sent around, so they take ids and names, and no personal data. */
function useFilter(): [Filter, (filter: Filter) => void] {
  const [params, setParams] = useSearchParams();
  const filter = useMemo(() => Object.fromEntries(names.flatMap((n) => { const v = params.get(n); return v && !personal(n, v) ? [[n, v]] : []; })) as Filter, [params]);
  return [filter, (next) => setParams(Object.fromEntries(Object.entries(next).filter(([, v]) => v)))];
}

const id = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a value looks like personal data where a name or an id belongs. */
const personal = (name: Name, value: string) => (name === 'subject' ? !id.test(value) : value.includes('@') || (name !== 'from' && name !== 'to' && /\d{3}[.\- ]?\d{3}[.\- ]?\d{3}/.test(value) && name !== 'actor'));

const variablesOf = ({ from, to, ...rest }: Filter): AuditFilter => ({
  ...rest, ...(from && { from: new Date(`${from}T00:00:00`).toISOString() }), ...(to && { to: new Date(new Date(`${to}T00:00:00`).getTime() + 86_400_000).toISOString() }),
});

export default function Audit() {
  const { t } = useWords();
  const [filter, setFilter] = useFilter();
  const [verifying, setVerifying] = useState(false);
  return (
    <Page title={t('audit.title')} lead={t('audit.lead')} actions={(
      <><Button onClick={() => setVerifying(true)}><ShieldCheck aria-hidden />{t('audit.verify')}</Button><a className="button" href="/audit/export" download="audit.ndjson"><Download aria-hidden />{t('audit.export')}</a></>
    )}>
      {verifying && <Verify onClose={() => setVerifying(false)} />}
      <Filters key={JSON.stringify(filter)} filter={filter} onChange={setFilter} />
      <TimeLine filter={filter} onFilter={setFilter} />
    </Page>
  );
}

function Verify({ onClose }: { onClose(): void }) {
  const { t, many, number } = useWords();
  const query = useQuery({ queryKey: ['audit', 'verification'], queryFn: async () => (await control(Verification)).auditVerification, gcTime: 0, staleTime: 0 });
  return (
    <Dialog title={t('verify.title')} wide onClose={onClose} footer={<><Button busy={query.isFetching} onClick={() => void query.refetch()}><RotateCw aria-hidden />{t('verify.again')}</Button><Button kind="primary" onClick={onClose}>{t('close')}</Button></>}>
      {query.isFetching ? <Loading>{t('verify.busy')}</Loading> : (
        <Await query={query}>{({ ok, entries, pruned, problem, checkpoint, publicKey }) => (
          <>
            <Notice tone={ok ? 'good' : 'bad'} title={ok ? many('verify.ok', entries) : t('verify.bad')}>{ok ? (pruned > 0 && t('verify.pruned', { n: number(pruned) })) : problem}</Notice>
            {checkpoint && <div className="field"><div className="row between"><h3>{t('verify.checkpoint')}</h3><CopyButton text={checkpoint} /></div><pre className="code">{checkpoint}</pre><p className="hint">{t('verify.checkpoint.lead')}</p></div>}
            <div className="field"><div className="row between"><h3>{t('verify.key')}</h3><CopyButton text={publicKey} /></div><pre className="code">{publicKey}</pre><p className="hint">{t('verify.key.lead')}</p></div>
          </>
        )}</Await>
      )}
    </Dialog>
  );
}

const actions = [
  'GetProfileUnmasked', 'GetProfileVersionUnmasked', 'GetAddressUnmasked', 'GetPurchaseInfoUnmasked', 'GetProspectUnmasked', 'PutSchema', 'CreateApiKey', 'RevokeApiKey',
  'PutPolicy', 'RequestApproval', 'Approve', 'DeclineApproval', 'RotateKeys', 'ExportAudit', 'CreateAccount', 'UpdateAccount',
];

function Filters({ filter, onChange }: { filter: Filter; onChange(filter: Filter): void }) {
  const { t } = useWords();
  const toast = useToast();
  const [draft, setDraft] = useState<Filter>(filter);
  const set = (name: Name, value: string) => setDraft({ ...draft, [name]: value.trim() });
  const wrong = names.filter((n) => draft[n] && personal(n, draft[n]));
  const text = (name: Name, hint?: string) => (
    <Field key={name} label={t(`audit.${name}` as 'audit.actor')} hint={hint} error={wrong.includes(name) ? t(name === 'subject' ? 'audit.subject.problem' : 'audit.personal') : undefined}>
      {(props) => <input {...props} value={draft[name] ?? ''} autoComplete="off" spellCheck={false} list={name === 'action' ? 'actions' : undefined} onChange={(e) => set(name, e.target.value)} />}
    </Field>
  );
  const isSet = Object.keys(filter).length > 0;
  return (
    <Card title={t('audit.filters')} actions={<Saved filter={filter} onChoose={onChange} />}>
      <form className="form" onSubmit={(e) => { e.preventDefault(); if (wrong.length === 0) onChange(draft); }}>
        <datalist id="actions">{actions.map((a) => <option key={a} value={a} />)}</datalist>
        <div className="filter-grid">
          {(['from', 'to'] as const).map((name) => <Field key={name} label={t(`audit.${name}`)}>{(props) => <input {...props} type="date" value={draft[name] ?? ''} onChange={(e) => set(name, e.target.value)} />}</Field>)}
          {text('action')}
          <Field label={t('audit.outcome')}>{(props) => <select {...props} value={draft.outcome ?? ''} onChange={(e) => set('outcome', e.target.value)}><option value="">{t('audit.any')}</option><option value="ALLOWED">{t('audit.ALLOWED')}</option><option value="DENIED">{t('audit.DENIED')}</option></select>}</Field>
          {text('actor')}{text('subject')}{text('entity')}{text('field')}
        </div>
        <div className="row end">
          {isSet && <Button kind="plain" onClick={() => void navigator.clipboard.writeText(location.href).then(() => toast(t('audit.shared')))}><Link2 aria-hidden />{t('audit.share')}</Button>}
          {isSet && <Button onClick={() => onChange({})}>{t('audit.clear')}</Button>}
          <Button kind="primary" type="submit">{t('audit.apply')}</Button>
        </div>
      </form>
    </Card>
  );
}

interface Saved { name: string; filter: Filter }

function readSaved(): Saved[] {
  try { return JSON.parse(kept('audit-queries') ?? '[]') as Saved[]; } catch { return []; }
}

/** Queries that are kept in this browser. They hold ids and names, like the addresses that they stand for. */
function Saved({ filter, onChoose }: { filter: Filter; onChoose(filter: Filter): void }) {
  const { t } = useWords();
  const [saved, setSaved] = useState(readSaved);
  const [naming, setNaming] = useState<string | null>(null);
  useEffect(() => keep('audit-queries', saved.length ? JSON.stringify(saved) : null), [saved]);
  const current = saved.find((s) => JSON.stringify(s.filter) === JSON.stringify(filter));
  const save = (name: string) => { setSaved([...saved.filter((s) => s.name !== name), { name, filter }]); setNaming(null); };
  const problem = naming && personal('entity', naming) ? t('audit.personal') : undefined;
  return (
    <>
      {saved.length > 0 && (
        <select className="small auto" aria-label={t('audit.saved')} value={current?.name ?? ''} onChange={(e) => { const one = saved.find((s) => s.name === e.target.value); if (one) onChoose(one.filter); }}>
          <option value="">{t('audit.saved')}</option>
          {saved.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </select>
      )}
      {current ? <Button small kind="plain" onClick={() => setSaved(saved.filter((s) => s !== current))}><Trash2 aria-hidden />{t('audit.forget')}</Button>
        : Object.keys(filter).length > 0 && <Button small onClick={() => setNaming('')}><Bookmark aria-hidden />{t('audit.save')}</Button>}
      {naming !== null && (
        <Dialog title={t('audit.save')} onClose={() => setNaming(null)} onSubmit={() => { if (naming.trim() && !problem) save(naming.trim()); }} footer={<><Button onClick={() => setNaming(null)}>{t('cancel')}</Button><Button kind="primary" type="submit" disabled={!naming.trim()}>{t('audit.save.do')}</Button></>}>
          <Field label={t('audit.save.name')} hint={t('audit.save.hint')} error={problem}>{(props) => <input {...props} value={naming} maxLength={60} onChange={(e) => setNaming(e.target.value)} />}</Field>
        </Dialog>
      )}
    </>
  );
}

function useKeyNames(): (actor: string) => string | undefined {
  const { may } = usePerson();
  const { data } = useQuery({ queryKey: ['key-names'], queryFn: () => control(KeyNames), enabled: may('ACCOUNT') });
  return (actor) => data?.apiKeys.find((k) => `key:${k.id}` === actor)?.name;
}

function TimeLine({ filter, onFilter }: { filter: Filter; onFilter(filter: Filter): void }) {
  const { t, day, many } = useWords();
  const nameOf = useKeyNames();
  const query = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: async ({ pageParam }) => (await control(AuditRecord, { filter: variablesOf(filter), after: pageParam })).audit,
    initialPageParam: null as number | null,
    getNextPageParam: (last) => (last.hasNextPage ? last.entries.at(-1)?.index : undefined),
  });
  const title = filter.subject ? t('audit.whoSaw') : filter.actor ? t('audit.whatSaw') : t('audit.timeLine');
  return (
    <Card title={title} lead={filter.subject ?? filter.actor} flush actions={<Button small kind="plain" busy={query.isFetching} onClick={() => void query.refetch()}><RotateCw aria-hidden />{t('audit.reload')}</Button>}>
      <Await query={query}>{({ pages }) => {
        const entries = pages.flatMap((p) => p.entries);
        if (entries.length === 0) return <Empty icon={BookOpenCheck} title={t('audit.none')} actions={Object.keys(filter).length > 0 && <Button onClick={() => onFilter({})}>{t('audit.clear')}</Button>}>{t(Object.keys(filter).length ? 'audit.none.filtered' : 'audit.none.todo')}</Empty>;
        const days = Map.groupBy(entries, (e) => day(e.time));
        return (
          <>
            {filter.subject && <Summary entries={entries} nameOf={nameOf} />}
            {[...days].map(([date, list]) => (
              <section key={date} aria-label={date}>
                <h3 className="day">{date}<span className="quiet"> · {many('audit.entries', list.length)}</span></h3>
                <ol className="time-line">{list.map((entry) => <EntryLine key={entry.index} entry={entry} nameOf={nameOf} filter={filter} />)}</ol>
              </section>
            ))}
            {query.hasNextPage && <footer className="row end"><Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('more')}</Button></footer>}
          </>
        );
      }}</Await>
    </Card>
  );
}

/** Who saw a shopper: one line for each credential. */
function Summary({ entries, nameOf }: { entries: Entry[]; nameOf(actor: string): string | undefined }) {
  const { t, many } = useWords();
  const seen = [...Map.groupBy(entries.filter((e) => e.action.endsWith('Unmasked') && e.outcome === 'ALLOWED'), (e) => e.actor)];
  if (seen.length === 0) return <div className="body"><Notice tone="good" title={t('audit.nobody')} /></div>;
  return (
    <div className="body">
      <Notice tone="secret" title={many('audit.seenBy', seen.length)}>
        <ul>{seen.map(([actor, list]) => <li key={actor}><strong>{nameOf(actor) ?? actor}</strong>: {[...new Set(list.flatMap((e) => e.fields))].map(spokenPath).join(', ')} <span className="quiet">({many('audit.times', list.length)})</span></li>)}</ul>
      </Notice>
    </div>
  );
}

function iconOf({ action, outcome }: Entry): LucideIcon {
  if (outcome === 'DENIED') return Ban;
  if (action.endsWith('Unmasked')) return Eye;
  if (action === 'PutSchema') return FileCog;
  if (/ApiKey|Session/.test(action)) return KeyRound;
  if (/Approv/.test(action)) return Stamp;
  if (/Rotate|Key/.test(action)) return Fingerprint;
  return BookOpenCheck;
}

function EntryLine({ entry, nameOf, filter }: { entry: Entry; nameOf(actor: string): string | undefined; filter: Filter }) {
  const { t, find } = useWords();
  const [open, setOpen] = useState(false);
  const Icon = iconOf(entry);
  const { may } = usePerson();
  const [, go] = useLocation();
  const denied = entry.outcome === 'DENIED';
  const time = new Date(entry.time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const base = entry.action.replace(/^Get(\w+?)(Version)?Unmasked$/, 'Get$2Unmasked');
  const words = { entity: entry.entity ?? '' };
  const said = (denied && find(`action.${base}.denied`, words)) || (find(`action.${base}`, words) ?? entry.action);
  return (
    <li className={denied ? 'entry denied' : 'entry'}>
      <span className="mark-icon"><Icon aria-hidden /></span>
      <div className="grow">
        <p className="line">
          <strong>{nameOf(entry.actor) ?? entry.actor}</strong> {said}
          {denied && <Badge tone="bad">{t('audit.DENIED')}</Badge>}
        </p>
        {entry.fields.length > 0 && <p className="badges">{entry.fields.map((f) => <Badge key={f} tone={denied ? undefined : 'secret'}>{spokenPath(f)}</Badge>)}</p>}
        {(entry.reason || entry.purpose) && <p className="quiet">{entry.purpose && <Badge>{entry.purpose}</Badge>} {entry.reason}</p>}
        {open && (
          <dl className="facts tight">
            <dt>{t('audit.index')}</dt><dd>{entry.index}</dd>
            <dt>{t('audit.action')}</dt><dd><code>{entry.action}</code></dd>
            <dt>{t('audit.actor')}</dt><dd><code>{entry.actor}</code> {!filter.actor && <Link href={`/audit?actor=${encodeURIComponent(entry.actor)}`}>{t('audit.whatSaw')}</Link>}</dd>
            {entry.onBehalfOf && <><dt>{t('reveal.onBehalfOf')}</dt><dd>{entry.onBehalfOf}</dd></>}
            {entry.id && <><dt>{t('audit.document')}</dt><dd>{entry.entity} <code>{entry.id}</code>{entry.version && <> · <code>{entry.version}</code></>}</dd></>}
            {entry.subject && <><dt>{t('audit.subject')}</dt><dd><code>{entry.subject}</code> {!filter.subject && <Link href={`/audit?subject=${entry.subject}`}>{t('audit.whoSaw')}</Link>}</dd></>}
            {entry.requestId && <><dt>{t('audit.request')}</dt><dd><code>{entry.requestId}</code></dd></>}
            {isObject(entry.details) && Object.keys(entry.details).length > 0 && <><dt>{t('audit.details')}</dt><dd><pre className="code">{pretty(entry.details)}</pre></dd></>}
          </dl>
        )}
        {open && entry.entity && entry.id && may('READ') && <Button small onClick={() => go(`/shoppers/${entry.entity}/${entry.id}`)}>{t('audit.open')}</Button>}
      </div>
      <time dateTime={entry.time} className="quiet small nowrap">{time}</time>
      <Button kind="plain" small className="icon" aria-expanded={open} aria-label={t('audit.more', { index: entry.index })} onClick={() => setOpen(!open)}><ChevronDown aria-hidden className={open ? 'turned' : undefined} /></Button>
    </li>
  );
}

