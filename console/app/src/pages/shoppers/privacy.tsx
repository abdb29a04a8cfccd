import { Download, Eraser, Scale } from 'lucide-react';
import { useState } from 'react';
import { useWords } from '../../lib/i18n';
import { usePerson } from '../../lib/session';
import { Await, Badge, Button, Card, Moment } from '../../ui';
import { Erase } from '../erasures/erase';
import { PlaceHold, ReleaseButton, ReleaseHold, useHolds, type Hold } from '../erasures/holds';
import { Export } from './export';

/** For privacy officers: what is held of a shopper, whether it is on legal hold, and its erasure. */
export function Privacy({ subject }: { subject: string }) {
  const { t } = useWords();
  const { may } = usePerson();
  const query = useHolds(subject);
  const [open, setOpen] = useState<'erase' | 'export' | 'place' | Hold | null>(null);
  const close = () => setOpen(null);
  return (
    <Card title={t('doc.privacy')}>
      <Await query={query}>
        {({ pages }) => {
          const holds = pages.flat();
          const held = holds.length > 0;
          return (
            <>
              <div className="stack">
                {held ? (
                  <>
                    <p>
                      <Badge tone="warn">{t('holds.held')}</Badge>
                    </p>
                    <p className="quiet small">{t('holds.held.lead')}</p>
                    {holds.map((hold) => (
                      <div key={hold.id} className="row between">
                        <div>
                          <strong>{hold.reference}</strong>
                          <p className="quiet small">
                            <Moment at={hold.creationDate} />
                          </p>
                        </div>
                        <ReleaseButton onClick={() => setOpen(hold)} />
                      </div>
                    ))}
                    {query.hasNextPage && (
                      <Button small busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                        {t('more')}
                      </Button>
                    )}
                  </>
                ) : (
                  <p className="quiet">{t('holds.notHeld')}</p>
                )}
                <div className="row">
                  <Button small onClick={() => setOpen('place')}>
                    <Scale aria-hidden />
                    {t('holds.place')}
                  </Button>
                  {may('UNMASK') && (
                    <Button small onClick={() => setOpen('export')}>
                      <Download aria-hidden />
                      {t('export')}
                    </Button>
                  )}
                </div>
              </div>
              {!held && (
                <p className="apart">
                  <Button kind="danger" small onClick={() => setOpen('erase')}>
                    <Eraser aria-hidden />
                    {t('erase')}
                  </Button>
                </p>
              )}
            </>
          );
        }}
      </Await>
      {open === 'erase' && <Erase subject={subject} onClose={close} />}
      {open === 'export' && <Export subject={subject} onClose={close} />}
      {open === 'place' && <PlaceHold subject={subject} onClose={close} />}
      {open !== null && typeof open === 'object' && <ReleaseHold hold={open} onClose={close} />}
    </Card>
  );
}
