// Drives the console in a real Chromium, against a running server with a demo account.
//
//   BASE_URL=http://127.0.0.1:8080 ADMIN_KEY=pg_... [OPERATOR_KEY=pg_...] [PROGRAM=/path/to/profilegraph] node console.mjs [flow ...]
//
// With OPERATOR_KEY, a key with the role operator, the page of accounts is tested too. With PROGRAM, a server of its own is
// started to sign in with an identity provider. The server must have the composer of examples/composer.
// With PICTURES=1 the pictures of docs/console.md are made anew. Screenshots go to ARTIFACTS (default: artifacts, at the top of the repository); CHROMIUM names
// another browser than /usr/bin/chromium.
import { administration } from './console/administration.mjs';
import { audit } from './console/audit.mjs';
import { erasures } from './console/erasures.mjs';
import { federation } from './console/federation.mjs';
import { launch, summary } from './console/lib.mjs';
import { looks } from './console/looks.mjs';
import { playground } from './console/playground.mjs';
import { schemas } from './console/schemas.mjs';
import { shapes } from './console/shapes.mjs';
import { shoppers } from './console/shoppers.mjs';
import { signIn } from './console/sign-in.mjs';
import { singleSignOn } from './console/single-sign-on.mjs';

const flows = {
  signIn,
  singleSignOn,
  shoppers,
  shapes,
  schemas,
  audit,
  administration,
  erasures,
  federation,
  playground,
  looks,
};
const wanted = process.argv.slice(2);

const browser = await launch();
try {
  for (const [name, flow] of Object.entries(flows))
    if (wanted.length === 0 || wanted.includes(name)) await flow(browser);
} finally {
  await browser.close();
}
process.exitCode = summary() ? 0 : 1;
