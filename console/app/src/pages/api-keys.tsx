import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Ban, KeyRound, MonitorSmartphone, Plus } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '../gql';
import type { ApiKeysQuery } from '../gql/graphql';
import { control } from '../lib/api';
import { useWords } from '../lib/i18n';
import { usePerson } from '../lib/session';
import {
  Await,
  Badge,
  Badges,
  Button,
  Card,
  Check,
  Danger,
  Dialog,
  Empty,
  FailureNotice,
  Field,
  Moment,
  Page,
  Secret,
  Segments,
  Table,
  useAction,
  useToast,
  When,
} from '../ui';
import { useConsumers } from './integrations';

const Keys = graphql(`
  query ApiKeys {
    apiKeys {
      id
      name
      roles
      subject
      consumer
      creationDate
      createdBy
      expirationDate
      revocationDate
      lastUse
    }
  }
`);
const Sessions = graphql(`
  query Sessions {
    sessions {
      id
      actor
      roles
      issuer
      creationDate
      lastUse
      current
    }
  }
`);
const EndSession = graphql(`
  mutation EndSession($id: ID!) {
    endSession(id: $id)
  }
`);
const Roles = graphql(`
  query Roles {
    roles {
      name
      description
      permissions
    }
  }
`);
const CreateKey = graphql(`
  mutation CreateApiKey($name: String!, $roles: [String!]!, $subject: ID, $consumer: ID, $expiresAt: DateTime) {
    createApiKey(name: $name, roles: $roles, subject: $subject, consumer: $consumer, expiresAt: $expiresAt) {
      secret
    }
  }
`);
const RevokeKey = graphql(`
  mutation RevokeApiKey($id: ID!) {
    revokeApiKey(id: $id) {
      id
    }
  }
`);

type ApiKey = ApiKeysQuery['apiKeys'][number];

/** The roles that there are. */
export const useRoles = () =>
  useQuery({ queryKey: ['roles'], staleTime: Infinity, queryFn: () => control(Roles) }).data?.roles ?? [];

const ended = (key: ApiKey) =>
  Boolean(key.revocationDate) || Boolean(key.expirationDate && new Date(key.expirationDate) < new Date());

export default function ApiKeys() {
  const { t } = useWords();
  const query = useQuery({ queryKey: ['api-keys'], queryFn: () => control(Keys) });
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const [which, setWhich] = useState<'live' | 'all'>('live');
  const queries = useQueryClient();
  return (
    <Page
      title={t('apiKeys.title')}
      lead={t('apiKeys.lead')}
      actions={
        <Button kind="primary" onClick={() => setCreating(true)}>
          <Plus aria-hidden />
          {t('apiKeys.new')}
        </Button>
      }
    >
      <Card
        title={t('apiKeys.list')}
        flush
        actions={
          <Segments<'live' | 'all'>
            label={t('apiKeys.which')}
            value={which}
            onChange={setWhich}
            options={[
              ['live', t('apiKeys.live')],
              ['all', t('apiKeys.all')],
            ]}
          />
        }
      >
        <Await query={query}>
          {({ apiKeys }) => {
            const shown = apiKeys.filter((k) => which === 'all' || !ended(k));
            if (shown.length === 0)
              return (
                <Empty
                  icon={KeyRound}
                  title={t('apiKeys.none')}
                  actions={<Button onClick={() => setCreating(true)}>{t('apiKeys.new')}</Button>}
                >
                  {t('apiKeys.none.todo')}
                </Empty>
              );
            return (
              <Table
                rows={shown}
                id={(key) => key.id}
                columns={[
                  [t('apiKeys.name'), (key) => <KeyName apiKey={key} />],
                  [t('apiKeys.roles'), ({ roles }) => <Badges names={roles} />],
                  [t('apiKeys.created'), ({ creationDate }) => <Moment at={creationDate} />],
                  [t('apiKeys.lastUse'), ({ lastUse }) => <When at={lastUse} />],
                  [t('apiKeys.state'), (key) => <State apiKey={key} />],
                ]}
                actions={(key) =>
                  !ended(key) && (
                    <Button small kind="danger" onClick={() => setRevoking(key)}>
                      <Ban aria-hidden />
                      {t('apiKeys.revoke')}
                    </Button>
                  )
                }
              />
            );
          }}
        </Await>
      </Card>
      <SignedIn />
      {creating && <NewKey onClose={() => setCreating(false)} />}
      {revoking && (
        <Danger
          title={t('apiKeys.revoke.title')}
          name={revoking.name}
          action={t('apiKeys.revoke.do')}
          done={t('apiKeys.revoke.done')}
          onClose={() => setRevoking(null)}
          run={async () => {
            await control(RevokeKey, { id: revoking.id });
            await queries.invalidateQueries({ queryKey: ['api-keys'] });
          }}
        >
          <p>{t('apiKeys.revoke.lead')}</p>
        </Danger>
      )}
    </Page>
  );
}

function KeyName({ apiKey: { name, id, subject, consumer } }: { apiKey: ApiKey }) {
  const { t } = useWords();
  return (
    <>
      <strong>{name}</strong>
      <span className="sub">
        <code>{id}</code>
      </span>
      {subject && (
        <span className="sub">
          {t('apiKeys.for')} <code>{subject}</code>
        </span>
      )}
      {consumer && (
        <span className="sub">
          {t('apiKeys.consumer')}: {consumer}
        </span>
      )}
    </>
  );
}

