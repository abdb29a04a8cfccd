var e=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}},t={"query Accounts($after: ID) { accounts(first: 50, after: $after) { id name creationDate suspended } }":new e(`
    query Accounts($after: ID) {
  accounts(first: 50, after: $after) {
    id
    name
    creationDate
    suspended
  }
}
    `),"mutation CreateAccount($id: ID!, $name: String) { createAccount(id: $id, name: $name) { adminKey { secret } } }":new e(`
    mutation CreateAccount($id: ID!, $name: String) {
  createAccount(id: $id, name: $name) {
    adminKey {
      secret
    }
  }
}
    `),"mutation UpdateAccount($id: ID!, $name: String, $suspended: Boolean) { updateAccount(id: $id, name: $name, suspended: $suspended) { id } }":new e(`
    mutation UpdateAccount($id: ID!, $name: String, $suspended: Boolean) {
  updateAccount(id: $id, name: $name, suspended: $suspended) {
    id
  }
}
    `),"query ApiKeys { apiKeys { id name roles subject consumer creationDate createdBy expirationDate revocationDate lastUse } }":new e(`
    query ApiKeys {
  apiKeys {
    id
    name
    roles
    subject
    consumer
    creationDate
    createdBy
    expirationDate
    revocationDate
    lastUse
  }
}
    `),"query Sessions { sessions { id actor roles issuer creationDate lastUse } }":new e(`
    query Sessions {
  sessions {
    id
    actor
    roles
    issuer
    creationDate
    lastUse
  }
}
    `),"mutation EndSession($id: ID!) { endSession(id: $id) }":new e(`
    mutation EndSession($id: ID!) {
  endSession(id: $id)
}
    `),"query Roles { roles { name description permissions } }":new e(`
    query Roles {
  roles {
    name
    description
    permissions
  }
}
    `),"mutation CreateApiKey($name: String!, $roles: [String!]!, $subject: ID, $consumer: ID, $expiresAt: DateTime) {\n  createApiKey(name: $name, roles: $roles, subject: $subject, consumer: $consumer, expiresAt: $expiresAt) { secret }\n}":new e(`
    mutation CreateApiKey($name: String!, $roles: [String!]!, $subject: ID, $consumer: ID, $expiresAt: DateTime) {
  createApiKey(
    name: $name
    roles: $roles
    subject: $subject
    consumer: $consumer
    expiresAt: $expiresAt
  ) {
    secret
  }
}
    `),"mutation RevokeApiKey($id: ID!) { revokeApiKey(id: $id) { id } }":new e(`
    mutation RevokeApiKey($id: ID!) {
  revokeApiKey(id: $id) {
    id
  }
}
    `),"query Approvals { approvals { id requester purpose subject reason requestDate approvedBy expirationDate } }":new e(`
    query Approvals {
  approvals {
    id
    requester
    purpose
    subject
    reason
    requestDate
    approvedBy
    expirationDate
  }
}
    `),"mutation Approve($id: ID!) { approve(id: $id) { id } }":new e(`
    mutation Approve($id: ID!) {
  approve(id: $id) {
    id
  }
}
    `),"mutation Decline($id: ID!) { declineApproval(id: $id) { id } }":new e(`
    mutation Decline($id: ID!) {
  declineApproval(id: $id) {
    id
  }
}
    `),"query AuditRecord($filter: AuditFilter, $after: Int) {\n  audit(filter: $filter, after: $after, first: 50) {\n    entries { index time action outcome actor onBehalfOf entity id subject version fields purpose reason requestId details } hasNextPage\n  }\n}":new e(`
    query AuditRecord($filter: AuditFilter, $after: Int) {
  audit(filter: $filter, after: $after, first: 50) {
    entries {
      index
      time
      action
      outcome
      actor
      onBehalfOf
      entity
      id
      subject
      version
      fields
      purpose
      reason
      requestId
      details
    }
    hasNextPage
  }
}
    `),"query AuditVerification { auditVerification { ok entries pruned problem checkpoint publicKey } }":new e(`
    query AuditVerification {
  auditVerification {
    ok
    entries
    pruned
    problem
    checkpoint
    publicKey
  }
}
    `),"query KeyNames { apiKeys { id name } }":new e(`
    query KeyNames {
  apiKeys {
    id
    name
  }
}
    `),"query KeyStatus { keyStatus {\n  kek accountKeys { number creationDate kekVersion wraps } subjects subjectsRotating subjectsErased indexKeys { entity property versions } rotations { step beginDate }\n} }":new e(`
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
    }
  }
}
    `),"mutation RotateKeys($step: KeyRotationStep!, $kek: String) { rotateKeys(step: $step, kek: $kek) { rotations { step } } }":new e(`
    mutation RotateKeys($step: KeyRotationStep!, $kek: String) {
  rotateKeys(step: $step, kek: $kek) {
    rotations {
      step
    }
  }
}
    `),"query Consumers { consumers { id creationDate createdBy revocationDate } }":new e(`
    query Consumers {
  consumers {
    id
    creationDate
    createdBy
    revocationDate
  }
}
    `),"mutation CreateConsumer($id: ID!) { createConsumer(id: $id) { id } }":new e(`
    mutation CreateConsumer($id: ID!) {
  createConsumer(id: $id) {
    id
  }
}
    `),"mutation RevokeConsumer($id: ID!) { revokeConsumer(id: $id) { id } }":new e(`
    mutation RevokeConsumer($id: ID!) {
  revokeConsumer(id: $id) {
    id
  }
}
    `),"query Webhooks { webhooks { id url description creationDate lastSuccess lastFailure failure } }":new e(`
    query Webhooks {
  webhooks {
    id
    url
    description
    creationDate
    lastSuccess
    lastFailure
    failure
  }
}
    `),"mutation CreateWebhook($url: String!, $description: String) { createWebhook(url: $url, description: $description) { secret } }":new e(`
    mutation CreateWebhook($url: String!, $description: String) {
  createWebhook(url: $url, description: $description) {
    secret
  }
}
    `),"mutation DeleteWebhook($id: ID!) { deleteWebhook(id: $id) }":new e(`
    mutation DeleteWebhook($id: ID!) {
  deleteWebhook(id: $id)
}
    `),"mutation TestWebhook($id: ID!) { testWebhook(id: $id) { delivered failure } }":new e(`
    mutation TestWebhook($id: ID!) {
  testWebhook(id: $id) {
    delivered
    failure
  }
}
    `),"query WaitingApprovals { approvals { id approvedBy } }":new e(`
    query WaitingApprovals {
  approvals {
    id
    approvedBy
  }
}
    `),"query Policy { policy { refuseMisplaced auditDays purposes { code description legalBasis fields roles budgetPerHour expirationDate approval } } }":new e(`
    query Policy {
  policy {
    refuseMisplaced
    auditDays
    purposes {
      code
      description
      legalBasis
      fields
      roles
      budgetPerHour
      expirationDate
      approval
    }
  }
}
    `),"mutation PutPolicy($purposes: [PurposeInput!]!, $refuseMisplaced: Boolean!, $auditDays: Int) { putPolicy(purposes: $purposes, refuseMisplaced: $refuseMisplaced, auditDays: $auditDays) { refuseMisplaced } }":new e(`
    mutation PutPolicy($purposes: [PurposeInput!]!, $refuseMisplaced: Boolean!, $auditDays: Int) {
  putPolicy(
    purposes: $purposes
    refuseMisplaced: $refuseMisplaced
    auditDays: $auditDays
  ) {
    refuseMisplaced
  }
}
    `),"query TestPolicy($roles: [String!]!, $entity: String!, $fields: [String!]!, $purpose: String) { testPolicy(roles: $roles, entity: $entity, fields: $fields, purpose: $purpose) }":new e(`
    query TestPolicy($roles: [String!]!, $entity: String!, $fields: [String!]!, $purpose: String) {
  testPolicy(roles: $roles, entity: $entity, fields: $fields, purpose: $purpose)
}
    `),"mutation PreviewMask($property: JSON!, $values: [String!]!) { previewMask(property: $property, values: $values) }":new e(`
    mutation PreviewMask($property: JSON!, $values: [String!]!) {
  previewMask(property: $property, values: $values)
}
    `),"query Vocabulary { schemaVocabulary }":new e(`
    query Vocabulary {
  schemaVocabulary
}
    `),"query AllSchemas { schemas { entity version author creationDate schema fields { path sensitive indexed } } }":new e(`
    query AllSchemas {
  schemas {
    entity
    version
    author
    creationDate
    schema
    fields {
      path
      sensitive
      indexed
    }
  }
}
    `),"query SchemaInForce($entity: String!) {\n  schema(entity: $entity) {\n    version author creationDate note schema\n    fields { path name type sensitive pii mask indexed unique required readOnly deprecated title description examples }\n  }\n}":new e(`
    query SchemaInForce($entity: String!) {
  schema(entity: $entity) {
    version
    author
    creationDate
    note
    schema
    fields {
      path
      name
      type
      sensitive
      pii
      mask
      indexed
      unique
      required
      readOnly
      deprecated
      title
      description
      examples
    }
  }
}
    `),"query SchemaHistory($entity: String!, $before: Int) {\n  schemaHistory(entity: $entity, first: 20, before: $before) { version current author creationDate note schema changes { kind path from to } }\n}":new e(`
    query SchemaHistory($entity: String!, $before: Int) {
  schemaHistory(entity: $entity, first: 20, before: $before) {
    version
    current
    author
    creationDate
    note
    schema
    changes {
      kind
      path
      from
      to
    }
  }
}
    `),"query SchemaDifference($entity: String!, $from: Int!, $to: Int) { schemaDiff(entity: $entity, from: $from, to: $to) { kind path from to } }":new e(`
    query SchemaDifference($entity: String!, $from: Int!, $to: Int) {
  schemaDiff(entity: $entity, from: $from, to: $to) {
    kind
    path
    from
    to
  }
}
    `),"mutation RollBackSchema($entity: String!, $to: Int!, $expectedVersion: Int, $allow: [String!], $note: String) {\n  rollbackSchema(entity: $entity, to: $to, expectedVersion: $expectedVersion, allow: $allow, note: $note) { version }\n}":new e(`
    mutation RollBackSchema($entity: String!, $to: Int!, $expectedVersion: Int, $allow: [String!], $note: String) {
  rollbackSchema(
    entity: $entity
    to: $to
    expectedVersion: $expectedVersion
    allow: $allow
    note: $note
  ) {
    version
  }
}
    `),"query CheckSchema($entity: String!, $schema: JSON!, $mode: SchemaMode!, $documents: Boolean!) {\n  checkSchema(entity: $entity, schema: $schema, mode: $mode, documents: $documents) {\n    ok currentVersion sdl documentsChecked documentsFailing\n    problems { pointer keyword message fix } warnings { pointer keyword message fix }\n    changes { kind path from to } findings { rule path message fix breaking }\n  }\n}":new e(`
    query CheckSchema($entity: String!, $schema: JSON!, $mode: SchemaMode!, $documents: Boolean!) {
  checkSchema(
    entity: $entity
    schema: $schema
    mode: $mode
    documents: $documents
  ) {
    ok
    currentVersion
    sdl
    documentsChecked
    documentsFailing
    problems {
      pointer
      keyword
      message
      fix
    }
    warnings {
      pointer
      keyword
      message
      fix
    }
    changes {
      kind
      path
      from
      to
    }
    findings {
      rule
      path
      message
      fix
      breaking
    }
  }
}
    `),"query CheckDocuments($entity: String!, $schema: JSON!, $mode: SchemaMode!, $after: ID) {\n  checkDocuments(entity: $entity, schema: $schema, mode: $mode, after: $after) { checked failing next total }\n}":new e(`
    query CheckDocuments($entity: String!, $schema: JSON!, $mode: SchemaMode!, $after: ID) {
  checkDocuments(entity: $entity, schema: $schema, mode: $mode, after: $after) {
    checked
    failing
    next
    total
  }
}
    `),"mutation PublishSchema($entity: String!, $schema: JSON!, $mode: SchemaMode!, $expectedVersion: Int, $allow: [String!], $note: String) {\n  publishSchema(entity: $entity, schema: $schema, mode: $mode, expectedVersion: $expectedVersion, allow: $allow, note: $note) { version }\n}":new e(`
    mutation PublishSchema($entity: String!, $schema: JSON!, $mode: SchemaMode!, $expectedVersion: Int, $allow: [String!], $note: String) {
  publishSchema(
    entity: $entity
    schema: $schema
    mode: $mode
    expectedVersion: $expectedVersion
    allow: $allow
    note: $note
  ) {
    version
  }
}
    `),"query PolicyForReveal { policy { purposes { code description fields roles expirationDate approval budgetPerHour } } }":new e(`
    query PolicyForReveal {
  policy {
    purposes {
      code
      description
      fields
      roles
      expirationDate
      approval
      budgetPerHour
    }
  }
}
    `),"mutation AskForApproval($purpose: String!, $subject: ID!, $reason: String!) { requestApproval(purpose: $purpose, subject: $subject, reason: $reason) { id } }":new e(`
    mutation AskForApproval($purpose: String!, $subject: ID!, $reason: String!) {
  requestApproval(purpose: $purpose, subject: $subject, reason: $reason) {
    id
  }
}
    `)};function n(e){return t[e]??{}}export{n as t};