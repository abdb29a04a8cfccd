var e=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}},t={"\n  query Accounts($after: ID) {\n    accounts(first: 50, after: $after) {\n      id\n      name\n      creationDate\n      suspended\n    }\n  }\n":new e(`
    query Accounts($after: ID) {
  accounts(first: 50, after: $after) {
    id
    name
    creationDate
    suspended
  }
}
    `),"\n  mutation CreateAccount($id: ID!, $name: String) {\n    createAccount(id: $id, name: $name) {\n      adminKey {\n        secret\n      }\n    }\n  }\n":new e(`
    mutation CreateAccount($id: ID!, $name: String) {
  createAccount(id: $id, name: $name) {
    adminKey {
      secret
    }
  }
}
    `),"\n  mutation UpdateAccount($id: ID!, $name: String, $suspended: Boolean) {\n    updateAccount(id: $id, name: $name, suspended: $suspended) {\n      id\n    }\n  }\n":new e(`
    mutation UpdateAccount($id: ID!, $name: String, $suspended: Boolean) {
  updateAccount(id: $id, name: $name, suspended: $suspended) {
    id
  }
}
    `),"\n  query ApiKeys {\n    apiKeys {\n      id\n      name\n      roles\n      subject\n      consumer\n      creationDate\n      createdBy\n      expirationDate\n      revocationDate\n      lastUse\n    }\n  }\n":new e(`
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
    `),"\n  query Sessions {\n    sessions {\n      id\n      actor\n      roles\n      issuer\n      creationDate\n      lastUse\n    }\n  }\n":new e(`
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
    `),"\n  mutation EndSession($id: ID!) {\n    endSession(id: $id)\n  }\n":new e(`
    mutation EndSession($id: ID!) {
  endSession(id: $id)
}
    `),"\n  query Roles {\n    roles {\n      name\n      description\n      permissions\n    }\n  }\n":new e(`
    query Roles {
  roles {
    name
    description
    permissions
  }
}
    `),"\n  mutation CreateApiKey($name: String!, $roles: [String!]!, $subject: ID, $consumer: ID, $expiresAt: DateTime) {\n    createApiKey(name: $name, roles: $roles, subject: $subject, consumer: $consumer, expiresAt: $expiresAt) {\n      secret\n    }\n  }\n":new e(`
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
    `),"\n  mutation RevokeApiKey($id: ID!) {\n    revokeApiKey(id: $id) {\n      id\n    }\n  }\n":new e(`
    mutation RevokeApiKey($id: ID!) {
  revokeApiKey(id: $id) {
    id
  }
}
    `),"\n  query Approvals {\n    approvals {\n      id\n      requester\n      purpose\n      subject\n      reason\n      requestDate\n      approvedBy\n      expirationDate\n    }\n  }\n":new e(`
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
    `),"\n  mutation Approve($id: ID!) {\n    approve(id: $id) {\n      id\n    }\n  }\n":new e(`
    mutation Approve($id: ID!) {
  approve(id: $id) {
    id
  }
}
    `),"\n  mutation Decline($id: ID!) {\n    declineApproval(id: $id) {\n      id\n    }\n  }\n":new e(`
    mutation Decline($id: ID!) {
  declineApproval(id: $id) {
    id
  }
}
    `),"\n  query AuditRecord($filter: AuditFilter, $after: Int) {\n    audit(filter: $filter, after: $after, first: 50) {\n      entries {\n        index\n        time\n        action\n        outcome\n        actor\n        onBehalfOf\n        entity\n        id\n        subject\n        version\n        fields\n        purpose\n        reason\n        requestId\n        details\n      }\n      hasNextPage\n    }\n  }\n":new e(`
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
    `),"\n  query KeyNames {\n    apiKeys {\n      id\n      name\n    }\n  }\n":new e(`
    query KeyNames {
  apiKeys {
    id
    name
  }
}
    `),"\n  query AuditVerification($after: String, $limit: Int!) {\n    auditVerification(partial: true, after: $after, limit: $limit) {\n      ok\n      entries\n      pruned\n      size\n      problem\n      checkpoint\n      next\n      publicKey\n    }\n  }\n":new e(`
    query AuditVerification($after: String, $limit: Int!) {
  auditVerification(partial: true, after: $after, limit: $limit) {
    ok
    entries
    pruned
    size
    problem
    checkpoint
    next
    publicKey
  }
}
    `),"\n  query KeyStatus {\n    keyStatus {\n      kek\n      accountKeys {\n        number\n        creationDate\n        kekVersion\n        wraps\n      }\n      subjects\n      subjectsRotating\n      subjectsErased\n      indexKeys {\n        entity\n        property\n        versions\n      }\n      rotations {\n        step\n        beginDate\n        done\n        all\n      }\n    }\n  }\n":new e(`
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
      done
      all
    }
  }
}
    `),"\n  mutation RotateKeys($step: KeyRotationStep!, $kek: String) {\n    rotateKeys(step: $step, kek: $kek) {\n      rotations {\n        step\n      }\n    }\n  }\n":new e(`
    mutation RotateKeys($step: KeyRotationStep!, $kek: String) {
  rotateKeys(step: $step, kek: $kek) {
    rotations {
      step
    }
  }
}
    `),"\n  query Subgraphs {\n    subgraphs {\n      name\n      url\n      sdl\n      author\n      lastUpdate\n    }\n  }\n":new e(`
    query Subgraphs {
  subgraphs {
    name
    url
    sdl
    author
    lastUpdate
  }
}
    `),"\n  mutation PutSubgraph($name: String!, $url: String!, $sdl: String!, $check: Boolean!) {\n    putSubgraph(name: $name, url: $url, sdl: $sdl, check: $check) {\n      name\n    }\n  }\n":new e(`
    mutation PutSubgraph($name: String!, $url: String!, $sdl: String!, $check: Boolean!) {
  putSubgraph(name: $name, url: $url, sdl: $sdl, check: $check) {
    name
  }
}
    `),"\n  mutation RemoveSubgraph($name: String!) {\n    removeSubgraph(name: $name)\n  }\n":new e(`
    mutation RemoveSubgraph($name: String!) {
  removeSubgraph(name: $name)
}
    `),"\n  query Consumers {\n    consumers {\n      id\n      creationDate\n      createdBy\n      revocationDate\n    }\n  }\n":new e(`
    query Consumers {
  consumers {
    id
    creationDate
    createdBy
    revocationDate
  }
}
    `),"\n  mutation CreateConsumer($id: ID!) {\n    createConsumer(id: $id) {\n      id\n    }\n  }\n":new e(`
    mutation CreateConsumer($id: ID!) {
  createConsumer(id: $id) {
    id
  }
}
    `),"\n  mutation RevokeConsumer($id: ID!) {\n    revokeConsumer(id: $id) {\n      id\n    }\n  }\n":new e(`
    mutation RevokeConsumer($id: ID!) {
  revokeConsumer(id: $id) {
    id
  }
}
    `),"\n  query Webhooks {\n    webhooks {\n      id\n      url\n      description\n      creationDate\n      lastSuccess\n      lastFailure\n      failure\n    }\n  }\n":new e(`
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
    `),"\n  mutation CreateWebhook($url: String!, $description: String) {\n    createWebhook(url: $url, description: $description) {\n      secret\n    }\n  }\n":new e(`
    mutation CreateWebhook($url: String!, $description: String) {
  createWebhook(url: $url, description: $description) {
    secret
  }
}
    `),"\n  mutation DeleteWebhook($id: ID!) {\n    deleteWebhook(id: $id)\n  }\n":new e(`
    mutation DeleteWebhook($id: ID!) {
  deleteWebhook(id: $id)
}
    `),"\n  mutation TestWebhook($id: ID!) {\n    testWebhook(id: $id) {\n      delivered\n      failure\n    }\n  }\n":new e(`
    mutation TestWebhook($id: ID!) {
  testWebhook(id: $id) {
    delivered
    failure
  }
}
    `),"\n  query WaitingApprovals {\n    approvals {\n      id\n      approvedBy\n    }\n  }\n":new e(`
    query WaitingApprovals {
  approvals {
    id
    approvedBy
  }
}
    `),"\n  query Policy {\n    policy {\n      refuseMisplaced\n      auditDays\n      purposes {\n        code\n        description\n        legalBasis\n        fields\n        roles\n        budgetPerHour\n        expirationDate\n        approval\n      }\n    }\n  }\n":new e(`
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
    `),"\n  mutation PutPolicy($purposes: [PurposeInput!]!, $refuseMisplaced: Boolean!, $auditDays: Int) {\n    putPolicy(purposes: $purposes, refuseMisplaced: $refuseMisplaced, auditDays: $auditDays) {\n      refuseMisplaced\n    }\n  }\n":new e(`
    mutation PutPolicy($purposes: [PurposeInput!]!, $refuseMisplaced: Boolean!, $auditDays: Int) {
  putPolicy(
    purposes: $purposes
    refuseMisplaced: $refuseMisplaced
    auditDays: $auditDays
  ) {
    refuseMisplaced
  }
}
    `),"\n  query TestPolicy($roles: [String!]!, $entity: String!, $fields: [String!]!, $purpose: String) {\n    testPolicy(roles: $roles, entity: $entity, fields: $fields, purpose: $purpose)\n  }\n":new e(`
    query TestPolicy($roles: [String!]!, $entity: String!, $fields: [String!]!, $purpose: String) {
  testPolicy(roles: $roles, entity: $entity, fields: $fields, purpose: $purpose)
}
    `),"\n  mutation PreviewMask($property: JSON!, $values: [String!]!) {\n    previewMask(property: $property, values: $values)\n  }\n":new e(`
    mutation PreviewMask($property: JSON!, $values: [String!]!) {
  previewMask(property: $property, values: $values)
}
    `),"\n  query Vocabulary {\n    schemaVocabulary\n  }\n":new e(`
    query Vocabulary {
  schemaVocabulary
}
    `),"\n  query AllSchemas {\n    schemas {\n      entity\n      version\n      author\n      creationDate\n      schema\n      fields {\n        path\n        sensitive\n        indexed\n      }\n    }\n  }\n":new e(`
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
    `),"\n  query SchemaInForce($entity: String!) {\n    schema(entity: $entity) {\n      version\n      author\n      creationDate\n      note\n      schema\n      fields {\n        path\n        name\n        type\n        sensitive\n        pii\n        mask\n        indexed\n        unique\n        required\n        readOnly\n        deprecated\n        title\n        description\n        examples\n      }\n    }\n  }\n":new e(`
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
    `),"\n  query SchemaHistory($entity: String!, $before: Int) {\n    schemaHistory(entity: $entity, first: 20, before: $before) {\n      version\n      current\n      author\n      creationDate\n      note\n      schema\n      changes {\n        kind\n        path\n        from\n        to\n      }\n    }\n  }\n":new e(`
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
    `),"\n  query SchemaDifference($entity: String!, $from: Int!, $to: Int) {\n    schemaDiff(entity: $entity, from: $from, to: $to) {\n      kind\n      path\n      from\n      to\n    }\n  }\n":new e(`
    query SchemaDifference($entity: String!, $from: Int!, $to: Int) {
  schemaDiff(entity: $entity, from: $from, to: $to) {
    kind
    path
    from
    to
  }
}
    `),"\n  mutation RollBackSchema($entity: String!, $to: Int!, $expectedVersion: Int, $allow: [String!], $note: String) {\n    rollbackSchema(entity: $entity, to: $to, expectedVersion: $expectedVersion, allow: $allow, note: $note) {\n      version\n    }\n  }\n":new e(`
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
    `),"\n  query CheckSchema($entity: String!, $schema: JSON!, $mode: SchemaMode!, $documents: Boolean!) {\n    checkSchema(entity: $entity, schema: $schema, mode: $mode, documents: $documents) {\n      ok\n      currentVersion\n      sdl\n      documentsChecked\n      documentsFailing\n      problems {\n        pointer\n        keyword\n        message\n        fix\n      }\n      warnings {\n        pointer\n        keyword\n        message\n        fix\n      }\n      changes {\n        kind\n        path\n        from\n        to\n      }\n      composition\n      findings {\n        rule\n        path\n        from\n        to\n        message\n        fix\n        breaking\n      }\n    }\n  }\n":new e(`
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
    composition
    findings {
      rule
      path
      from
      to
      message
      fix
      breaking
    }
  }
}
    `),"\n  query CheckDocuments($entity: String!, $schema: JSON!, $mode: SchemaMode!, $after: ID) {\n    checkDocuments(entity: $entity, schema: $schema, mode: $mode, after: $after) {\n      checked\n      failing\n      next\n      total\n    }\n  }\n":new e(`
    query CheckDocuments($entity: String!, $schema: JSON!, $mode: SchemaMode!, $after: ID) {
  checkDocuments(entity: $entity, schema: $schema, mode: $mode, after: $after) {
    checked
    failing
    next
    total
  }
}
    `),"\n  mutation PublishSchema(\n    $entity: String!\n    $schema: JSON!\n    $mode: SchemaMode!\n    $expectedVersion: Int\n    $allow: [String!]\n    $note: String\n  ) {\n    publishSchema(\n      entity: $entity\n      schema: $schema\n      mode: $mode\n      expectedVersion: $expectedVersion\n      allow: $allow\n      note: $note\n    ) {\n      version\n    }\n  }\n":new e(`
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
    `),"\n  query PolicyForReveal {\n    policy {\n      purposes {\n        code\n        description\n        fields\n        roles\n        expirationDate\n        approval\n        budgetPerHour\n      }\n    }\n  }\n":new e(`
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
    `),"\n  mutation AskForApproval($purpose: String!, $subject: ID!, $reason: String!) {\n    requestApproval(purpose: $purpose, subject: $subject, reason: $reason) {\n      id\n    }\n  }\n":new e(`
    mutation AskForApproval($purpose: String!, $subject: ID!, $reason: String!) {
  requestApproval(purpose: $purpose, subject: $subject, reason: $reason) {
    id
  }
}
    `)};function n(e){return t[e]??{}}export{n as t};