function State({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useWords();
  if (apiKey.revocationDate) return <Badge tone="bad">{t('apiKeys.revoked')}</Badge>;
  if (ended(apiKey)) return <Badge tone="warn">{t('apiKeys.expired')}</Badge>;
  if (!apiKey.expirationDate) return <Badge tone="good">{t('apiKeys.valid')}</Badge>;
  return (
    <>
      {t('apiKeys.until')} <Moment at={apiKey.expirationDate} />
    </>
  );
}

function NewKey({ onClose }: { onClose(): void }) {
  const { t, find } = useWords();
  const { permissions } = usePerson();
  const queries = useQueryClient();
  const roles = useRoles();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  const [subject, setSubject] = useState('');
  const [expires, setExpires] = useState('');
  const [consumer, setConsumer] = useState('');
  const consumers = useConsumers().data?.consumers.filter((c) => !c.revocationDate) ?? [];
  const shopper = chosen.includes('shopper');
  const [secret, setSecret] = useState<string | null>(null);
  const { run, busy, failure } = useAction(
    () =>
      control(CreateKey, {
        name: name.trim(),
        roles: chosen,
        subject: shopper ? subject.trim() : null,
        consumer: consumer || null,
        expiresAt: expires ? new Date(`${expires}T23:59:59`).toISOString() : null,
      }),
    ({ createApiKey }) => {
      setSecret(createApiKey.secret);
      void queries.invalidateQueries({ queryKey: ['api-keys'] });
    },
  );
  if (secret)
    return (
      <Dialog
        title={t('apiKeys.made', { name })}
        onClose={onClose}
        footer={
          <Button kind="primary" onClick={onClose}>
            {t('secret.done')}
          </Button>
        }
      >
        <Secret secret={secret} />
      </Dialog>
    );
  const ready = name.trim() !== '' && chosen.length > 0 && (!shopper || subject.trim() !== '');
  return (
    <Dialog
      title={t('apiKeys.new')}
      onClose={onClose}
      onSubmit={() => {
        if (ready) run();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={busy} disabled={!ready}>
            {t('apiKeys.create')}
          </Button>
        </>
      }
    >
      <Field label={t('apiKeys.name')} hint={t('apiKeys.name.hint')}>
        {(props) => (
          <input {...props} value={name} maxLength={100} autoComplete="off" onChange={(e) => setName(e.target.value)} />
        )}
      </Field>
      <fieldset>
        <legend>{t('apiKeys.roles')}</legend>
        <div className="stack tight">
          {roles.map((role) => {
            const mine = role.permissions.every((p) => permissions.includes(p));
            return (
              <Check
                key={role.name}
                label={<code>{role.name}</code>}
                hint={mine ? (find(`role.${role.name}`) ?? role.description) : t('apiKeys.notYours')}
                checked={chosen.includes(role.name)}
                disabled={!mine || (shopper ? role.name !== 'shopper' : role.name === 'shopper' && chosen.length > 0)}
                onChange={(e) =>
                  setChosen(e.target.checked ? [...chosen, role.name] : chosen.filter((r) => r !== role.name))
                }
              />
            );
          })}
        </div>
      </fieldset>
      {shopper && (
        <Field label={t('apiKeys.subject')} hint={t('apiKeys.subject.hint')}>
          {(props) => (
            <input
              {...props}
              value={subject}
              autoComplete="off"
              spellCheck={false}
              onChange={(e) => setSubject(e.target.value)}
            />
          )}
        </Field>
      )}
      {consumers.length > 0 && (
        <Field label={t('apiKeys.consumer')} hint={t('apiKeys.consumer.hint')} optional>
          {(props) => (
            <select {...props} value={consumer} onChange={(e) => setConsumer(e.target.value)}>
              <option value="">{t('apiKeys.consumer.none')}</option>
              {consumers.map((c) => (
                <option key={c.id}>{c.id}</option>
              ))}
            </select>
          )}
        </Field>
      )}
      <Field label={t('apiKeys.expires')} hint={t('apiKeys.expires.hint')} optional>
        {(props) => <input {...props} type="date" value={expires} onChange={(e) => setExpires(e.target.value)} />}
      </Field>
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}

function SignedIn() {
  const { t } = useWords();
  const toast = useToast();
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ['sessions'], queryFn: () => control(Sessions) });
  const end = useAction(
    (id: string) => control(EndSession, { id }),
    () => {
      toast(t('sessions.ended'));
      void queries.invalidateQueries({ queryKey: ['sessions'] });
    },
  );
  return (
    <Card title={t('sessions.title')} lead={t('sessions.lead')} flush>
      {end.failure && (
        <div className="body">
          <FailureNotice failure={end.failure} />
        </div>
      )}
      <Await query={query}>
        {({ sessions }) =>
          sessions.length === 0 ? (
            <Empty icon={MonitorSmartphone} title={t('sessions.none')} />
          ) : (
            <Table
              rows={sessions}
              id={({ id }) => id}
              columns={[
                [
                  t('sessions.who'),
                  ({ actor, issuer, current }) => (
                    <>
                      <code>{actor}</code> {current && <Badge tone="accent">{t('sessions.current')}</Badge>}
                      {issuer && <span className="sub">{issuer}</span>}
                    </>
                  ),
                ],
                [t('apiKeys.roles'), ({ roles }) => <Badges names={roles} />],
                [t('sessions.since'), ({ creationDate }) => <Moment at={creationDate} />],
                [t('apiKeys.lastUse'), ({ lastUse }) => <Moment at={lastUse} />],
              ]}
              actions={({ id }) => (
                <Button small kind="danger" busy={end.busy} onClick={() => end.run(id)}>
                  {t('sessions.end')}
                </Button>
              )}
            />
          )
        }
      </Await>
    </Card>
  );
}
