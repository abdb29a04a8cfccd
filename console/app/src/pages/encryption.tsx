import { useQuery, useQueryClient } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '../gql';
import type { KeyRotationStep, KeyStatusQuery } from '../gql/graphql';
import { control } from '../lib/api';
import { useWords } from '../lib/i18n';
import { usePerson } from '../lib/session';
import { Await, Badge, Button, Card, Danger, Field, Moment, Page, Progress } from '../ui';

const Status = graphql(`
  query KeyStatus {
    keyStatus {
      kek
      accountKeys {
        number
        creationDate
        kekVersion
        wraps
      }
      subjects
      subjectsRotating
      subjectsErased
      indexKeys {
        entity
        property
        versions
      }
      rotations {
        step
        beginDate
        done
        all
      }
    }
  }
`);
const Rotate = graphql(`
  mutation RotateKeys($step: KeyRotationStep!, $kek: String) {
    rotateKeys(step: $step, kek: $kek) {
      rotations {
        step
      }
    }
  }
`);

type KeyStatus = KeyStatusQuery['keyStatus'];

/** The rotations there are, and for each how many of the keys that it replaces have their newest version alone. */
const steps: [step: KeyRotationStep, newest: (status: KeyStatus) => { done: number; all: number }][] = [
  [
    'KEK',
    ({ accountKeys }) => ({
      done: accountKeys.filter((k) => k.kekVersion === accountKeys.at(-1)?.kekVersion).length,
      all: accountKeys.length,
    }),
  ],
  [
    'ACCOUNT',
    ({ accountKeys }) => ({
      done: accountKeys.at(-1)?.wraps ?? 0,
      all: accountKeys.reduce((sum, k) => sum + k.wraps, 0),
    }),
  ],
  ['DEK', ({ subjects, subjectsRotating }) => ({ done: subjects - subjectsRotating, all: subjects })],
  ['INDEX', ({ indexKeys }) => ({ done: indexKeys.filter((k) => k.versions === 1).length, all: indexKeys.length })],
];

