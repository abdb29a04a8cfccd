import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Ban, Plus, Send, Trash2, Waypoints, Webhook as Hook } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '../gql';
import type { ConsumersQuery, WebhooksQuery } from '../gql/graphql';
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
  Table,
  useAction,
  useToast,
  When,
} from '../ui';

const Consumers = graphql(`
  query Consumers {
    consumers {
      id
      creationDate
      createdBy
      revocationDate
    }
  }
`);
const CreateConsumer = graphql(`
  mutation CreateConsumer($id: ID!) {
    createConsumer(id: $id) {
      id
    }
  }
`);
const RevokeConsumer = graphql(`
  mutation RevokeConsumer($id: ID!) {
    revokeConsumer(id: $id) {
      id
    }
  }
`);
const Webhooks = graphql(`
  query Webhooks {
    webhooks {
      id
      url
      description
      creationDate
      lastSuccess
      lastFailure
      failure
    }
  }
`);
const CreateWebhook = graphql(`
  mutation CreateWebhook($url: String!, $description: String) {
    createWebhook(url: $url, description: $description) {
      secret
    }
  }
`);
const DeleteWebhook = graphql(`
  mutation DeleteWebhook($id: ID!) {
    deleteWebhook(id: $id)
  }
`);
const TestWebhook = graphql(`
  mutation TestWebhook($id: ID!) {
    testWebhook(id: $id) {
      delivered
      failure
    }
  }
`);

type Consumer = ConsumersQuery['consumers'][number];
type Webhook = WebhooksQuery['webhooks'][number];

/** The systems that have tokens of their own. */
export const useConsumers = () => useQuery({ queryKey: ['consumers'], queryFn: () => control(Consumers) });

/** Other systems: their tokens, and what they are told. */
export default function Integrations() {
  const { t } = useWords();
  return (
    <Page title={t('integrations.title')} lead={t('integrations.lead')}>
      <ConsumerList />
      <WebhookList />
    </Page>
  );
}

function ConsumerList() {
  const { t } = useWords();
  const queries = useQueryClient();
  const query = useConsumers();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Consumer | null>(null);
  return (
    <Card
      title={t('consumers.title')}
      lead={t('consumers.lead')}
      flush
      actions={
        <Button small onClick={() => setCreating(true)}>
          <Plus aria-hidden />
          {t('consumers.new')}
        </Button>
      }
    >
      <Await query={query}>
        {({ consumers }) =>
          consumers.length === 0 ? (
            <Empty icon={Waypoints} title={t('consumers.none')}>
              {t('consumers.none.todo')}
            </Empty>
          ) : (
            <Table
              rows={consumers}
              id={({ id }) => id}
              columns={[
                [t('consumers.id'), ({ id }) => <strong>{id}</strong>],
                [t('apiKeys.created'), ({ creationDate }) => <Moment at={creationDate} />],
                [
                  t('apiKeys.state'),
                  ({ revocationDate }) =>
                    revocationDate ? (
                      <Badge tone="bad">{t('apiKeys.revoked')}</Badge>
                    ) : (
                      <Badge tone="good">{t('apiKeys.valid')}</Badge>
                    ),
                ],
              ]}
              actions={(consumer) =>
                !consumer.revocationDate && (
                  <Button small kind="danger" onClick={() => setRevoking(consumer)}>
                    <Ban aria-hidden />
                    {t('apiKeys.revoke')}
                  </Button>
                )
              }
            />
          )
        }
      </Await>
      {creating && <NewConsumer onClose={() => setCreating(false)} />}
      {revoking && (
        <Danger
          title={t('consumers.revoke.title')}
          name={revoking.id}
          action={t('consumers.revoke.do')}
          done={t('consumers.revoke.done')}
          onClose={() => setRevoking(null)}
          run={async () => {
            await control(RevokeConsumer, { id: revoking.id });
            await queries.invalidateQueries({ queryKey: ['consumers'] });
          }}
        >
          <p>{t('consumers.revoke.lead')}</p>
        </Danger>
      )}
    </Card>
  );
}

