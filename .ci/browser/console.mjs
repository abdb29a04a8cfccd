// Drives the console in a real Chromium, against a running server with a demo account.
//
//   BASE_URL=http://127.0.0.1:8080 ADMIN_KEY=pg_... node console.mjs [flow ...]
//
// Screenshots go to ARTIFACTS (default: artifacts, at the top of the repository); CHROMIUM names
// another browser than /usr/bin/chromium.
import { launch, summary } from './console/lib.mjs';
import { shoppers } from './console/shoppers.mjs';
import { signIn } from './console/sign-in.mjs';

const flows = { signIn, shoppers };
const wanted = process.argv.slice(2);

const browser = await launch();
try {
  for (const [name, flow] of Object.entries(flows)) if (wanted.length === 0 || wanted.includes(name)) await flow(browser);
} finally {
  await browser.close();
}
process.exitCode = summary() ? 0 : 1;
