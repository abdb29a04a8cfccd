import { Redirect, Route, Switch } from 'wouter';
import { useModel, type Entity } from '../../data/model';
import { useWords } from '../../lib/i18n';
import { Await, FailureNotice, Page } from '../../ui';
import { Failure } from '../../lib/api';
import { Find } from './find';
import { Shopper } from './shopper';
import { Create, Edit } from './write';

/** Documents: found by a key, shown masked, and written. Which kinds there are the account's schema says. */
export default function Shoppers() {
  const { t } = useWords();
  const model = useModel();
  const within = (name: string, show: (entity: Entity) => React.ReactNode) => {
    const entity = model.data?.entity(name);
    return entity ? (
      show(entity)
    ) : (
      <Page title={t('shoppers.title')}>
        <FailureNotice failure={new Failure('NOT_FOUND', t('shoppers.noEntity', { entity: name }))} />
      </Page>
    );
  };
  if (!model.data)
    return (
      <Page title={t('shoppers.title')}>
        <Await query={model}>{() => null}</Await>
      </Page>
    );
  const { roots } = model.data;
  return (
    <Switch>
      <Route path="/shoppers">
        {roots[0] && (
          <Redirect to={`/shoppers/${(roots.find((r) => r.name === 'Profile') ?? roots[0]).name}`} replace />
        )}
      </Route>
      <Route path="/shoppers/:entity">
        {({ entity }) => within(entity, (e) => <Find key={e.name} roots={roots} entity={e} />)}
      </Route>
      <Route path="/shoppers/:entity/new">{({ entity }) => within(entity, (e) => <Create entity={e} />)}</Route>
      <Route path="/shoppers/:entity/new/:owner">
        {({ entity, owner }) => within(entity, (e) => <Create entity={e} owner={owner} />)}
      </Route>
      <Route path="/shoppers/:entity/:id">
        {({ entity, id }) => within(entity, (e) => <Shopper key={id} entity={e} id={id} tab="details" />)}
      </Route>
      <Route path="/shoppers/:entity/:id/versions">
        {({ entity, id }) => within(entity, (e) => <Shopper key={id} entity={e} id={id} tab="versions" />)}
      </Route>
      <Route path="/shoppers/:entity/:id/edit">
        {({ entity, id }) => within(entity, (e) => <Edit entity={e} id={id} />)}
      </Route>
    </Switch>
  );
}