function NewConsumer({ onClose }: { onClose(): void }) {
  const { t } = useWords();
  const toast = useToast();
  const queries = useQueryClient();
  const [id, setId] = useState('');
  const right = /^[a-z][a-z0-9-]{0,62}$/.test(id);
  const { run, busy, failure } = useAction(
    () => control(CreateConsumer, { id }),
    () => {
      toast(t('consumers.made', { id }));
      void queries.invalidateQueries({ queryKey: ['consumers'] });
      onClose();
    },
  );
  return (
    <Dialog
      title={t('consumers.new')}
      onClose={onClose}
      onSubmit={() => {
        if (right) run();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={busy} disabled={!right}>
            {t('consumers.create')}
          </Button>
        </>
      }
    >
      <p>{t('consumers.new.lead')}</p>
      <Field
        label={t('consumers.id')}
        hint={t('accounts.id.hint')}
        error={id && !right ? t('consumers.id.problem') : undefined}
      >
        {(props) => (
          <input
            {...props}
            value={id}
            autoComplete="off"
            spellCheck={false}
            placeholder="erp"
            onChange={(e) => setId(e.target.value)}
          />
        )}
      </Field>
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}

function WebhookList() {
  const { t } = useWords();
  const toast = useToast();
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ['webhooks'], queryFn: () => control(Webhooks) });
  const [creating, setCreating] = useState(false);
  const [removing, setRemoving] = useState<Webhook | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: ['webhooks'] });
  const test = useAction(
    (id: string) => control(TestWebhook, { id }),
    ({ testWebhook: { delivered, failure } }) => {
      toast(delivered ? t('webhooks.delivered') : t('webhooks.failed', { why: failure ?? '' }));
      void again();
    },
  );
  return (
    <Card
      title={t('webhooks.title')}
      lead={t('webhooks.lead')}
      flush
      actions={
        <Button small onClick={() => setCreating(true)}>
          <Plus aria-hidden />
          {t('webhooks.new')}
        </Button>
      }
    >
      {test.failure && (
        <div className="body">
          <FailureNotice failure={test.failure} />
        </div>
      )}
      <Await query={query}>
        {({ webhooks }) =>
          webhooks.length === 0 ? (
            <Empty icon={Hook} title={t('webhooks.none')}>
              {t('webhooks.none.todo')}
            </Empty>
          ) : (
            <Table
              rows={webhooks}
              id={({ id }) => id}
              columns={[
                [
                  t('webhooks.url'),
                  ({ url, description }) => (
                    <>
                      <code>{url}</code>
                      {description && <span className="sub">{description}</span>}
                    </>
                  ),
                ],
                [t('webhooks.lastSuccess'), ({ lastSuccess }) => <When at={lastSuccess} />],
                [
                  t('webhooks.lastFailure'),
                  ({ lastFailure, failure }) => (
                    <>
                      <When at={lastFailure} />
                      {lastFailure && <span className="sub">{failure}</span>}
                    </>
                  ),
                ],
              ]}
              actions={(webhook) => (
                <>
                  <Button small busy={test.busy} onClick={() => test.run(webhook.id)}>
                    <Send aria-hidden />
                    {t('webhooks.test')}
                  </Button>
                  <Button small kind="danger" onClick={() => setRemoving(webhook)}>
                    <Trash2 aria-hidden />
                    {t('webhooks.remove')}
                  </Button>
                </>
              )}
            />
          )
        }
      </Await>
      {creating && (
        <NewWebhook
          onClose={() => {
            setCreating(false);
            void again();
          }}
        />
      )}
      {removing && (
        <Danger
          title={t('webhooks.remove.title')}
          name={removing.url}
          action={t('webhooks.remove')}
          done={t('webhooks.removed')}
          onClose={() => setRemoving(null)}
          run={async () => {
            await control(DeleteWebhook, { id: removing.id });
            await again();
          }}
        >
          <p>{t('webhooks.remove.lead')}</p>
        </Danger>
      )}
    </Card>
  );
}

function NewWebhook({ onClose }: { onClose(): void }) {
  const { t } = useWords();
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [secret, setSecret] = useState<string | null>(null);
  const right = /^https:\/\/.+/.test(url.trim());
  const { run, busy, failure } = useAction(
    () => control(CreateWebhook, { url: url.trim(), description: description.trim() || null }),
    ({ createWebhook }) => setSecret(createWebhook.secret),
  );
  if (secret)
    return (
      <Dialog
        title={t('webhooks.made')}
        onClose={onClose}
        footer={
          <Button kind="primary" onClick={onClose}>
            {t('secret.done')}
          </Button>
        }
      >
        <p>{t('webhooks.secret')}</p>
        <Secret secret={secret} />
      </Dialog>
    );
  return (
    <Dialog
      title={t('webhooks.new')}
      onClose={onClose}
      onSubmit={() => {
        if (right) run();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={busy} disabled={!right}>
            {t('webhooks.create')}
          </Button>
        </>
      }
    >
      <Field label={t('webhooks.url')} error={url && !right ? t('webhooks.url.problem') : undefined}>
        {(props) => (
          <input
            {...props}
            type="url"
            value={url}
            autoComplete="off"
            spellCheck={false}
            placeholder="https://"
            onChange={(e) => setUrl(e.target.value)}
          />
        )}
      </Field>
      <Field label={t('webhooks.description')} optional>
        {(props) => (
          <input {...props} value={description} maxLength={200} onChange={(e) => setDescription(e.target.value)} />
        )}
      </Field>
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}
