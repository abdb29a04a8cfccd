// An OpenID Connect provider for the tests, at an origin of its own: http://localhost is another site than
// http://127.0.0.1, so that browsers treat its redirects as those of a stranger, as they do in earnest.
import { generateKeyPair, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { promisify } from 'node:util';

/** The server as a client of the provider. */
export const client = { id: 'profilegraph-console', secret: randomBytes(24).toString('hex') };

const page = (action) => `<!doctype html>
<html lang="en"><title>Provider</title>
<link rel="icon" href="data:,">
<h1>Who are you?</h1>
<form method="post" action="${action}">
  <label>Name <input name="name" autofocus></label>
  <button name="do" value="enter">Enter</button>
  <button name="do" value="cancel">Cancel</button>
</form></html>`;

async function form(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

/**
 * Listens, and returns the provider. `open` makes it one that knows people and their groups, and the address that it
 * sends browsers back to.
 */
export async function listen() {
  let answer = (_, response) => response.writeHead(503).end();
  const server = createServer((request, response) => answer(request, response));
  await new Promise((ready) => server.listen(0, 'localhost', ready));
  const issuer = `http://localhost:${server.address().port}`;
  const { default: Provider } = await import('oidc-provider'); // which warns when it is loaded
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });

  return {
    issuer,
    /** Parameters of the requests for authorization, as browsers brought them. */
    asked: [],
    close: () => server.close(),
    open({ people, callback }) {
      const provider = new Provider(issuer, {
        clients: [
          {
            client_id: client.id,
            client_secret: client.secret,
            redirect_uris: [callback],
            grant_types: ['authorization_code'],
            response_types: ['code'],
          },
        ],
        jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'first', alg: 'RS256', use: 'sig' }] },
        cookies: { keys: [randomBytes(24).toString('hex')] },
        pkce: { required: () => true },
        scopes: ['openid', 'groups'],
        claims: { openid: ['sub'], groups: ['groups'] },
        conformIdTokenClaims: false, // the console reads the ID token only
        features: { devInteractions: { enabled: false } },
        interactions: { url: (_, { uid }) => `/who/${uid}` },
        findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, groups: people[id] ?? [] }) }),
        // Nobody is asked for consent: the client belongs to the house.
        async loadExistingGrant(ctx) {
          const grant = new ctx.oidc.provider.Grant({
            clientId: ctx.oidc.client.clientId,
            accountId: ctx.oidc.session.accountId,
          });
          grant.addOIDCScope('openid groups');
          await grant.save();
          return grant;
        },
        ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      });
      const handle = provider.callback();
      answer = async (request, response) => {
        const url = new URL(request.url, issuer);
        if (url.pathname === '/auth') this.asked.push(Object.fromEntries(url.searchParams));
        if (!url.pathname.startsWith('/who/')) return handle(request, response);
        if (request.method === 'GET') return response.setHeader('Content-Type', 'text/html').end(page(url.pathname));
        const given = await form(request);
        return provider.interactionFinished(
          request,
          response,
          given.get('do') === 'enter'
            ? { login: { accountId: given.get('name') } }
            : { error: 'access_denied', error_description: 'cancelled' },
        );
      };
    },
  };
}
