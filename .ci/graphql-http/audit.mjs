// Holds a running server against the audits of GraphQL over HTTP.
//
//   URL    the GraphQL endpoint
//   TOKEN  the bearer token to send, if any
//
// Prints each audit that failed and, as the last line, "N passed, N failed". The exit status is 0
// if none failed, 1 if some did, 2 if the server could not be audited.

import { serverAudits } from "graphql-http";

const { URL: url, TOKEN: token } = process.env;
if (!url) {
  console.error("error: URL is not set");
  process.exit(2);
}

// Node's fetch sends "Accept: */*" of its own; so does every audit that names no Accept header.
const authorized = (input, init = {}) => {
  const headers = new Headers(init.headers);
  if (token) headers.set("authorization", `Bearer ${token}`);
  return fetch(input, { ...init, headers });
};

let passed = 0;
let failed = 0;
for (const audit of serverAudits({ url, fetchFn: authorized })) {
  let result;
  try {
    result = await audit.fn();
  } catch (error) {
    console.error(`error: ${audit.id}: ${error.cause?.code ?? error.message}`);
    process.exit(2);
  }
  if (result.status === "ok") {
    passed++;
  } else {
    failed++;
    console.log(`${result.status} ${result.id} ${result.name}: ${result.reason}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
