// A composer for profilegraph's option --composer: it reads subgraphs as JSON on standard input and tells
// on standard output why they do not compose. See docs/federation.md.
import { composeServices } from '@theguild/federation-composition'
import { parse } from 'graphql'

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const { subgraphs } = JSON.parse(Buffer.concat(chunks).toString('utf8'))

const errors = []
const services = []
for (const { name, url, sdl } of subgraphs) {
  try {
    services.push({ name, url, typeDefs: parse(sdl, { noLocation: true }) })
  } catch (error) {
    errors.push({ message: `[${name}] ${error.message}` })
  }
}
if (errors.length === 0) {
  for (const { message } of composeServices(services).errors ?? []) errors.push({ message })
}
process.stdout.write(JSON.stringify({ errors }))
