import { useQuery, useQueryClient } from '@tanstack/react-query';
import { FileLock2, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '../gql';
import type { PurposeInput, PolicyQuery } from '../gql/graphql';
import { control } from '../lib/api';
import { useWords } from '../lib/i18n';
import { usePerson } from '../lib/session';
import { Await, Badge, Button, Card, Check, Danger, Dialog, Empty, FailureNotice, Field, Moment, Notice, Page, useAction, useToast } from '../ui';
import { useRoles } from './api-keys';

const Current = graphql(`query Policy { policy { refuseMisplaced auditDays purposes { code description legalBasis fields roles budgetPerHour expirationDate approval } } }`);
const Put = graphql(`mutation PutPolicy($purposes: [PurposeInput!]!, $refuseMisplaced: Boolean!, $auditDays: Int) { putPolicy(purposes: $purposes, refuseMisplaced: $refuseMisplaced, auditDays: $auditDays) { refuseMisplaced } }`);
const Try = graphql(`query TestPolicy($roles: [String!]!, $entity: String!, $fields: [String!]!, $purpose: String) { testPolicy(roles: $roles, entity: $entity, fields: $fields, purpose: $purpose) }`);

type Policy = PolicyQuery['policy'];
type Purpose = Policy['purposes'][number];

const inputOf = ({ code, description, legalBasis, fields, roles, budgetPerHour, expirationDate, approval }: Purpose): PurposeInput => ({
  code, description, legalBasis, fields, roles, approval, budgetPerHour: budgetPerHour ?? null, expirationDate: expirationDate ?? null,
});

export default function Purposes() {
  const { t } = useWords();
  const { may } = usePerson();
  const toast = useToast();
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ['policy', 'whole'], queryFn: async () => (await control(Current)).policy });
  const [editing, setEditing] = useState<Purpose | 'new' | null>(null);
  const [removing, setRemoving] = useState<Purpose | null>(null);
  const write = may('PRIVACY');
  const put = async (change: Partial<{ purposes: PurposeInput[]; refuseMisplaced: boolean; auditDays: number | null }>) => {
    const now = query.data;
    if (!now) return;
    await control(Put, { purposes: now.purposes.map(inputOf), refuseMisplaced: now.refuseMisplaced, auditDays: now.auditDays ?? null, ...change });
    await queries.invalidateQueries({ queryKey: ['policy'] });
    toast(t('policy.saved'));
  };
  return (
    <Page title={t('policy.title')} lead={t('policy.lead')} actions={write && <Button kind="primary" onClick={() => setEditing('new')}><Plus aria-hidden />{t('policy.new')}</Button>}>
      <Await query={query}>{(policy) => (
        <>
          {policy.purposes.length === 0
            ? <Card><Empty icon={FileLock2} title={t('policy.none')} actions={write && <Button onClick={() => setEditing('new')}>{t('policy.new')}</Button>}>{t('policy.none.todo')}</Empty></Card>
            : policy.purposes.map((p) => (
              <Card key={p.code} title={<code>{p.code}</code>} lead={p.description} actions={write && (
                <><Button small kind="plain" onClick={() => setEditing(p)}><Pencil aria-hidden />{t('edit')}</Button><Button small kind="danger" onClick={() => setRemoving(p)}><Trash2 aria-hidden />{t('policy.remove')}</Button></>
              )}>
                <dl className="facts tight">
                  <dt>{t('policy.legalBasis')}</dt><dd>{p.legalBasis}</dd>
                  <dt>{t('policy.fields')}</dt><dd><span className="badges">{p.fields.map((f) => <Badge key={f} tone="secret">{f}</Badge>)}</span></dd>
                  <dt>{t('apiKeys.roles')}</dt><dd><span className="badges">{p.roles.map((r) => <Badge key={r} tone="accent">{r}</Badge>)}</span></dd>
                  <dt>{t('policy.budget')}</dt><dd>{p.budgetPerHour ? t('policy.budget.n', { n: p.budgetPerHour }) : t('policy.budget.none')}</dd>
                  <dt>{t('policy.approval')}</dt><dd>{p.approval ? t('yes') : t('no')}</dd>
                  <dt>{t('policy.ends')}</dt><dd>{p.expirationDate ? <Moment at={p.expirationDate} full /> : t('doc.never')}</dd>
                </dl>
              </Card>
            ))}
          {write && <TryPolicy policy={policy} />}
          <Settings key={JSON.stringify([policy.refuseMisplaced, policy.auditDays])} policy={policy} write={write} put={put} />
          {editing && (
            <PurposeDialog purpose={editing === 'new' ? null : editing} taken={policy.purposes.map((p) => p.code)} onClose={() => setEditing(null)}
              save={(purpose) => put({ purposes: editing === 'new' ? [...policy.purposes.map(inputOf), purpose] : policy.purposes.map((p) => (p === editing ? purpose : inputOf(p))) })} />
          )}
          {removing && (
            <Danger title={t('policy.remove.title')} name={removing.code} action={t('policy.remove')} onClose={() => setRemoving(null)} run={() => put({ purposes: policy.purposes.filter((p) => p !== removing).map(inputOf) })}>
              <p>{t(policy.purposes.length === 1 ? 'policy.remove.last' : 'policy.remove.lead')}</p>
            </Danger>
          )}
        </>
      )}</Await>
    </Page>
  );
}

