import { Component, type ReactNode } from 'react';
import { useWords } from '../lib/i18n';
import { Button } from './button';
import { Notice } from './notice';
import { Page } from './page';

/** Shows, in the place of a page that cannot be shown, that it cannot; for instance since a newer server has other files. */
export class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };
  static getDerivedStateFromError = () => ({ broken: true });
  override render() {
    return this.state.broken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const { t } = useWords();
  return (
    <Page title={t('broken.title')}>
      <Notice tone="bad" title={t('broken.lead')}>
        <p>{t('broken.todo')}</p>
        <div className="row">
          <Button small onClick={() => location.reload()}>
            {t('broken.reload')}
          </Button>
        </div>
      </Notice>
    </Page>
  );
}