export default function Encryption() {
  const { t, number } = useWords();
  const { account } = usePerson();
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ['keys'],
    queryFn: async () => (await control(Status)).keyStatus,
    refetchInterval: (q) => (q.state.data?.rotations.length ? 2000 : false),
  });
  const [step, setStep] = useState<KeyRotationStep | null>(null);
  const [kek, setKek] = useState('');
  return (
    <Page title={t('encryption.title')} lead={t('encryption.lead')}>
      <Await query={query}>
        {(status) => (
          <>
            <div className="cards four">
              <div className="card tile">
                <p>{t('encryption.kek')}</p>
                <span className="figure small-figure">
                  <code>{status.kek ?? '—'}</code>
                </span>
              </div>
              <div className="card tile">
                <p>{t('encryption.subjects')}</p>
                <span className="figure">{number(status.subjects)}</span>
              </div>
              <div className="card tile">
                <p>{t('encryption.rotating')}</p>
                <span className="figure">{number(status.subjectsRotating)}</span>
              </div>
              <div className="card tile">
                <p>{t('encryption.erased')}</p>
                <span className="figure">{number(status.subjectsErased)}</span>
              </div>
            </div>
            <Card title={t('encryption.rotate')} lead={t('encryption.rotate.lead')} flush>
              <div className="table-wrap">
                <table className="fold">
                  <thead>
                    <tr>
                      <th>{t('encryption.step')}</th>
                      <th className="share">{t('encryption.newest')}</th>
                      <th>
                        <span className="sr">{t('actions')}</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {steps.map(([s, newest]) => {
                      const rotation = status.rotations.find((r) => r.step === s);
                      const { done, all } = newest(status);
                      return (
                        <tr key={s}>
                          <td>
                            <strong>{t(`encryption.${s}`)}</strong>
                            <span className="sub">{t(`encryption.${s}.does`)}</span>
                            {rotation && <UnderWay rotation={rotation} />}
                          </td>
                          <td data-label={t('encryption.newest')}>
                            <Progress
                              label={t(`encryption.${s}.newest`, { done: number(done), all: number(all) })}
                              done={done}
                              total={all}
                            />
                          </td>
                          <td className="actions">
                            {rotation ? (
                              <Badge tone="warn">{t('encryption.underWay')}</Badge>
                            ) : (
                              <Button
                                small
                                onClick={() => {
                                  setKek('');
                                  setStep(s);
                                }}
                              >
                                <RotateCw aria-hidden />
                                {t('encryption.rotate.do')}
                              </Button>
                            )}
                          </td>
                        </tr>
                      );
                    })}
                  </tbody>
                </table>
              </div>
            </Card>
            <Card title={t('encryption.accountKeys')} flush>
              {status.accountKeys.length === 0 ? (
                <p className="body quiet">{t('encryption.none')}</p>
              ) : (
                <div className="table-wrap">
                  <table className="fold">
                    <thead>
                      <tr>
                        <th>{t('encryption.number')}</th>
                        <th>{t('encryption.created')}</th>
                        <th>{t('encryption.kekVersion')}</th>
                        <th className="number">{t('encryption.wraps')}</th>
                      </tr>
                    </thead>
                    <tbody>
                      {status.accountKeys.map((k) => (
                        <tr key={k.number}>
                          <td data-label={t('encryption.number')}>{k.number}</td>
                          <td data-label={t('encryption.created')}>
                            <Moment at={k.creationDate} full />
                          </td>
                          <td data-label={t('encryption.kekVersion')}>{k.kekVersion ?? '—'}</td>
                          <td className="number" data-label={t('encryption.wraps')}>
                            {number(k.wraps)}
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              )}
            </Card>
            <Card title={t('encryption.indexKeys')} lead={t('encryption.indexKeys.lead')}>
              <span className="badges">
                {status.indexKeys.map((k) => (
                  <Badge
                    key={k.entity + k.property}
                    tone={k.versions > 1 ? 'warn' : undefined}
                  >{`${k.entity}.${k.property}`}</Badge>
                ))}
              </span>
            </Card>
          </>
        )}
      </Await>
      {step && (
        <Danger
          title={t('encryption.rotate.title', { step: t(`encryption.${step}`) })}
          name={account.id}
          action={t('encryption.rotate.do')}
          done={t('encryption.begun')}
          onClose={() => setStep(null)}
          run={async () => {
            await control(Rotate, { step, kek: step === 'KEK' && kek.trim() ? kek.trim() : null });
            await queries.invalidateQueries({ queryKey: ['keys'] });
          }}
        >
          <p>
            {t(`encryption.${step}.does`)} {t('encryption.rotate.safe')}
          </p>
          {step === 'KEK' && (
            <div className="apart">
              <Field label={t('encryption.otherKek')} hint={t('encryption.otherKek.hint')} optional>
                {(props) => (
                  <input
                    {...props}
                    value={kek}
                    autoComplete="off"
                    spellCheck={false}
                    onChange={(e) => setKek(e.target.value)}
                  />
                )}
              </Field>
            </div>
          )}
        </Danger>
      )}
    </Page>
  );
}

/** How far a rotation is, as the server tells. */
function UnderWay({ rotation: { step, beginDate, done, all } }: { rotation: KeyStatus['rotations'][number] }) {
  const { t, number, time } = useWords();
  return (
    <div className="under-way" role="status">
      {all > 0 && (
        <Progress
          label={t(step === 'DEK' ? 'encryption.DEK.through' : 'encryption.INDEX.through', {
            done: number(done),
            all: number(all),
          })}
          done={done}
          total={all}
        />
      )}
      <p className="small quiet">
        {t('encryption.since', { time: time(beginDate) })} {all > 0 && done >= all && t('encryption.waits')}
      </p>
    </div>
  );
}