const lines = (text: string) => text.split(/[\n,]/).map((l) => l.trim()).filter(Boolean);

function PurposeDialog({ purpose, taken, save, onClose }: { purpose: Purpose | null; taken: string[]; save(purpose: PurposeInput): Promise<void>; onClose(): void }) {
  const { t } = useWords();
  const roles = useRoles();
  const [form, setForm] = useState({
    code: purpose?.code ?? '', description: purpose?.description ?? '', legalBasis: purpose?.legalBasis ?? '', fields: purpose?.fields.join('\n') ?? '', roles: purpose?.roles ?? [],
    budget: purpose?.budgetPerHour ? String(purpose.budgetPerHour) : '', ends: purpose?.expirationDate?.slice(0, 10) ?? '', approval: purpose?.approval ?? false,
  });
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  const { run, busy, failure } = useAction(() => save({
    code: form.code, description: form.description.trim(), legalBasis: form.legalBasis.trim(), fields: lines(form.fields), roles: form.roles, approval: form.approval,
    budgetPerHour: form.budget ? Number(form.budget) : null, expirationDate: form.ends ? new Date(`${form.ends}T23:59:59`).toISOString() : null,
  }), onClose);
  const codeProblem = !form.code ? undefined : !/^[a-z0-9][a-z0-9-]{0,62}$/.test(form.code) ? t('policy.code.problem') : !purpose && taken.includes(form.code) ? t('policy.code.taken') : undefined;
  const ready = form.code && !codeProblem && form.legalBasis.trim() && lines(form.fields).length > 0 && form.roles.length > 0;
  return (
    <Dialog title={purpose ? t('policy.edit', { code: purpose.code }) : t('policy.new')} wide onClose={onClose} onSubmit={() => { if (ready) run(); }} footer={<><Button onClick={onClose}>{t('cancel')}</Button><Button kind="primary" type="submit" busy={busy} disabled={!ready}>{t('form.save')}</Button></>}>
      <div className="form columns">
        <Field label={t('policy.code')} hint={t('policy.code.hint')} error={codeProblem}>{(props) => <input {...props} value={form.code} disabled={purpose !== null} autoComplete="off" spellCheck={false} onChange={(e) => set({ code: e.target.value })} />}</Field>
        <Field label={t('policy.legalBasis')} hint={t('policy.legalBasis.hint')}>{(props) => <input {...props} value={form.legalBasis} onChange={(e) => set({ legalBasis: e.target.value })} />}</Field>
        <Field label={t('policy.description')} optional>{(props) => <input {...props} value={form.description} onChange={(e) => set({ description: e.target.value })} />}</Field>
        <Field label={t('policy.fields')} hint={t('policy.fields.hint')}>{(props) => <textarea {...props} value={form.fields} spellCheck={false} onChange={(e) => set({ fields: e.target.value })} />}</Field>
        <Field label={t('policy.budget')} hint={t('policy.budget.hint')} optional>{(props) => <input {...props} inputMode="numeric" value={form.budget} onChange={(e) => set({ budget: e.target.value.replace(/\D/g, '') })} />}</Field>
        <Field label={t('policy.ends')} optional>{(props) => <input {...props} type="date" value={form.ends} onChange={(e) => set({ ends: e.target.value })} />}</Field>
      </div>
      <fieldset><legend>{t('policy.roles')}</legend><div className="checks">{roles.filter((r) => r.permissions.includes('UNMASK')).map((r) => <Check key={r.name} label={<code>{r.name}</code>} checked={form.roles.includes(r.name)} onChange={(e) => set({ roles: e.target.checked ? [...form.roles, r.name] : form.roles.filter((n) => n !== r.name) })} />)}</div></fieldset>
      <Check label={t('policy.approval')} hint={t('policy.approval.hint')} checked={form.approval} onChange={(e) => set({ approval: e.target.checked })} />
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}

function TryPolicy({ policy }: { policy: Policy }) {
  const { t, find } = useWords();
  const roles = useRoles().filter((r) => r.permissions.includes('UNMASK'));
  const [role, setRole] = useState('support');
  const [field, setField] = useState('Profile.email');
  const [purpose, setPurpose] = useState('');
  const { run, busy, failure } = useAction(async () => {
    const [entity = '', ...path] = field.split('.');
    setVerdict({ refusal: (await control(Try, { roles: [role], entity, fields: [path.join('.')], purpose: purpose || null })).testPolicy ?? null });
  });
  const [verdict, setVerdict] = useState<{ refusal: string | null } | null>(null);
  return (
    <Card title={t('policy.try')} lead={t('policy.try.lead')}>
      <form className="form" onSubmit={(e) => { e.preventDefault(); setVerdict(null); run(); }}>
        <div className="try">
          <Field label={t('policy.try.role')}>{(props) => <select {...props} value={role} onChange={(e) => setRole(e.target.value)}>{roles.map((r) => <option key={r.name}>{r.name}</option>)}</select>}</Field>
          <Field label={t('policy.try.field')}>{(props) => <input {...props} value={field} spellCheck={false} onChange={(e) => setField(e.target.value)} />}</Field>
          <Field label={t('reveal.purpose')}>{(props) => <select {...props} value={purpose} onChange={(e) => setPurpose(e.target.value)}><option value="">—</option>{policy.purposes.map((p) => <option key={p.code}>{p.code}</option>)}</select>}</Field>
          <Button type="submit" busy={busy}>{t('policy.try.do')}</Button>
        </div>
        {failure && <FailureNotice failure={failure} />}
        {verdict && (verdict.refusal ? <Notice tone="warn" title={t('policy.try.no')}>{find(`error.${verdict.refusal}`) ?? verdict.refusal}</Notice> : <Notice tone="good" title={t('policy.try.yes')} />)}
      </form>
    </Card>
  );
}

function Settings({ policy, write, put }: { policy: Policy; write: boolean; put(change: { refuseMisplaced: boolean; auditDays: number | null }): Promise<void> }) {
  const { t } = useWords();
  const [refuse, setRefuse] = useState(policy.refuseMisplaced);
  const [days, setDays] = useState(policy.auditDays ? String(policy.auditDays) : '');
  const [asking, setAsking] = useState(false);
  const { account } = usePerson();
  const next = { refuseMisplaced: refuse, auditDays: days ? Number(days) : null };
  const changed = refuse !== policy.refuseMisplaced || next.auditDays !== (policy.auditDays ?? null);
  const shorter = next.auditDays !== null && (policy.auditDays === null || policy.auditDays === undefined || next.auditDays < policy.auditDays);
  const { run, busy, failure } = useAction(() => put(next));
  return (
    <Card title={t('policy.settings')}>
      <form className="form" onSubmit={(e) => { e.preventDefault(); if (shorter) setAsking(true); else run(); }}>
        <Check label={t('policy.refuse')} hint={t('policy.refuse.hint')} checked={refuse} disabled={!write} onChange={(e) => setRefuse(e.target.checked)} />
        <Field label={t('policy.days')} hint={t('policy.days.hint')} optional>{(props) => <input {...props} inputMode="numeric" className="short" disabled={!write} value={days} onChange={(e) => setDays(e.target.value.replace(/\D/g, ''))} />}</Field>
        {failure && <FailureNotice failure={failure} />}
        {write && <div><Button type="submit" kind="primary" busy={busy} disabled={!changed}>{t('form.save')}</Button></div>}
      </form>
      {asking && <Danger title={t('policy.days.title')} name={account.id} action={t('policy.days.do')} onClose={() => setAsking(false)} run={() => put(next)}><p>{t('policy.days.lead', { n: days })}</p></Danger>}
    </Card>
  );
}
