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
  useAction,
  useToast,
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
              <div className="table-wrap">
                <table className="fold">
                  <thead>
                    <tr>
                      <th>{t('apiKeys.name')}</th>
                      <th>{t('apiKeys.roles')}</th>
                      <th>{t('apiKeys.created')}</th>
                      <th>{t('apiKeys.lastUse')}</th>
                      <th>{t('apiKeys.state')}</th>
                      <th>
                        <span className="sr">{t('actions')}</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {shown.map((key) => (
                      <tr key={key.id}>
                        <td>
                          <strong>{key.name}</strong>
                          <span className="sub">
                            <code>{key.id}</code>
                          </span>
                          {key.subject && (
                            <span className="sub">
                              {t('apiKeys.for')} <code>{key.subject}</code>
                            </span>
                          )}
                          {key.consumer && (
                            <span className="sub">
                              {t('apiKeys.consumer')}: {key.consumer}
                            </span>
                          )}
                        </td>
                        <td data-label={t('apiKeys.roles')}>
                          <span className="badges">
                            {key.roles.map((r) => (
                              <Badge key={r} tone="accent">
                                {r}
                              </Badge>
                            ))}
                          </span>
                        </td>
                        <td data-label={t('apiKeys.created')}>
                          <Moment at={key.creationDate} />
                        </td>
                        <td data-label={t('apiKeys.lastUse')}>
                          {key.lastUse ? (
                            <Moment at={key.lastUse} />
                          ) : (
                            <span className="quiet">{t('apiKeys.never')}</span>
                          )}
                        </td>
                        <td data-label={t('apiKeys.state')}>
                          {key.revocationDate ? (
                            <Badge tone="bad">{t('apiKeys.revoked')}</Badge>
                          ) : ended(key) ? (
                            <Badge tone="warn">{t('apiKeys.expired')}</Badge>
                          ) : key.expirationDate ? (
                            <>
                              {t('apiKeys.until')} <Moment at={key.expirationDate} />
                            </>
                          ) : (
                            <Badge tone="good">{t('apiKeys.valid')}</Badge>
                          )}
                        </td>
                        <td className="actions">
                          {!ended(key) && (
                            <Button small kind="danger" onClick={() => setRevoking(key)}>
                              <Ban aria-hidden />
                              {t('apiKeys.revoke')}
                            </Button>
                          )}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
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
            <div className="table-wrap">
              <table className="fold">
                <thead>
                  <tr>
                    <th>{t('sessions.who')}</th>
                    <th>{t('apiKeys.roles')}</th>
                    <th>{t('sessions.since')}</th>
                    <th>{t('apiKeys.lastUse')}</th>
                    <th>
                      <span className="sr">{t('actions')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {sessions.map((s) => (
                    <tr key={s.id}>
                      <td>
                        <code>{s.actor}</code>
                        {s.issuer && <span className="sub">{s.issuer}</span>}
                      </td>
                      <td data-label={t('apiKeys.roles')}>
                        <span className="badges">
                          {s.roles.map((r) => (
                            <Badge key={r} tone="accent">
                              {r}
                            </Badge>
                          ))}
                        </span>
                      </td>
                      <td data-label={t('sessions.since')}>
                        <Moment at={s.creationDate} />
                      </td>
                      <td data-label={t('apiKeys.lastUse')}>
                        <Moment at={s.lastUse} />
                      </td>
                      <td className="actions">
                        <Button small kind="danger" busy={end.busy} onClick={() => end.run(s.id)}>
                          {t('sessions.end')}
                        </Button>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Await>
    </Card>
  );
}
