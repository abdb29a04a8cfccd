import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Building2, Pause, Pencil, Play, Plus } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '../gql';
import type { AccountsQuery } from '../gql/graphql';
import { control } from '../lib/api';
import { useWords } from '../lib/i18n';
import {
  Await,
  Badge,
  Button,
  Card,
  Danger,
  Dialog,
  Empty,
  FailureNotice,
  Field,
  Moment,
  Page,
  Secret,
  useAction,
  useToast,
} from '../ui';

const All = graphql(`
  query Accounts($after: ID) {
    accounts(first: 50, after: $after) {
      id
      name
      creationDate
      suspended
    }
  }
`);
const CreateAccount = graphql(`
  mutation CreateAccount($id: ID!, $name: String) {
    createAccount(id: $id, name: $name) {
      adminKey {
        secret
      }
    }
  }
`);
const UpdateAccount = graphql(`
  mutation UpdateAccount($id: ID!, $name: String, $suspended: Boolean) {
    updateAccount(id: $id, name: $name, suspended: $suspended) {
      id
    }
  }
`);

type Account = AccountsQuery['accounts'][number];

export default function Accounts() {
  const { t } = useWords();
  const toast = useToast();
  const queries = useQueryClient();
  const query = useInfiniteQuery({
    queryKey: ['accounts'],
    queryFn: async ({ pageParam }) => (await control(All, { after: pageParam })).accounts,
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last.length < 50 ? undefined : last.at(-1)?.id),
  });
  const [creating, setCreating] = useState(false);
  const [renaming, setRenaming] = useState<Account | null>(null);
  const [suspending, setSuspending] = useState<Account | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: ['accounts'] });
  const resume = useAction(
    (id: string) => control(UpdateAccount, { id, suspended: false }),
    () => {
      toast(t('accounts.resumed'));
      void again();
    },
  );
  return (
    <Page
      title={t('accounts.title')}
      lead={t('accounts.lead')}
      actions={
        <Button kind="primary" onClick={() => setCreating(true)}>
          <Plus aria-hidden />
          {t('accounts.new')}
        </Button>
      }
    >
      {resume.failure && <FailureNotice failure={resume.failure} />}
      <Card flush>
        <Await query={query}>
          {({ pages }) => {
            const accounts = pages.flat();
            return accounts.length === 0 ? (
              <Empty icon={Building2} title={t('accounts.none')} />
            ) : (
              <>
                <div className="table-wrap">
                  <table className="fold">
                    <thead>
                      <tr>
                        <th>{t('accounts.id')}</th>
                        <th>{t('accounts.name')}</th>
                        <th>{t('accounts.created')}</th>
                        <th>{t('accounts.state')}</th>
                        <th>
                          <span className="sr">{t('actions')}</span>
                        </th>
                      </tr>
                    </thead>
                    <tbody>
                      {accounts.map((account) => (
                        <tr key={account.id}>
                          <td>
                            <code>{account.id}</code>
                          </td>
                          <td data-label={t('accounts.name')}>{account.name}</td>
                          <td data-label={t('accounts.created')}>
                            <Moment at={account.creationDate} />
                          </td>
                          <td data-label={t('accounts.state')}>
                            {account.suspended ? (
                              <Badge tone="bad">{t('accounts.suspended')}</Badge>
                            ) : (
                              <Badge tone="good">{t('accounts.active')}</Badge>
                            )}
                          </td>
                          <td className="actions">
                            <span className="row end">
                              <Button small kind="plain" onClick={() => setRenaming(account)}>
                                <Pencil aria-hidden />
                                {t('accounts.rename')}
                              </Button>
                              {account.suspended ? (
                                <Button small busy={resume.busy} onClick={() => resume.run(account.id)}>
                                  <Play aria-hidden />
                                  {t('accounts.resume')}
                                </Button>
                              ) : (
                                <Button small kind="danger" onClick={() => setSuspending(account)}>
                                  <Pause aria-hidden />
                                  {t('accounts.suspend')}
                                </Button>
                              )}
                            </span>
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
                {query.hasNextPage && (
                  <footer className="row end">
                    <Button onClick={() => void query.fetchNextPage()}>{t('more')}</Button>
                  </footer>
                )}
              </>
            );
          }}
        </Await>
      </Card>
      {creating && (
        <NewAccount
          onClose={() => {
            setCreating(false);
            void again();
          }}
        />
      )}
      {renaming && (
        <Rename
          account={renaming}
          onClose={() => {
            setRenaming(null);
            void again();
          }}
        />
      )}
      {suspending && (
        <Danger
          title={t('accounts.suspend.title')}
          name={suspending.id}
          action={t('accounts.suspend.do')}
          done={t('accounts.suspend.done')}
          onClose={() => setSuspending(null)}
          run={async () => {
            await control(UpdateAccount, { id: suspending.id, suspended: true });
            await again();
          }}
        >
          <p>{t('accounts.suspend.lead')}</p>
        </Danger>
      )}
    </Page>
  );
}

function NewAccount({ onClose }: { onClose(): void }) {
  const { t } = useWords();
  const [id, setId] = useState('');
  const [name, setName] = useState('');
  const [secret, setSecret] = useState<string | null>(null);
  const { run, busy, failure } = useAction(
    () => control(CreateAccount, { id, name: name.trim() || null }),
    ({ createAccount }) => setSecret(createAccount.adminKey.secret),
  );
  const right = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(id);
  if (secret)
    return (
      <Dialog
        title={t('accounts.made', { id })}
        onClose={onClose}
        footer={
          <Button kind="primary" onClick={onClose}>
            {t('secret.done')}
          </Button>
        }
      >
        <p>{t('accounts.made.lead')}</p>
        <Secret secret={secret} />
      </Dialog>
    );
  return (
    <Dialog
      title={t('accounts.new')}
      onClose={onClose}
      onSubmit={() => {
        if (right) run();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={busy} disabled={!right}>
            {t('accounts.create')}
          </Button>
        </>
      }
    >
      <Field
        label={t('accounts.id')}
        hint={t('accounts.id.hint')}
        error={id && !right ? t('accounts.id.problem') : undefined}
      >
        {(props) => (
          <input {...props} value={id} autoComplete="off" spellCheck={false} onChange={(e) => setId(e.target.value)} />
        )}
      </Field>
      <Field label={t('accounts.name')} optional>
        {(props) => <input {...props} value={name} onChange={(e) => setName(e.target.value)} />}
      </Field>
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}

function Rename({ account, onClose }: { account: Account; onClose(): void }) {
  const { t } = useWords();
  const [name, setName] = useState(account.name);
  const { run, busy, failure } = useAction(
    () => control(UpdateAccount, { id: account.id, name: name.trim() }),
    onClose,
  );
  return (
    <Dialog
      title={t('accounts.rename.title', { id: account.id })}
      onClose={onClose}
      onSubmit={() => run()}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {t('form.save')}
          </Button>
        </>
      }
    >
      <Field label={t('accounts.name')}>
        {(props) => <input {...props} value={name} onChange={(e) => setName(e.target.value)} />}
      </Field>
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}
