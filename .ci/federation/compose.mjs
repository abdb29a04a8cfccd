// Composes the golden SDLs of graph/testdata, each alone and together with other subgraphs, with the
// composition libraries of Apollo and of The Guild. Errors fail, and so do hints that warn.
import { readFileSync } from 'node:fs'
import { composeServices } from '@apollo/composition'
import { Supergraph, operationFromDocument } from '@apollo/federation-internals'
import { QueryPlanner, prettyFormatQueryPlan } from '@apollo/query-planner'
import { composeServices as composeGuild } from '@theguild/federation-composition'
import { parse } from 'graphql'

const golden = (name) => readFileSync(new URL(`../../graph/testdata/${name}.graphql`, import.meta.url), 'utf8')
const own = (name) => readFileSync(new URL(`${name}.graphql`, import.meta.url), 'utf8')

let failures = 0
function check(what, ok, detail = '') {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}${ok ? '' : `\n     ${detail}`}`)
  if (!ok) failures++
}

function services(subgraphs) {
  return Object.entries(subgraphs).map(([name, sdl]) => ({ name, url: `http://${name}.example`, typeDefs: parse(sdl) }))
}

function compose(what, subgraphs) {
  const apollo = composeServices(services(subgraphs))
  check(`${what}: Apollo`, !apollo.errors, apollo.errors?.map((e) => e.message).join('\n     '))
  const hints = (apollo.hints ?? []).filter((h) => h.definition.level.name === 'WARN')
  check(`${what}: Apollo has nothing to warn of`, hints.length === 0, hints.map((h) => h.toString()).join('\n     '))
  const guild = composeGuild(services(subgraphs))
  check(`${what}: The Guild`, !guild.errors?.length, guild.errors?.map((e) => e.message).join('\n     '))
  return apollo.supergraphSdl
}

function plan(supergraphSdl, query) {
  const supergraph = Supergraph.build(supergraphSdl)
  const planner = new QueryPlanner(supergraph)
  return prettyFormatQueryPlan(planner.buildQueryPlan(operationFromDocument(supergraph.apiSchema(), parse(query))))
}

for (const name of ['defaults.federation', 'defaults.public', 'shop.federation', 'shop.public', 'hidden.federation', 'hidden.public']) {
  compose(name, { profiles: golden(name) })
}
for (const name of ['products.federation', 'products.public']) {
  compose(name, { products: golden(name), users: own('users') })
}
const profiles = golden('defaults.federation')
const supergraph = compose('with orders', { profiles, orders: own('orders') })
compose('with a subgraph that knows e-mail addresses', { profiles, newsletter: own('newsletter') })
compose('with another account\'s', { profiles, products: golden('products.federation'), users: own('users') })
const shop = compose('products with others', { products: golden('products.federation'), inventory: own('inventory'), users: own('users') })
const hidden = compose('what is not to be shown with rewards', { profiles: golden('hidden.federation'), rewards: own('rewards') })
compose('nothing that is to be shown, with vaults', { safes: golden('unseen.federation'), vaults: own('vaults') })
compose('nothing that is to be shown, without secrets, with orders', { safes: golden('unseen.public'), profiles, orders: own('orders') })
compose('with both', { profiles, orders: own('orders'), newsletter: own('newsletter') })

if (supergraph) {
  const required = plan(supergraph, '{ order(id: 1) { buyer { greeting } } }')
  check('what another subgraph requires is asked for without a reason', /\bfirstName\b/.test(required) && !required.includes('unmask'), required)
  const clear = plan(supergraph, 'query($why: Unmask) { order(id: 1) { buyer { firstName(unmask: $why) } } }')
  check('a reason is passed on', clear.includes('firstName(unmask: $why)'), clear)
  const tagged = supergraph.includes('@tag(name: "pii")')
  check('tags reach the supergraph', tagged)
}
if (hidden) {
  const api = Supergraph.buildForTests(hidden).apiSchema()
  const has = (name) => name.split('.').reduce((at, part) => at && (at === api ? api.type(part) : at.field(part)), api) !== undefined
  const kept = ['Member.level', 'Member.greeting', 'MemberInput.notes', 'Remark.planId', 'Mutation.createRemark', 'Mutation.claimReward']
  const gone = ['Score', 'ScoreConnection', 'ScoreEdge', 'ScoreInput', 'ScoreWhyKind', 'Card', 'Plan', 'MemberNotes', 'MemberLimits', 'MemberContacts', 'Member.number',
    'Member.scores', 'Member.card', 'Remark.plan', 'Query.score', 'Query.cards', 'Query.planVersionDiff', 'Mutation.createScore', 'Mutation.deletePlan', 'Reward.score']
  const wrong = [...kept.filter((name) => !has(name)), ...gone.filter(has)]
  check('the API has what is accessible', wrong.length === 0, wrong.join(', '))
}
if (shop) {
  const field = (line) => check(`in the supergraph: ${line}`, shop.split('\n').some((l) => line.every((part) => l.includes(part))), shop.slice(0, 3000))
  field(['name: String', '@join__field(graph: PRODUCTS', 'override: "users"'])
  field(['internal: String', '@inaccessible'])
  field(['notes: String', '@tag(name: "internal")', '@cost(weight: 5)'])
  field(['badge(unmask: Unmask): String', '@requiresScopes(scopes: [["badge:read"]])', '@policy', '@authenticated'])
  field(['): ProductConnection', '@listSize'])
}
process.exit(failures ? 1 : 0)
