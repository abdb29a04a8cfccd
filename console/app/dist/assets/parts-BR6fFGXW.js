import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{J as t,L as n,O as r,Q as i,R as a,X as o,Y as s,bt as c,it as l,l as u,mt as d,n as f,q as p,s as m,u as h,vt as ee,yt as te}from"./base-CI75EYC3.js";var g=e(c(),1),_=te(),ne={yes:`Yes`,no:`No`,ok:`OK`,cancel:`Cancel`,close:`Close`,edit:`Edit`,copy:`Copy`,copied:`Copied`,more:`Show more`,retry:`Try again`,choose:`Choose…`,optional:`optional`,actions:`Actions`,loading:`Loading…`,language:`Language`,skip:`Skip to content`,crumbs:`Where you are`,theme:`Theme: {theme}`,"theme.system":`as the system`,"theme.light":`light`,"theme.dark":`dark`,"nav.main":`Main`,"nav.open":`Open the menu`,"nav.close":`Close the menu`,"nav.data":`Data`,"nav.trust":`Trust`,"nav.administration":`Administration`,"missing.title":`There is no such page`,"missing.lead":`The address is wrong, or your roles do not open this page.`,"broken.title":`Something went wrong`,"broken.lead":`This page could not be loaded`,"broken.todo":`The connection may have been lost, or the server may have been renewed meanwhile.`,"broken.reload":`Load it again`,signIn:`Sign in`,signOut:`Sign out`,"signIn.title":`Sign in`,"signIn.lead":`See and change what your roles allow, and nothing else.`,"signIn.key":`API key`,"signIn.key.hint":`It begins with pg_. Whoever administers your account can make one for you.`,"signIn.with":`Sign in with {provider}`,"signIn.or":`or with an API key`,"signIn.promise":`The key is exchanged for a session that scripts cannot read. It ends when you are idle.`,"signIn.again":`Your session has ended`,"signIn.again.lead":`You were idle, or the session was withdrawn. Sign in again as {actor} to go on: what you typed is still here.`,"signIn.again.away":`Signing in with an identity provider leaves this page, and what you typed.`,"overview.title":`Overview`,"overview.lead":`Personal data of one account, in one place: masked by default, in clear for a reason, on the record.`,"overview.you":`Your access`,"overview.account":`Account`,"overview.actor":`Credential`,"overview.subject":`Confined to`,"overview.roles":`Roles`,"overview.permissions":`You may`,"overview.waiting.one":`One request waits for a second person`,"overview.waiting.other":`{n} requests wait for a second person`,"overview.waiting.look":`Look at them`,"permission.READ":`read documents, masked`,"permission.WRITE":`create and change documents`,"permission.DELETE":`delete documents`,"permission.UNMASK":`see values in clear, for a reason`,"permission.SCHEMA":`publish schemas`,"permission.SENSITIVITY":`lower the sensitivity of fields`,"permission.AUDIT":`read the audit record`,"permission.PRIVACY":`handle privacy requests and purposes`,"permission.ACCOUNT":`manage keys and credentials`,"permission.PLATFORM":`manage accounts`,"shoppers.about":`Find one by an exact key, see it masked, and write it.`,"schemas.about":`What documents hold, who may see it, and how it changes.`,"playground.about":`Try queries against both APIs with your own rights.`,"audit.about":`Who saw what, who was refused, and the proof that nothing was changed.`,"policy.about":`For which purposes values may be seen in clear.`,"approvals.about":`Requests that wait for a second person.`,"erasures.about":`Shoppers erased for good, with certificates, and legal holds.`,"apiKeys.about":`Credentials of people and systems, and what they may do.`,"encryption.about":`The keys that personal data is encrypted under, and their rotation.`,"accounts.about":`The accounts of this installation.`,"shoppers.title":`Shoppers`,"schemas.title":`Schemas`,"playground.title":`Playground`,"audit.title":`Audit record`,"policy.title":`Purposes`,"approvals.title":`Approvals`,"erasures.title":`Erasures`,"apiKeys.title":`API keys`,"encryption.title":`Encryption keys`,"accounts.title":`Accounts`,"error.unknown":`This did not work`,"error.request":`Request {id}: give this to whoever runs the server.`,"error.UNREACHABLE":`The server cannot be reached`,"error.UNREACHABLE.todo":`Check the connection, then try again. Nothing that you typed is lost.`,"error.UNAUTHENTICATED":`The credential was refused`,"error.UNAUTHENTICATED.todo":`Check that it was copied whole, has not expired and was not revoked.`,"error.FORBIDDEN":`Your roles do not allow this`,"error.FORBIDDEN.todo":`Ask whoever administers the account for the permission.`,"error.NOT_FOUND":`It is not there`,"error.BAD_USER_INPUT":`Something in the form is not as it must be`,"error.VALIDATION_FAILED":`The document does not satisfy its schema`,"error.VERSION_CONFLICT":`Somebody changed it meanwhile`,"error.VERSION_CONFLICT.todo":`Load it again, look at what changed, and repeat your change.`,"error.NOT_UNIQUE":`Another document has this value`,"error.ALREADY_EXISTS":`There is one already`,"error.LEGAL_HOLD":`The shopper is on legal hold`,"error.LEGAL_HOLD.todo":`Nothing about it is erased, deleted or promoted until a privacy officer releases the hold.`,"error.SCHEMA_INVALID":`The schema cannot be used`,"error.DOCUMENTS_EXIST":`Documents stand in the way`,"error.SCHEMA_BREAKING":`The schema breaks rules`,"error.REASON_REQUIRED":`A reason is missing`,"error.PURPOSE_REQUIRED":`A purpose is missing`,"error.PURPOSE_UNKNOWN":`There is no such purpose, or it has ended`,"error.PURPOSE_ROLE":`None of your roles may use this purpose`,"error.PURPOSE_FIELD":`The purpose does not cover one of the fields`,"error.PURPOSE_FIELD.todo":`Choose fewer fields, or another purpose.`,"error.BUDGET_EXHAUSTED":`The budget of this hour is used up`,"error.BUDGET_EXHAUSTED.todo":`Wait, or ask a privacy officer to raise it.`,"error.APPROVAL_MISSING":`A second person must agree first`,"error.AUDIT_UNAVAILABLE":`The audit record cannot be written`,"error.AUDIT_UNAVAILABLE.todo":`Nothing is shown without it. Tell whoever runs the server.`,"error.AUDIT_TAMPERED":`What is stored of the audit record is not what was written`,"error.AUDIT_TAMPERED.todo":`Verify the record: that names the entry. Tell whoever runs the server.`,"error.KEY_UNAVAILABLE":`The encryption keys cannot be had at present`,"error.KEY_UNAVAILABLE.todo":`Try again later, or tell whoever runs the key management system.`,"error.DATA_CORRUPT":`A stored value is damaged, or was moved here from elsewhere`,"error.DATA_CORRUPT.todo":`The rest is shown. Tell whoever runs the server, so that it is restored.`,"error.STORED_VALUE_MISMATCH":`A stored value does not fit today's schema`,"error.OVERLOADED":`The server is busy`,"error.OVERLOADED.todo":`Wait a moment and try again.`,"error.INTERNAL":`The server failed`,"danger.type":`To confirm, type`,"secret.title":`Copy it now`,"secret.lead":`It is shown this once and kept nowhere.`,"shoppers.lead":`Find a person's data by an exact key. What is sensitive is masked.`,"shoppers.new":`New {entity}`,"shoppers.noEntity":`The account has no entity {entity}.`,find:`Find`,"find.kind":`Kind`,"find.by":`Find by`,"find.id":`Id`,"find.exact":`The exact value`,"find.privacy":`What you type goes to the server in the body of a request: never into an address, a log or the browser's history.`,"find.none":`Nobody has this key`,"find.none.todo":`Keys are compared as a whole. Check the spelling, or choose another key or kind.`,"find.all":`All: {entity}`,"find.all.lead":`In order of creation, masked.`,"find.empty":`There is none yet`,"find.empty.todo":`They come from the storefront, an import, or a form here.`,"doc.id":`Id`,"doc.masked":`masked`,"doc.clear":`in clear`,"doc.empty":`empty`,"doc.updated":`Last change`,"doc.created":`Created`,"doc.version":`Version`,"doc.author":`Author`,"doc.expires":`Ends`,"doc.never":`never`,"doc.about":`About`,"doc.owner":`Owner`,"doc.fields":`Data`,"doc.views":`Views`,"doc.details":`Details`,"doc.versions":`Versions`,"doc.whoSaw":`Who saw this`,"doc.nothing":`Nothing is filled in.`,"doc.showEmpty.one":`Show one empty field`,"doc.showEmpty.other":`Show {n} empty fields`,"doc.hideEmpty":`Hide empty fields`,"doc.add":`Add`,"doc.ownsNone":`None yet.`,"doc.first":`the first {n}`,"doc.none":`There is no such document`,"doc.none.todo":`It was deleted, has expired, or is out of your reach.`,"doc.delete":`Delete…`,"doc.delete.do":`Delete for good`,"doc.delete.lead":`This removes the document, all its versions and everything that it owns. It cannot be undone. The last twelve characters of its id confirm it.`,"doc.deleted":`Deleted`,"doc.privacy":`Privacy`,reference:`Reference`,"reference.problem":`1 to 64 letters, digits and . _ / # : -`,export:`Export…`,"export.title":`Export all that is held`,"export.do":`Download`,"export.lead":`The file has everything about the shopper in clear: every document, older versions, and who has seen it. Who asked, and why, is on the audit record before. Give it to the shopper, and keep no copy.`,"export.versions":`Older versions`,"export.record":`Who has seen it`,"export.done":`Downloaded`,erase:`Erase…`,"erase.title":`Erase this shopper`,"erase.do":`Erase for good`,"erase.lead":`This erases everything about the shopper:`,"erase.key":`The key of the shopper is destroyed. Nobody can read any more what was encrypted under it, in backups neither.`,"erase.documents":`The document, everything that it owns and all versions are removed.`,"erase.apiKeys":`API keys that are confined to the shopper are revoked.`,"erase.record":`The audit record stays. It names the shopper by id alone.`,"erase.final":`Nothing brings it back. A certificate will prove that it was done. The last twelve characters of the id confirm it.`,"erase.reference.hint":`The number of the request, such as that of a ticket. It stays on the record: no personal data.`,"holds.held":`on legal hold`,"holds.held.lead":`Nothing about the shopper is erased or deleted until every hold is released.`,"holds.notHeld":`Not on legal hold.`,"holds.place":`Place hold…`,"holds.place.title":`Place a legal hold`,"holds.place.do":`Place the hold`,"holds.place.lead":`Until it is released, nothing about the shopper is erased or deleted, by nobody. Changes are possible, but a prospect is not promoted. Documents that end by themselves do so all the same: give them another end.`,"holds.reference.hint":`The number of the matter. It stays on the record: no personal data.`,"holds.done":`On legal hold`,"holds.release":`Release`,"holds.release.title":`Release the legal hold`,"holds.release.lead":`Once the last hold is released, the shopper can be erased and deleted again. The reference confirms it.`,"holds.released":`Released`,reveal:`Reveal…`,"reveal.title":`Reveal values`,"reveal.do":`Reveal`,"reveal.promise":`This is on the record`,"reveal.promise.lead":`Who, what, when and why is written to the audit record before anything is shown. Values hide again after a minute, and when you leave this tab.`,"reveal.fields":`Fields`,"reveal.fields.none":`Choose at least one field.`,"reveal.reason":`Reason`,"reveal.reason.hint":`For instance the ticket that you work on. 10 to 1,000 characters, kept encrypted.`,"reveal.reason.length":`Give a reason of 10 to 1,000 characters.`,"reveal.purpose":`Purpose`,"reveal.purpose.none":`Choose a purpose: the account asks for one.`,"reveal.purpose.noRole":`None of the account's purposes is open to your roles.`,"reveal.purpose.approval":`A second person must agree.`,"reveal.purpose.budget":`At most {n} documents an hour.`,"reveal.onBehalfOf":`On behalf of`,"reveal.onBehalfOf.hint":`A desk or a role, no person's name: it is kept in clear.`,"reveal.open":`In clear for {seconds} s`,"reveal.hidden":`Hidden again`,"reveal.recorded":`On the audit record as entry {entries}.`,"reveal.hide":`Hide now`,"reveal.receipt":`Receipt`,"reveal.receipt.lead":`A signed checkpoint that covers the entry. Keep it if you have to prove what you asked for.`,"reveal.ask":`Ask for approval`,"reveal.asked":`Asked`,"reveal.asked.lead":`Once a privacy officer has agreed, reveal again within the hour.`,"versions.compare":`Compare`,"versions.compare.lead":`What differs between two versions. Values are masked, for everybody.`,"versions.from":`Older`,"versions.to":`Newer`,"versions.written":`Written`,"versions.current":`current`,"versions.show":`Show`,"versions.one":`Version {version}`,"versions.same":`They do not differ.`,"versions.field":`Field`,"versions.kind":`Change`,"versions.before":`Before`,"versions.after":`After`,"change.ADDED":`added`,"change.REMOVED":`removed`,"change.CHANGED":`changed`,"form.edit":`Edit: {entity}`,"form.edit.lead":`Only what you change is sent. Masked values stay as they are unless you type new ones.`,"form.masked":`Masked. Leave it to keep the value.`,"form.maskedList":`The list is masked. Leave it to keep it; what you add replaces the whole list.`,"form.removed":`Will be removed.`,"form.undo":`Undo`,"form.lines":`One per line.`,"form.more":`More`,"form.ttl":`Days to live`,"form.ttl.hint":`After so many days the document ends by itself. Empty: as the schema says.`,"form.create":`Create {entity}`,"form.save":`Save changes`,"form.saved":`Saved`,"form.refused":`The document was not saved`,"form.refused.lead":`Look at the fields that are marked.`,"form.kind":`Kind`,"form.addGroup":`Add {name}`,"form.removeGroup":`Remove {name}`,"form.addItem":`Add one`,"form.removeItem":`Remove number {n}`,"form.problem.required":`Fill this in.`,"form.problem.number":`This must be a number.`,"form.problem.json":`This is no valid JSON yet.`,"form.problem.long":`A number here has more digits than a browser keeps: change it with another client.`,"form.problem.unique":`Another document has this value.`,"rule.required":`Fill this in.`,"signIn.refused":`Nobody was signed in`,"signIn.refused.UNAUTHENTICATED":`The identity provider did not confirm who you are, or it took too long. Try again.`,"signIn.refused.FORBIDDEN":`The identity provider knows you, but you have no role here, or the account is suspended. Ask whoever administers your account, or sign in as somebody else.`,"signIn.refused.UNAVAILABLE":`The identity provider cannot be reached at present. Try again soon, or sign in with an API key.`,"signIn.refused.other":`Try again. If that does not help, tell whoever runs the server.`,"error.UNAVAILABLE":`This is not available at present`,"form.removeField":`Remove {name}`,"form.undoField":`Keep {name} as it was`,unsaved:`You have changes that are not saved. Leave all the same?`,"schemas.lead":`What each kind of document holds, which of it is sensitive, and how it changes.`,"schemas.new":`New entity`,"schemas.none":`There is no schema`,"schemas.none.todo":`An account begins with seven. Make one of your own with New entity.`,"schemas.entity":`Entity`,"schemas.kind":`Kind`,"schemas.fields":`Fields`,"schemas.version":`Version`,"schemas.changed":`Changed`,"schemas.builtIn":`built-in`,"schemas.count.one":`{n} field`,"schemas.count.other":`{n} fields`,"schemas.sensitive.one":`{n} sensitive`,"schemas.sensitive.other":`{n} sensitive`,"schemas.root":`stands by itself`,"schemas.ownedOne":`one per {owner}`,"schemas.ownedMany":`many per {owner}`,"schema.add":`Add a field`,"schema.views":`Views`,"schema.fields":`Fields`,"schema.edit":`Edit as JSON`,"schema.history":`History`,"schema.graphql":`GraphQL`,"schema.search":`Find a field`,"schema.onlySensitive":`Sensitive only`,"schema.shown":`{n} of {all} fields`,"schema.noField":`No field matches`,"schema.noField.todo":`Search by name or description, or clear the filter.`,"schema.field":`Field`,"schema.type":`Type`,"schema.protection":`Protection`,"schema.properties":`Properties`,"schema.docs":`Documentation`,"schema.fold":`Show what is below {name}`,"schema.as":`in GraphQL: {name}`,"schema.example":`For instance {value}`,"schema.deprecatedWhy":`Deprecated. {why}`,"schema.open":`open`,"schema.pii":`personal`,"schema.sensitive":`sensitive`,"schema.mask":`Mask`,"schema.required":`required`,"schema.unique":`unique key`,"schema.indexed":`look-up key`,"schema.readOnly":`read only`,"schema.deprecated":`deprecated`,"graphql.title":`GraphQL schema`,"graphql.lead":`As clients see it now. It follows at once when a schema is published.`,"graphql.part":`Part`,"graphql.entity":`This entity`,"graphql.all":`All`,"edit.title":`JSON Schema`,"edit.lead":`The whole schema. It is validated while you type; Ctrl+Space offers keywords. What you leave out is removed.`,"edit.reset":`Start over`,"edit.noJson":`This is no valid JSON object yet.`,"edit.behind":`Version {version} was published meanwhile`,"edit.behind.lead":`What you typed is kept, and it would replace this version. Take over what of it shall stay, then go on.`,"edit.behind.done":`I took it over: go on`,"edit.behind.before":`When you began`,"newEntity.lead":`A kind of document of your own. Types, inputs and look-ups follow from its schema.`,"newEntity.name":`Name`,"newEntity.name.hint":`Begins with a capital: Pet, GiftCard.`,"newEntity.name.problem":`Letters and digits only, beginning with a capital.`,"newEntity.owner":`Whose it is`,"newEntity.many":`many per Profile`,"newEntity.one":`one per Profile`,"add.title":`Add a field`,"add.lead":`For those who do not write JSON Schema. Nothing changes until you publish.`,"add.what":`What it is`,"add.name":`Name`,"add.name.hint":`As clients write it: loyaltyCard.`,"add.name.problem":`Letters, digits and underscores only, beginning with a letter.`,"add.name.exists":`There is such a field already. Change it in the JSON editor.`,"add.name.none":`Give the field a name to check it.`,"add.kind":`Type`,"add.kind.text":`Text`,"add.kind.email":`E-mail address`,"add.kind.phone":`Phone number`,"add.kind.date":`Date`,"add.kind.moment":`Date and time`,"add.kind.whole":`Whole number`,"add.kind.number":`Number`,"add.kind.yesNo":`Yes or no`,"add.kind.choice":`One of several choices`,"add.description":`Description`,"add.description.hint":`Shown to everybody who reads the schema. No personal data.`,"add.maxLength":`Most characters`,"add.choices":`Choices`,"add.choices.none":`Give at least one choice.`,"add.list":`Several values`,"add.required":`Required`,"add.required.hint":`Documents that lack it block publishing.`,"add.who":`Who may see it`,"add.sensitivity":`Sensitivity`,"add.sensitivity.pii":`Personal data`,"add.sensitivity.pii.hint":`Encrypted, masked, and every disclosure is on the record.`,"add.sensitivity.sensitive":`Sensitive, identifies nobody`,"add.sensitivity.sensitive.hint":`Treated alike; clients are told the difference.`,"add.sensitivity.open":`Open`,"add.sensitivity.open.hint":`Stored and shown in clear to everybody who may read documents.`,"add.mask":`Mask`,"add.mask.default":`As its type is masked`,"add.mask.initial":`First letter: J***`,"add.mask.last4":`Last four: ****0003`,"add.mask.fixed":`Always *****, whatever the length`,"add.mask.email":`E-mail: j***@e******.c**`,"add.mask.year":`The year only`,"add.mask.null":`Nothing at all`,"add.preview":`Try it on sample values`,"add.preview.hint":`One per line. Invent them: do not take them from real people.`,"add.preview.masked":`What readers see`,"add.rest":`How it is found and how long it stays`,"add.index":`Look-up key`,"add.index.hint":`Documents are found by the exact value.`,"add.index.cannot":`This type is no look-up key.`,"add.index.no":`No`,"add.index.indexed":`Yes`,"add.index.unique":`Yes, and unique`,"add.ttl":`Days that documents live`,"add.ttl.hint":`Of the whole document, not of the field. Empty: as it is.`,"add.json":`The same as JSON Schema`,"add.json.lead":`This is what will be merged into the schema.`,"review.check":`Check`,"review.checking":`Checking…`,"review.publish":`Publish…`,"review.problems":`This schema cannot be used`,"review.problems.lead":`Mend these, then check again.`,"review.same":`Nothing would change`,"review.same.lead":`The schema in force says the same.`,"review.behind":`Nothing can be published from an older version. Look above at what was published meanwhile.`,"review.ok":`Ready to publish`,"review.ok.lead":`No rule is broken: clients and stored documents go on as before.`,"review.breaking.one":`It breaks one rule`,"review.breaking.other":`It breaks {n} rules`,"review.breaking.lead":`Mend it, or allow each rule by name when you publish.`,"review.documents":`Stored documents`,"review.documents.lead":`How many would not satisfy the new schema.`,"review.documents.none":`No document can stand in the way.`,"review.documents.busy":`{checked} of {total} read, {failing} would fail`,"review.documents.done":`{checked} read, {failing} would fail`,"review.sensitivity":`Who sees what changes`,"review.sensitivity.lead":`Look at these first.`,"review.findings":`Rules`,"review.findings.lead":`What protects clients and stored documents.`,"review.warnings":`Remarks`,"review.changes":`Changes`,"review.graphql":`GraphQL schema`,"review.graphql.lead":`What clients will see.`,"review.before":`Now`,"review.after":`After publishing`,"review.rule":`Rule`,"review.what":`What`,"review.mend":`How to mend it`,"publish.title":`Publish {entity}`,"publish.lead":`The next request sees the new schema. It can be rolled back.`,"publish.allow":`Rules that this change may break`,"publish.sensitivity":`Your roles do not lower sensitivity`,"publish.sensitivity.lead":`Ask a privacy officer to publish this change.`,"publish.note":`Note`,"publish.note.hint":`Why the schema changes, for the history.`,"publish.do":`Publish`,"publish.done":`{entity} is at version {version}`,"publish.behind":`Nothing was published, and what you typed is kept. Close this and check again: the page tells what changed.`,"history.title":`Versions`,"history.when":`When`,"history.who":`Who`,"history.what":`What`,"history.changes.one":`{n} change`,"history.changes.other":`{n} changes`,"history.compare":`Compare`,"history.rollBack":`Roll back`,"history.none":`There is one version only`,"history.none.todo":`Add a field or edit the schema: then you can compare.`,"rollBack.title":`Roll back to version {version}`,"rollBack.lead":`Version {version} becomes current again, as a new version. The rules are checked as for any other change.`,"changes.kind":`Change`,"changes.entity":`the entity`,"changes.FIELD_ADDED":`field added`,"changes.FIELD_REMOVED":`field removed`,"changes.TYPE_CHANGED":`type changed`,"changes.NULL_NARROWED":`may not be empty now`,"changes.NULL_WIDENED":`may be empty now`,"changes.ENUM_VALUE_ADDED":`choice added`,"changes.MEMBER_ADDED":`alternative added`,"changes.ENUM_VALUE_REMOVED":`choice removed`,"changes.REQUIRED_ADDED":`required now`,"changes.REQUIRED_DROPPED":`not required now`,"changes.CONSTRAINT_WIDENED":`rule relaxed`,"changes.CONSTRAINT_NARROWED":`rule tightened`,"changes.READ_ONLY_ADDED":`read only now`,"changes.READ_ONLY_REMOVED":`writable now`,"changes.SENSITIVITY_RAISED":`protected now`,"changes.SENSITIVITY_LOWERED":`less protected`,"changes.UNDECLARED_SHOWN":`declared, so shown`,"changes.MASK_WEAKENED":`mask shows more`,"changes.MASK_CHANGED":`mask changed`,"changes.EXTRA_OPENED":`takes undeclared fields`,"changes.EXTRA_CLOSED":`refuses undeclared fields`,"changes.INDEX_ADDED":`look-up key now`,"changes.INDEX_DROPPED":`no look-up key now`,"changes.UNIQUE_ADDED":`unique now`,"changes.UNIQUE_DROPPED":`not unique now`,"changes.NORMALIZE_CHANGED":`compared otherwise`,"changes.TTL_SHORTENED":`lives shorter`,"changes.TTL_LENGTHENED":`lives longer`,"changes.OWNERSHIP_CHANGED":`owner changed`,"changes.PLURAL_CHANGED":`plural changed`,"changes.DEFAULT_CHANGED":`default changed`,"changes.FEDERATION_CHANGED":`federation changed`,"changes.DOCS_CHANGED":`documentation changed`,"audit.lead":`Every disclosure, refusal and act of administration. Nobody can change it unnoticed.`,"audit.verify":`Verify`,"audit.export":`Export`,"audit.filters":`Filters`,"audit.from":`From`,"audit.to":`To`,"audit.actor":`Credential`,"audit.action":`Action`,"audit.outcome":`Outcome`,"audit.any":`any`,"audit.ALLOWED":`allowed`,"audit.DENIED":`refused`,"audit.DONE":`done`,"audit.subject":`Shopper (id)`,"audit.subject.problem":`This takes an id. Find the shopper first, and choose Who saw this.`,"audit.personal":`Queries are kept and shared: no personal data here.`,"audit.entity":`Entity`,"audit.field":`Field`,"audit.apply":`Show`,"audit.clear":`Clear`,"audit.share":`Copy link`,"audit.shared":`The link to this query is copied`,"audit.saved":`Saved queries`,"audit.save":`Save this query`,"audit.save.do":`Save`,"audit.save.name":`Name`,"audit.save.hint":`It is kept in this browser.`,"audit.forget":`Forget it`,"audit.timeLine":`Time line`,"audit.whoSaw":`Who saw this shopper`,"audit.whatSaw":`What this credential did`,"audit.reload":`Reload`,"audit.none":`Nothing is on the record`,"audit.none.filtered":`No entry matches. Widen the dates or clear the filters.`,"audit.none.todo":`Reveal a value or publish a schema: it will be here at once.`,"audit.entries.one":`{n} entry`,"audit.entries.other":`{n} entries`,"audit.nobody":`Nobody saw values in clear, as far as shown here`,"audit.seenBy.one":`One credential saw values in clear`,"audit.seenBy.other":`{n} credentials saw values in clear`,"audit.times.one":`once`,"audit.times.other":`{n} times`,"audit.index":`Place on the record`,"audit.document":`Document`,"audit.request":`Request`,"audit.details":`Details`,"audit.open":`Open the document`,"audit.more":`Details of entry {index}`,"action.GetUnmasked":`saw values of {entity}`,"action.GetVersionUnmasked":`saw values of an older version of {entity}`,"action.CheckSchema":`checked a schema of {entity} against sensitive values`,"action.PutSchema":`published the schema of {entity}`,"action.CreateApiKey":`made an API key`,"action.RevokeApiKey":`revoked an API key`,"action.PutPolicy":`changed the policy`,"action.RequestApproval":`asked for an approval`,"action.Approve":`approved a request`,"action.DeclineApproval":`declined a request`,"action.RotateKeys":`began to rotate keys`,"action.ExportAudit":`exported the record`,"action.CreateAccount":`made an account`,"action.UpdateAccount":`changed an account`,"action.AuditPruned":`dropped old entries`,"action.SignIn":`signed in`,"action.SignOut":`signed out`,"action.EndSession":`ended a session`,"action.ExportSubject":`handed out all that is held of a shopper`,"action.ExportSubject.denied":`asked for all that is held of a shopper`,"action.ProfileSystemUserRightsDelete":`began to erase a shopper`,"action.ProfileSystemUserRightsDelete.done":`erased a shopper`,"action.ProfileSystemUserRightsDelete.denied":`asked to erase a shopper`,"action.PlaceLegalHold":`placed a legal hold`,"action.ReleaseLegalHold":`released a legal hold`,"verify.title":`Verification of the record`,"verify.again":`Verify again`,"verify.busy":`Reading every entry…`,"verify.progress":`{done} of {all} entries are verified`,"verify.stop":`Stop`,"verify.goOn":`Go on`,"verify.stopped":`It was stopped before the end`,"verify.stopped.lead":`What was verified so far is good. Nothing is known of the rest until it goes on.`,"verify.ok.one":`{n} entry is as it was written`,"verify.ok.other":`{n} entries are as they were written`,"verify.pruned":`{n} older ones were dropped by retention; their hashes are there.`,"verify.bad":`The record does not verify`,"verify.checkpoint":`Checkpoint`,"verify.checkpoint.lead":`Keep it where the operators of the server cannot change it. An export that was tampered with does not verify against it.`,"verify.key":`Public key`,"verify.key.lead":`For profilegraph audit verify, on any machine and without the server.`,"error.RECORD_TOO_LONG":`The record is too long to verify here`,"error.RECORD_TOO_LONG.todo":`Export it, and verify the export with profilegraph audit verify.`,"apiKeys.lead":`Give every person and system a key of its own, with the least role that does.`,"apiKeys.new":`New API key`,"apiKeys.list":`Keys`,"apiKeys.which":`Which keys`,"apiKeys.live":`Valid`,"apiKeys.all":`All`,"apiKeys.none":`There is no valid key`,"apiKeys.none.todo":`Make one for each system that calls the API.`,"apiKeys.name":`Name`,"apiKeys.name.hint":`What it is for. No person's name: it is shown to everybody here.`,"apiKeys.roles":`Roles`,"apiKeys.created":`Made`,"apiKeys.lastUse":`Last use`,"apiKeys.never":`never`,"apiKeys.state":`State`,"apiKeys.valid":`valid`,"apiKeys.revoked":`revoked`,"apiKeys.expired":`expired`,"apiKeys.until":`until`,"apiKeys.for":`for`,"apiKeys.revoke":`Revoke`,"apiKeys.revoke.title":`Revoke this key`,"apiKeys.revoke.do":`Revoke it`,"apiKeys.revoke.done":`The key is revoked`,"apiKeys.revoke.lead":`Whatever uses it is refused from now on, and its sessions end. It cannot be undone.`,"apiKeys.create":`Make the key`,"apiKeys.made":`{name} is made`,"apiKeys.notYours":`It has permissions that are not yours to give.`,"apiKeys.subject":`Shopper`,"apiKeys.subject.hint":`The id of the profile or prospect that the key acts for.`,"apiKeys.expires":`Ends on`,"apiKeys.expires.hint":`Empty: it stays until it is revoked.`,"secret.done":`I have copied it`,"role.reader":`Reads documents, masked.`,"role.editor":`Reads, creates, updates and deletes documents.`,"role.support":`Reads documents, and sees sensitive values in clear for a reason.`,"role.shopper":`Works with one shopper's own profile and what belongs to it.`,"role.schema-admin":`Publishes schemas.`,"role.auditor":`Reads the audit record.`,"role.privacy-officer":`Handles requests of data subjects; may lower the sensitivity of fields.`,"role.admin":`Everything within one account.`,"role.operator":`Adds, suspends and lists the accounts of the installation.`,"sessions.title":`Signed in`,"sessions.lead":`Who uses this console now.`,"sessions.none":`Nobody is signed in`,"sessions.who":`Credential`,"sessions.since":`Since`,"sessions.current":`this one`,"sessions.end":`End`,"sessions.ended":`The session has ended`,"approvals.lead":`Some purposes want a second person for each shopper. Requests wait for a day, approvals hold for an hour.`,"approvals.none":`Nothing waits`,"approvals.none.todo":`Requests come up here when somebody reveals values for a purpose that wants an approval.`,"approvals.holds":`approved`,"approvals.waits":`waits`,"approvals.approve":`Approve`,"approvals.approved":`Approved`,"approvals.decline":`Decline`,"approvals.declined":`Declined`,"approvals.withdraw":`Take back`,"approvals.withdrawOwn":`Withdraw`,"approvals.own":`Nobody approves a request of their own.`,"approvals.you":`you`,"approvals.requester":`Who asks`,"approvals.subject":`Shopper`,"approvals.when":`Asked`,"approvals.by":`Approved by`,"approvals.until":`Until`,"erasures.lead":`Shoppers who were erased for good, and those who must not be.`,"erasures.list":`Erased shoppers`,"erasures.list.lead":`In order of id.`,"erasures.none":`Nobody was erased`,"erasures.none.todo":`A shopper is erased on its page, under Privacy.`,"erasures.requested":`Requested`,"erasures.completed":`Completed`,"erasures.underWay":`under way`,"erasures.erased":`What was erased`,"erasures.documents.one":`{n} document`,"erasures.documents.other":`{n} documents`,"erasures.versions.one":`{n} version`,"erasures.versions.other":`{n} versions`,"erasures.certificate":`Certificate`,"erasures.one":`Erasure`,"erasures.done":`Everything about this shopper is erased`,"erasures.done.lead":`The key is destroyed and the documents are removed. The certificate proves it: profilegraph subject verify checks it without the server.`,"erasures.notYet":`The erasure is under way`,"erasures.notYet.lead":`It is finished within minutes, also after an interruption.`,"erasures.missing":`This shopper was not erased`,"holds.title":`Legal holds`,"holds.lead":`Who is on hold is neither erased nor deleted.`,"holds.none":`Nobody is on legal hold`,"holds.none.todo":`A hold is placed on the page of the shopper, under Privacy.`,"holds.placed":`Placed`,"accounts.lead":`Each account has its own schemas, shoppers, credentials, keys and record.`,"accounts.new":`New account`,"accounts.none":`There is no account`,"accounts.id":`Id`,"accounts.id.hint":`Lower-case letters, digits and hyphens. It cannot be changed.`,"accounts.id.problem":`1 to 63 lower-case letters, digits and hyphens; begins with a letter, does not end with a hyphen.`,"accounts.name":`Name`,"accounts.created":`Made`,"accounts.state":`State`,"accounts.active":`active`,"accounts.suspended":`suspended`,"accounts.rename":`Rename`,"accounts.rename.title":`Rename {id}`,"accounts.suspend":`Suspend`,"accounts.suspend.title":`Suspend this account`,"accounts.suspend.do":`Suspend it`,"accounts.suspend.done":`The account is suspended`,"accounts.suspend.lead":`Every request of the account is refused until it is resumed. Nothing is deleted.`,"accounts.resume":`Resume`,"accounts.resumed":`The account is resumed`,"accounts.create":`Make the account`,"accounts.made":`{id} is made`,"accounts.made.lead":`This is its first admin key. Sign in with it to go on there.`,"encryption.lead":`Every shopper's data is encrypted under a key of its own. Keys are replaced while the server runs.`,"encryption.kek":`Key encryption key`,"encryption.subjects":`Shoppers with a key`,"encryption.rotating":`With a new key beside the old`,"encryption.erased":`Keys destroyed`,"encryption.rotate":`Rotation`,"encryption.rotate.lead":`Each is on the audit record. No request fails because of it.`,"encryption.rotate.do":`Rotate`,"encryption.rotate.title":`Rotate: {step}`,"encryption.rotate.safe":`Old keys serve until nothing needs them, so it takes minutes even where there is little to do.`,"encryption.begun":`The rotation has begun`,"encryption.step":`What`,"encryption.underWay":`under way`,"encryption.since":`Since {time}.`,"encryption.newest":`On the newest key alone`,"encryption.waits":`Everything is gone through; the old keys go once nothing needs them.`,"encryption.KEK.newest":`{done} of {all} versions of the account key`,"encryption.ACCOUNT.newest":`{done} of {all} keys`,"encryption.DEK.newest":`{done} of {all} shoppers`,"encryption.INDEX.newest":`{done} of {all} look-up fields`,"encryption.DEK.through":`{done} of {all} documents and old versions encrypted anew`,"encryption.INDEX.through":`{done} of {all} documents indexed anew`,"encryption.KEK":`Key encryption key`,"encryption.KEK.does":`Wraps the account's key anew, under the newest version of its key encryption key, or under another.`,"encryption.ACCOUNT":`Account key`,"encryption.ACCOUNT.does":`Makes a new account key, and wraps all other keys under it.`,"encryption.DEK":`Shoppers' keys`,"encryption.DEK.does":`Makes a new key for each shopper, and encrypts all documents and versions anew.`,"encryption.INDEX":`Look-up keys`,"encryption.INDEX.does":`Makes a new key for each look-up field, and indexes all documents anew.`,"encryption.accountKeys":`Versions of the account's key`,"encryption.none":`None yet: it is made with the first shopper.`,"encryption.number":`Number`,"encryption.created":`Made`,"encryption.kekVersion":`Wrapped by version`,"encryption.wraps":`Keys that it wraps`,"encryption.indexKeys":`Look-up fields`,"encryption.indexKeys.lead":`Each has a secret key of its own, under which values are hashed.`,"encryption.otherKek":`Another key encryption key`,"encryption.otherKek.hint":`One that the account brings. Empty: the newest version of the present one.`,"policy.lead":`For what values may be seen in clear, by whom, and how many. Once there is one, every disclosure names one.`,"policy.new":`New purpose`,"policy.edit":`Purpose {code}`,"policy.none":`No purpose is declared`,"policy.none.todo":`So whoever has the permission to reveal may see any field, for a reason. Declare purposes to narrow that.`,"policy.saved":`The policy is in force`,"policy.remove":`Remove`,"policy.remove.title":`Remove this purpose`,"policy.remove.lead":`Nobody sees values for it any more.`,"policy.remove.last":`It is the last one: without purposes, whoever has the permission to reveal may see any field, for a reason.`,"policy.code":`Code`,"policy.code.hint":`What requests name: returns, fraud-check.`,"policy.code.problem":`Lower-case letters, digits and hyphens.`,"policy.code.taken":`There is one already.`,"policy.description":`Description`,"policy.legalBasis":`Legal basis`,"policy.legalBasis.hint":`For instance contract, or consent.`,"policy.fields":`Fields`,"policy.fields.hint":`One per line: Profile.email, Address.* or *.`,"policy.roles":`Roles that may use it`,"policy.budget":`Budget`,"policy.budget.hint":`Documents that one requester may see in an hour.`,"policy.budget.n":`{n} documents an hour`,"policy.budget.none":`none`,"policy.approval":`A second person must agree`,"policy.approval.hint":`For each shopper, for an hour.`,"policy.ends":`Ends`,"policy.try":`Try the policy`,"policy.try.lead":`Nobody sees anything by it.`,"policy.try.role":`Role`,"policy.try.field":`Field`,"policy.try.do":`Try`,"policy.try.yes":`They would see it`,"policy.try.no":`It would stay masked`,"policy.settings":`Safeguards`,"policy.refuse":`Refuse personal data in the wrong place`,"policy.refuse.hint":`Values that look like personal data in fields that are not declared sensitive are refused, instead of warned of.`,"policy.days":`Days that the audit record is kept`,"policy.days.hint":`Empty: for ever.`,"policy.days.title":`Keep the record shorter`,"policy.days.do":`Keep it shorter`,"policy.days.lead":`Entries older than {n} days are dropped for good. Their hashes stay, so that the rest still verifies.`,"playground.api":`API`,"playground.data":`Data`,"playground.control":`Control`,"playground.reload":`Reload schema`,"action.GetUnmasked.denied":`asked for values of {entity}`,"action.GetVersionUnmasked.denied":`asked for values of an older version of {entity}`,"integrations.title":`Other systems`,"integrations.about":`Tokens of other systems, and the addresses that are told of events.`,"integrations.lead":`What other systems hold in the place of ids, and what they are told.`,"consumers.title":`Consumers`,"consumers.lead":`Each has tokens of its own, so that two systems cannot join what they know.`,"consumers.new":`New consumer`,"consumers.new.lead":`API keys that are bound to it see its tokens in the place of ids.`,"consumers.none":`There is no consumer`,"consumers.none.todo":`Make one for each system that should hold tokens of its own, then bind an API key to it.`,"consumers.id":`Name`,"consumers.id.problem":`1 to 63 lower-case letters, digits and hyphens; begins with a letter.`,"consumers.create":`Make the consumer`,"consumers.made":`{id} is made`,"consumers.revoke.title":`Revoke this consumer`,"consumers.revoke.do":`Revoke it`,"consumers.revoke.done":`The consumer is revoked`,"consumers.revoke.lead":`Its tokens stand for nothing any more, for good, and its credentials are refused.`,"webhooks.title":`Webhooks`,"webhooks.lead":`Addresses that are told of events, by signed requests. No personal data is in them.`,"webhooks.new":`New webhook`,"webhooks.none":`Nobody is told`,"webhooks.none.todo":`Add the address of a system that should know when a schema is published.`,"webhooks.url":`Address`,"webhooks.url.problem":`It begins with https://.`,"webhooks.description":`What it is for`,"webhooks.lastSuccess":`Last success`,"webhooks.lastFailure":`Last failure`,"webhooks.test":`Test`,"webhooks.delivered":`The test was delivered`,"webhooks.failed":`The test was not delivered: {why}`,"webhooks.create":`Add the webhook`,"webhooks.made":`The webhook is added`,"webhooks.secret":`This is what the receiver verifies signatures with.`,"webhooks.remove":`Remove`,"webhooks.remove.title":`Remove this webhook`,"webhooks.remove.lead":`What was not delivered to it will not be.`,"webhooks.removed":`The webhook is removed`,"federation.title":`Federation`,"federation.about":`The other subgraphs of your graph, which schemas must compose with.`,"federation.lead":`The account's graph can be one of several subgraphs. Once others are registered, a schema is published only if all of them compose.`,"federation.others":`Other subgraphs`,"federation.others.lead":`What other services add to the graph.`,"federation.none":`No other subgraph`,"federation.none.todo":`Register those of the services that share a router with this one, and nothing is published that would break their graph.`,"federation.new":`Register a subgraph`,"federation.name":`Name`,"federation.name.problem":`1 to 64 letters, digits, hyphens and underscores, the first a letter.`,"federation.url":`Address`,"federation.url.hint":`Where the router finds it.`,"federation.sdl":`Schema`,"federation.sdl.hint":`GraphQL SDL with the directives of Apollo Federation.`,"federation.check":`It must compose with the others now`,"federation.check.hint":`Without this, several can be registered that need each other.`,"federation.register":`Register`,"federation.put":`{name} is registered`,"federation.read":`Read`,"federation.replace":`Replace`,"federation.replace.title":`A new schema of {name}`,"federation.remove":`Remove`,"federation.remove.title":`Remove a subgraph`,"federation.remove.lead":`Schemas are then published whether they compose with it or not.`,"federation.removed":`{name} is removed`,"federation.own":`The account's own subgraph`,"federation.own.which":`Which`,"federation.own.federation":`All fields`,"federation.own.public":`Without sensitive fields`,"federation.own.federation.lead":`What you hand to the composer. It follows every schema that is published.`,"federation.own.public.lead":`For graphs whose clients are not to learn of sensitive fields.`,"error.COMPOSITION_FAILED":`The subgraphs do not compose`,"error.COMPOSITION_FAILED.todo":`Change what the composer names, here or in the other subgraph. Nothing was published or registered.`,"error.COMPOSER_UNAVAILABLE":`There is no composer at present`,"error.COMPOSER_UNAVAILABLE.todo":`Whoever runs the server can start it with one (--composer).`,"apiKeys.consumer":`Consumer`,"apiKeys.consumer.hint":`The key then sees tokens of that system in the place of ids.`,"apiKeys.consumer.none":`none`,"action.CreateConsumer":`made a consumer`,"action.RevokeConsumer":`revoked a consumer`,"action.CreateWebhook":`added a webhook`,"action.DeleteWebhook":`removed a webhook`,"action.TestWebhook":`tried a webhook`,"action.PutSubgraph":`registered a subgraph`,"action.RemoveSubgraph":`removed a subgraph`,"finding.FIELD_NO_DELETE":`the property is removed`,"finding.FIELD_NO_DELETE.mend":`keep it, and mark it as deprecated`,"finding.FIELD_SAME_TYPE":`the type changes from {from} to {to}`,"finding.FIELD_SAME_TYPE.mend":`add a new property of the new type, and mark the old one as deprecated`,"finding.FIELD_NULLABLE_NO_NARROW":`null is not accepted any more`,"finding.FIELD_NULLABLE_NO_NARROW.mend":`keep null among its types`,"finding.FIELD_NO_READ_ONLY":`the property becomes read-only`,"finding.FIELD_NO_READ_ONLY.mend":`drop readOnly`,"finding.ENUM_NO_NARROW":`the value {from} is removed or means something else`,"finding.ENUM_NO_NARROW.mend":`keep the value, and mark it as deprecated`,"finding.REQUIRED_NO_ADD":`the property becomes required`,"finding.REQUIRED_NO_ADD.mend":`give every document a value first`,"finding.UNIQUE_NO_ADD":`the property becomes unique`,"finding.UNIQUE_NO_ADD.mend":`remove the repetitions first`,"finding.CONSTRAINT_NO_NARROW":`{to} may refuse documents accepted so far`,"finding.CONSTRAINT_NO_NARROW.mend":`loosen it, or mend the documents first`,"finding.EXTRA_NO_CLOSE":`undeclared properties are not accepted any more`,"finding.EXTRA_NO_CLOSE.mend":`keep "additionalProperties": true`,"finding.EXTRA_NO_DISCLOSE":`protected values that documents hold there would be shown`,"finding.EXTRA_NO_DISCLOSE.mend":`declare it as pii with the mask of its type, or choose a name that no document has`,"finding.SENSITIVITY_NO_LOWER":`lowers the protection from {from} to {to}`,"finding.SENSITIVITY_NO_LOWER.mend":`keep sensitive and pii as they were`,"finding.MASK_NO_WEAKEN":`the mask {from} gives way to {to}, which shows more`,"finding.MASK_NO_WEAKEN.mend":`keep the mask`,"finding.INDEX_NO_DROP.INDEX_DROPPED":`the property is no look-up key any more`,"finding.INDEX_NO_DROP.UNIQUE_DROPPED":`the property is not unique any more`,"finding.INDEX_NO_DROP.mend":`keep it in v-indexed and v-unique`,"finding.INDEX_SAME_NORMALIZE":`the normalization of the key changes from {from} to {to}`,"finding.INDEX_SAME_NORMALIZE.mend":`keep x-normalize`,"finding.TTL_NO_SHORTEN":`documents lived {from} and now live {to}`,"finding.TTL_NO_SHORTEN.mend":`keep documentTTL`,"finding.OWNERSHIP_NO_ORPHAN":`stored documents could not be read any more under other ownership`,"finding.OWNERSHIP_NO_ORPHAN.mend":`delete the documents of the entity first, or define a new entity: this cannot be allowed`,"finding.ENTITY_SAME_OWNERSHIP":`the entity was {from} and becomes {to}`,"finding.ENTITY_SAME_OWNERSHIP.mend":`define a new entity`,"finding.ENTITY_SAME_PLURAL":`the field {from} becomes {to}`,"finding.ENTITY_SAME_PLURAL.mend":`keep plural`},v=e=>`profilegraph.${e}`;function y(e){try{return localStorage.getItem(v(e))}catch{return null}}function b(e,t){try{t===null?localStorage.removeItem(v(e)):localStorage.setItem(v(e),t)}catch{}}var re=(function(){let e=typeof document<`u`&&document.createElement(`link`).relList;return e&&e.supports&&e.supports(`modulepreload`)?`modulepreload`:`preload`})(),ie=function(e){return`/console/`+e},ae={},oe=function(e){return e.pathname.endsWith(`.css`)},se=function(e,t,n){if(t in e)return e[t];let r=n();if(!r){e[t]=void 0;return}let i=r.then(()=>{e[t]=void 0},n=>{throw e[t]=void 0,n});return e[t]=i,i},x=function(e,t,n){let r=Promise.resolve();if(t&&t.length>0){let e,i=document.querySelector(`meta[property=csp-nonce]`),a=i?.nonce||i?.getAttribute(`nonce`);function o(e){return Promise.all(e.map(e=>Promise.resolve(e).then(e=>({status:`fulfilled`,value:e}),e=>({status:`rejected`,reason:e}))))}function s(e){return import.meta.resolve?new URL(import.meta.resolve(e)):new URL(e,import.meta.url)}r=o(t.map(t=>{t=ie(t,n);let r=s(t),i=oe(r);return se(ae,r.href,()=>{if(e===void 0){e={all:new Set,styles:new Set};let t=document.getElementsByTagName(`link`);for(let n=t.length-1;n>=0;n--){let r=t[n];e.all.add(r.href),r.rel===`stylesheet`&&e.styles.add(r.href)}}if((i?e.styles:e.all).has(r.href))return;let t=document.createElement(`link`);if(t.rel=i?`stylesheet`:re,i||(t.as=`script`),t.crossOrigin=``,t.href=r.href,a&&t.setAttribute(`nonce`,a),document.head.appendChild(t),i)return new Promise((e,n)=>{let i=a=>{t.removeEventListener(`load`,i),t.removeEventListener(`error`,i),a.type===`error`?n(Error(`Unable to preload CSS for ${r}`)):e(a)};t.addEventListener(`load`,i),t.addEventListener(`error`,i)})})}).filter(e=>e!==void 0))}function i(e){let t=new Event(`vite:preloadError`,{cancelable:!0});if(t.payload=e,window.dispatchEvent(t),!t.defaultPrevented)throw e}return r.then(t=>{for(let e of t||[])e.status===`rejected`&&i(e.reason);return e().catch(i)})},S={en:`English`,pt:`Português`,es:`Español`},ce={pt:()=>x(()=>import(`./pt-B6h9I8hU.js`),[]),es:()=>x(()=>import(`./es-CBLnS_s5.js`),[])},C=async e=>e===`en`?ne:(await ce[e]()).default;function le(){for(let e of[y(`language`),...navigator.languages]){let t=Object.keys(S).find(t=>e?.slice(0,2)===t);if(t)return t}return`en`}var w=(0,g.createContext)(null);function T(){let e=(0,g.use)(w);if(!e)throw Error(`useWords outside of Language`);return e}function ue({initial:e,messages:t,children:n}){let[{language:r,messages:i},a]=(0,g.useState)({language:e,messages:t});(0,g.useEffect)(()=>{document.documentElement.lang=r},[r]);let o=(0,g.useCallback)(e=>{b(`language`,e),C(e).then(t=>a({language:e,messages:t}))},[]),s=(0,g.useMemo)(()=>fe(r,i,o),[r,i,o]);return(0,_.jsx)(w,{value:s,children:n})}var de=[[`day`,86400],[`hour`,3600],[`minute`,60],[`second`,1]];function fe(e,t,n){let r=new Intl.PluralRules(e),i=new Intl.NumberFormat(e),a=new Intl.DateTimeFormat(e,{dateStyle:`medium`,timeStyle:`medium`}),o=new Intl.DateTimeFormat(e,{dateStyle:`medium`}),s=new Intl.RelativeTimeFormat(e,{numeric:`auto`}),c=(e,n={})=>t[e]?.replace(/\{(\w+)\}/g,(e,t)=>String(n[t]??``));return{language:e,setLanguage:n,find:c,t:(e,t)=>c(e,t)??e,many:(e,t,n)=>c(`${e}.${r.select(t)===`one`?`one`:`other`}`,{n:i.format(t),...n})??e,number:e=>i.format(e),time:e=>a.format(new Date(e)),day:e=>o.format(new Date(e)),ago(e){let t=(new Date(e).getTime()-Date.now())/1e3;if(Math.abs(t)>2592e3)return o.format(new Date(e));let[n,r]=de.find(([,e])=>Math.abs(t)>=e)??[`second`,1];return s.format(Math.trunc(t/r),n)}}}var E=e=>typeof e==`object`&&!!e&&!Array.isArray(e),D=e=>typeof e==`number`?!Number.isInteger(e)||Number.isSafeInteger(e):Array.isArray(e)?e.every(D):!E(e)||Object.values(e).every(D),O=String.raw`(?:"(?:[^"\\]|\\.)*"|[-+.\deE]+|true|false|null)`,pe=new RegExp(String.raw`\[\n\s+(${O}(?:,\n\s+${O})*)\n\s+\]`,`g`),k=e=>e.replace(pe,(e,t)=>{let n=`[${t.replace(/,\n\s+/g,`, `)}]`;return n.length<=72?n:e}),me=e=>k(JSON.stringify(e,null,2)),A=class extends Error{code;details;constructor(e,t,n={}){super(t),this.code=e,this.details=n}get violations(){return this.details.violations??[]}get findings(){return this.details.findings??[]}get composition(){return this.details.composition??[]}get problems(){return this.details.problems??[]}},j=e=>e instanceof A?e:new A(`INTERNAL`,e instanceof Error?e.message:String(e)),M=e=>new A(e.extensions?.code??`UNKNOWN`,e.message,e.extensions),N=()=>{};function he(e){N=e}async function P(e,t={},n=e=>e.ok){let r;try{r=await fetch(e,{credentials:`same-origin`,cache:`no-store`,redirect:`error`,referrerPolicy:`no-referrer`,...t})}catch(e){throw e instanceof DOMException&&e.name===`AbortError`?e:new A(`UNREACHABLE`,`The server cannot be reached.`)}if(n(r))return r;let i=await r.json().catch(()=>null),a=E(i)&&Array.isArray(i.errors)?i.errors[0]:void 0;throw r.status===401&&e!==`/console/session`&&N(),a?M(a):new A(`HTTP_${r.status}`,`The server answered with status ${r.status}.`)}var F=e=>({method:`POST`,headers:{"Content-Type":`application/json`,Accept:`application/json`},body:JSON.stringify(e)}),ge=(e,t)=>P(e,F(t));async function _e(e,t,n){let r=await(await P(e,{...F(t),signal:n??null},e=>e.ok||e.status===400||e.status===422)).json();return{data:r.data??null,errors:(r.errors??[]).map(M),audit:r.extensions?.audit}}async function ve(e,...[t]){let{data:n,errors:r}=await _e(`/control/graphql`,{query:e.toString(),variables:t});if(r[0])throw r[0];return n}var ye=(0,g.createContext)(null);function be(){let e=(0,g.use)(ye);if(!e)throw Error(`useSession outside of SessionProvider`);return e}function xe(){let{state:e}=be();if(!(`person`in e))throw Error(`nobody is signed in`);let{person:t}=e;return(0,g.useMemo)(()=>({...t,may:(...e)=>e.some(e=>t.permissions.includes(e))}),[t])}var I={queryKey:[`configuration`],staleTime:6e4,queryFn:async()=>await(await P(`/console/config`)).json()},L=`profilegraph.place`,Se=()=>sessionStorage.setItem(L,location.pathname+location.search);function Ce(){let e=sessionStorage.getItem(L);sessionStorage.removeItem(L),e?.startsWith(`/console/`)&&location.pathname===`/console/`&&history.replaceState(null,``,e)}var R=async()=>await(await P(`/console/session`)).json();function we({children:e}){let[t,n]=(0,g.useState)({kind:`starting`}),r=ee(),i=(0,g.useCallback)(e=>n(t=>(`person`in t&&(!e||t.person.actor!==e.actor||t.person.account.id!==e.account.id)&&r.clear(),e?{kind:`open`,person:e}:{kind:`none`,left:`person`in t})),[r]),a=(0,g.useCallback)(()=>{r.fetchQuery(I).then(({signedIn:e})=>e?R():null).then(e=>(e&&Ce(),e)).then(i,e=>n({kind:`failed`,failure:j(e)}))},[i,r]);(0,g.useEffect)(a,[a]),(0,g.useEffect)(()=>he(()=>n(e=>e.kind===`open`?{...e,kind:`expired`}:e)),[]);let o=t.kind===`open`;(0,g.useEffect)(()=>{if(!o)return;let e=async()=>{if(document.hidden)return;let{signedIn:e}=await I.queryFn();e||n(e=>e.kind===`open`?{...e,kind:`expired`}:e)},t=setInterval(()=>{e().catch(()=>{})},6e4);return()=>clearInterval(t)},[o]);let s=(0,g.useMemo)(()=>({state:t,retry:a,async signIn(e){await ge(`/console/session`,{key:e}),i(await R()),r.invalidateQueries()},async signOut(){await P(`/console/session`,{method:`DELETE`},e=>e.ok||e.status===401),i(null)}}),[t,a,i,r]);return(0,_.jsx)(ye,{value:s,children:e})}var z=null,B=()=>{z=null};function V(){return z&&!window.confirm(z.question)?!1:(B(),!0)}window.addEventListener(`beforeunload`,e=>{z&&e.preventDefault()}),window.addEventListener(`popstate`,e=>{let t=z?.here;V()||(e.stopImmediatePropagation(),history.pushState(null,``,t))});function Te(e){let{t}=T();(0,g.useEffect)(()=>{if(e)return z={here:location.href,question:t(`unsaved`)},B},[e,t])}var H=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}},Ee={"\n  query Accounts($after: ID) {\n    accounts(first: 50, after: $after) {\n      id\n      name\n      creationDate\n      suspended\n    }\n  }\n":new H(`
    query Accounts($after: ID) {
  accounts(first: 50, after: $after) {
    id
    name
    creationDate
    suspended
  }
}
    `),"\n  mutation CreateAccount($id: ID!, $name: String) {\n    createAccount(id: $id, name: $name) {\n      adminKey {\n        secret\n      }\n    }\n  }\n":new H(`
    mutation CreateAccount($id: ID!, $name: String) {
  createAccount(id: $id, name: $name) {
    adminKey {
      secret
    }
  }
}
    `),"\n  mutation UpdateAccount($id: ID!, $name: String, $suspended: Boolean) {\n    updateAccount(id: $id, name: $name, suspended: $suspended) {\n      id\n    }\n  }\n":new H(`
    mutation UpdateAccount($id: ID!, $name: String, $suspended: Boolean) {
  updateAccount(id: $id, name: $name, suspended: $suspended) {
    id
  }
}
    `),"\n  query ApiKeys {\n    apiKeys {\n      id\n      name\n      roles\n      subject\n      consumer\n      creationDate\n      createdBy\n      expirationDate\n      revocationDate\n      lastUse\n    }\n  }\n":new H(`
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
    `),"\n  query Sessions {\n    sessions {\n      id\n      actor\n      roles\n      issuer\n      creationDate\n      lastUse\n      current\n    }\n  }\n":new H(`
    query Sessions {
  sessions {
    id
    actor
    roles
    issuer
    creationDate
    lastUse
    current
  }
}
    `),"\n  mutation EndSession($id: ID!) {\n    endSession(id: $id)\n  }\n":new H(`
    mutation EndSession($id: ID!) {
  endSession(id: $id)
}
    `),"\n  query Roles {\n    roles {\n      name\n      description\n      permissions\n    }\n  }\n":new H(`
    query Roles {
  roles {
    name
    description
    permissions
  }
}
    `),"\n  mutation CreateApiKey($name: String!, $roles: [String!]!, $subject: ID, $consumer: ID, $expiresAt: DateTime) {\n    createApiKey(name: $name, roles: $roles, subject: $subject, consumer: $consumer, expiresAt: $expiresAt) {\n      secret\n    }\n  }\n":new H(`
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
    `),"\n  mutation RevokeApiKey($id: ID!) {\n    revokeApiKey(id: $id) {\n      id\n    }\n  }\n":new H(`
    mutation RevokeApiKey($id: ID!) {
  revokeApiKey(id: $id) {
    id
  }
}
    `),"\n  query Approvals {\n    approvals {\n      id\n      requester\n      purpose\n      subject\n      reason\n      requestDate\n      approvedBy\n      expirationDate\n    }\n  }\n":new H(`
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
    `),"\n  mutation Approve($id: ID!) {\n    approve(id: $id) {\n      id\n    }\n  }\n":new H(`
    mutation Approve($id: ID!) {
  approve(id: $id) {
    id
  }
}
    `),"\n  mutation Decline($id: ID!) {\n    declineApproval(id: $id) {\n      id\n    }\n  }\n":new H(`
    mutation Decline($id: ID!) {
  declineApproval(id: $id) {
    id
  }
}
    `),"\n  query AuditRecord($filter: AuditFilter, $after: Int) {\n    audit(filter: $filter, after: $after, first: 50) {\n      entries {\n        index\n        time\n        action\n        outcome\n        actor\n        onBehalfOf\n        entity\n        id\n        subject\n        version\n        fields\n        purpose\n        reason\n        requestId\n        details\n      }\n      hasNextPage\n    }\n  }\n":new H(`
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
    `),"\n  query KeyNames {\n    apiKeys {\n      id\n      name\n    }\n  }\n":new H(`
    query KeyNames {
  apiKeys {
    id
    name
  }
}
    `),"\n  query AuditVerification($after: String, $limit: Int!) {\n    auditVerification(partial: true, after: $after, limit: $limit) {\n      ok\n      entries\n      pruned\n      size\n      problem\n      checkpoint\n      next\n      publicKey\n    }\n  }\n":new H(`
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
    `),"\n  query KeyStatus {\n    keyStatus {\n      kek\n      accountKeys {\n        number\n        creationDate\n        kekVersion\n        wraps\n      }\n      subjects\n      subjectsRotating\n      subjectsErased\n      indexKeys {\n        entity\n        property\n        versions\n      }\n      rotations {\n        step\n        beginDate\n        done\n        all\n      }\n    }\n  }\n":new H(`
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
    `),"\n  mutation RotateKeys($step: KeyRotationStep!, $kek: String) {\n    rotateKeys(step: $step, kek: $kek) {\n      rotations {\n        step\n      }\n    }\n  }\n":new H(`
    mutation RotateKeys($step: KeyRotationStep!, $kek: String) {
  rotateKeys(step: $step, kek: $kek) {
    rotations {
      step
    }
  }
}
    `),"\n  mutation EraseSubject($subject: ID!, $reference: String) {\n    eraseSubject(subject: $subject, reference: $reference) {\n      subject\n    }\n  }\n":new H(`
    mutation EraseSubject($subject: ID!, $reference: String) {
  eraseSubject(subject: $subject, reference: $reference) {
    subject
  }
}
    `),"\n  query LegalHolds($subject: ID, $after: ID) {\n    legalHolds(subject: $subject, first: 50, after: $after) {\n      id\n      subject\n      reference\n      creationDate\n      createdBy\n    }\n  }\n":new H(`
    query LegalHolds($subject: ID, $after: ID) {
  legalHolds(subject: $subject, first: 50, after: $after) {
    id
    subject
    reference
    creationDate
    createdBy
  }
}
    `),"\n  mutation PlaceLegalHold($subject: ID!, $reference: String!) {\n    placeLegalHold(subject: $subject, reference: $reference) {\n      id\n    }\n  }\n":new H(`
    mutation PlaceLegalHold($subject: ID!, $reference: String!) {
  placeLegalHold(subject: $subject, reference: $reference) {
    id
  }
}
    `),"\n  mutation ReleaseLegalHold($id: ID!) {\n    releaseLegalHold(id: $id) {\n      id\n    }\n  }\n":new H(`
    mutation ReleaseLegalHold($id: ID!) {
  releaseLegalHold(id: $id) {
    id
  }
}
    `),"\n  query Erasures($after: ID) {\n    erasures(first: 50, after: $after) {\n      subject\n      reference\n      requestDate\n      requestedBy\n      completionDate\n      documents\n      versions\n    }\n  }\n":new H(`
    query Erasures($after: ID) {
  erasures(first: 50, after: $after) {
    subject
    reference
    requestDate
    requestedBy
    completionDate
    documents
    versions
  }
}
    `),"\n  query Erasure($subject: ID!) {\n    erasure(subject: $subject) {\n      reference\n      requestDate\n      requestedBy\n      completionDate\n      documents\n      versions\n    }\n  }\n":new H(`
    query Erasure($subject: ID!) {
  erasure(subject: $subject) {
    reference
    requestDate
    requestedBy
    completionDate
    documents
    versions
  }
}
    `),"\n  query Certificate($subject: ID!) {\n    erasure(subject: $subject) {\n      certificate\n    }\n  }\n":new H(`
    query Certificate($subject: ID!) {
  erasure(subject: $subject) {
    certificate
  }
}
    `),"\n  query Subgraphs {\n    subgraphs {\n      name\n      url\n      sdl\n      author\n      lastUpdate\n    }\n  }\n":new H(`
    query Subgraphs {
  subgraphs {
    name
    url
    sdl
    author
    lastUpdate
  }
}
    `),"\n  mutation PutSubgraph($name: String!, $url: String!, $sdl: String!, $check: Boolean!) {\n    putSubgraph(name: $name, url: $url, sdl: $sdl, check: $check) {\n      name\n    }\n  }\n":new H(`
    mutation PutSubgraph($name: String!, $url: String!, $sdl: String!, $check: Boolean!) {
  putSubgraph(name: $name, url: $url, sdl: $sdl, check: $check) {
    name
  }
}
    `),"\n  mutation RemoveSubgraph($name: String!) {\n    removeSubgraph(name: $name)\n  }\n":new H(`
    mutation RemoveSubgraph($name: String!) {
  removeSubgraph(name: $name)
}
    `),"\n  query Consumers {\n    consumers {\n      id\n      creationDate\n      createdBy\n      revocationDate\n    }\n  }\n":new H(`
    query Consumers {
  consumers {
    id
    creationDate
    createdBy
    revocationDate
  }
}
    `),"\n  mutation CreateConsumer($id: ID!) {\n    createConsumer(id: $id) {\n      id\n    }\n  }\n":new H(`
    mutation CreateConsumer($id: ID!) {
  createConsumer(id: $id) {
    id
  }
}
    `),"\n  mutation RevokeConsumer($id: ID!) {\n    revokeConsumer(id: $id) {\n      id\n    }\n  }\n":new H(`
    mutation RevokeConsumer($id: ID!) {
  revokeConsumer(id: $id) {
    id
  }
}
    `),"\n  query Webhooks {\n    webhooks {\n      id\n      url\n      description\n      creationDate\n      lastSuccess\n      lastFailure\n      failure\n    }\n  }\n":new H(`
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
    `),"\n  mutation CreateWebhook($url: String!, $description: String) {\n    createWebhook(url: $url, description: $description) {\n      secret\n    }\n  }\n":new H(`
    mutation CreateWebhook($url: String!, $description: String) {
  createWebhook(url: $url, description: $description) {
    secret
  }
}
    `),"\n  mutation DeleteWebhook($id: ID!) {\n    deleteWebhook(id: $id)\n  }\n":new H(`
    mutation DeleteWebhook($id: ID!) {
  deleteWebhook(id: $id)
}
    `),"\n  mutation TestWebhook($id: ID!) {\n    testWebhook(id: $id) {\n      delivered\n      failure\n    }\n  }\n":new H(`
    mutation TestWebhook($id: ID!) {
  testWebhook(id: $id) {
    delivered
    failure
  }
}
    `),"\n  query WaitingApprovals {\n    approvals {\n      id\n      approvedBy\n    }\n  }\n":new H(`
    query WaitingApprovals {
  approvals {
    id
    approvedBy
  }
}
    `),"\n  query Policy {\n    policy {\n      refuseMisplaced\n      auditDays\n      purposes {\n        code\n        description\n        legalBasis\n        fields\n        roles\n        budgetPerHour\n        expirationDate\n        approval\n      }\n    }\n  }\n":new H(`
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
    `),"\n  mutation PutPolicy($purposes: [PurposeInput!]!, $refuseMisplaced: Boolean!, $auditDays: Int) {\n    putPolicy(purposes: $purposes, refuseMisplaced: $refuseMisplaced, auditDays: $auditDays) {\n      refuseMisplaced\n    }\n  }\n":new H(`
    mutation PutPolicy($purposes: [PurposeInput!]!, $refuseMisplaced: Boolean!, $auditDays: Int) {
  putPolicy(
    purposes: $purposes
    refuseMisplaced: $refuseMisplaced
    auditDays: $auditDays
  ) {
    refuseMisplaced
  }
}
    `),"\n  query TestPolicy($roles: [String!]!, $entity: String!, $fields: [String!]!, $purpose: String) {\n    testPolicy(roles: $roles, entity: $entity, fields: $fields, purpose: $purpose)\n  }\n":new H(`
    query TestPolicy($roles: [String!]!, $entity: String!, $fields: [String!]!, $purpose: String) {
  testPolicy(roles: $roles, entity: $entity, fields: $fields, purpose: $purpose)
}
    `),"\n  mutation PreviewMask($property: JSON!, $values: [String!]!) {\n    previewMask(property: $property, values: $values)\n  }\n":new H(`
    mutation PreviewMask($property: JSON!, $values: [String!]!) {
  previewMask(property: $property, values: $values)
}
    `),"\n  query Vocabulary {\n    schemaVocabulary\n  }\n":new H(`
    query Vocabulary {
  schemaVocabulary
}
    `),"\n  query AllSchemas {\n    schemas {\n      entity\n      version\n      author\n      creationDate\n      schema\n      fields {\n        path\n        sensitive\n        indexed\n      }\n    }\n  }\n":new H(`
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
    `),"\n  query SchemaInForce($entity: String!) {\n    schema(entity: $entity) {\n      version\n      author\n      creationDate\n      note\n      schema\n      text\n      fields {\n        path\n        name\n        type\n        sensitive\n        pii\n        mask\n        indexed\n        unique\n        required\n        readOnly\n        deprecated\n        title\n        description\n        examples\n      }\n    }\n  }\n":new H(`
    query SchemaInForce($entity: String!) {
  schema(entity: $entity) {
    version
    author
    creationDate
    note
    schema
    text
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
    `),"\n  query SchemaHistory($entity: String!, $before: Int) {\n    schemaHistory(entity: $entity, first: 20, before: $before) {\n      version\n      current\n      author\n      creationDate\n      note\n      text\n      changes {\n        kind\n        path\n        from\n        to\n      }\n    }\n  }\n":new H(`
    query SchemaHistory($entity: String!, $before: Int) {
  schemaHistory(entity: $entity, first: 20, before: $before) {
    version
    current
    author
    creationDate
    note
    text
    changes {
      kind
      path
      from
      to
    }
  }
}
    `),"\n  query SchemaDifference($entity: String!, $from: Int!, $to: Int) {\n    schemaDiff(entity: $entity, from: $from, to: $to) {\n      kind\n      path\n      from\n      to\n    }\n  }\n":new H(`
    query SchemaDifference($entity: String!, $from: Int!, $to: Int) {
  schemaDiff(entity: $entity, from: $from, to: $to) {
    kind
    path
    from
    to
  }
}
    `),"\n  mutation RollBackSchema($entity: String!, $to: Int!, $expectedVersion: Int, $allow: [String!], $note: String) {\n    rollbackSchema(entity: $entity, to: $to, expectedVersion: $expectedVersion, allow: $allow, note: $note) {\n      version\n    }\n  }\n":new H(`
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
    `),"\n  query CheckSchema($entity: String!, $schema: JSON!, $mode: SchemaMode!, $documents: Boolean!) {\n    checkSchema(entity: $entity, schema: $schema, mode: $mode, documents: $documents) {\n      ok\n      currentVersion\n      sdl\n      documentsChecked\n      documentsFailing\n      problems {\n        pointer\n        keyword\n        message\n        fix\n      }\n      warnings {\n        pointer\n        keyword\n        message\n        fix\n      }\n      changes {\n        kind\n        path\n        from\n        to\n      }\n      composition\n      findings {\n        rule\n        kind\n        path\n        from\n        to\n        message\n        fix\n        breaking\n      }\n    }\n  }\n":new H(`
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
      kind
      path
      from
      to
      message
      fix
      breaking
    }
  }
}
    `),"\n  query CheckDocuments($entity: String!, $schema: JSON!, $mode: SchemaMode!, $after: ID) {\n    checkDocuments(entity: $entity, schema: $schema, mode: $mode, after: $after) {\n      checked\n      failing\n      next\n      total\n    }\n  }\n":new H(`
    query CheckDocuments($entity: String!, $schema: JSON!, $mode: SchemaMode!, $after: ID) {
  checkDocuments(entity: $entity, schema: $schema, mode: $mode, after: $after) {
    checked
    failing
    next
    total
  }
}
    `),"\n  mutation PublishSchema(\n    $entity: String!\n    $schema: JSON!\n    $mode: SchemaMode!\n    $expectedVersion: Int\n    $allow: [String!]\n    $note: String\n  ) {\n    publishSchema(\n      entity: $entity\n      schema: $schema\n      mode: $mode\n      expectedVersion: $expectedVersion\n      allow: $allow\n      note: $note\n    ) {\n      version\n    }\n  }\n":new H(`
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
    `),"\n  mutation ExportSubject(\n    $subject: ID!\n    $reason: String!\n    $purpose: String\n    $reference: String\n    $versions: Boolean!\n    $record: Boolean!\n  ) {\n    exportSubject(\n      subject: $subject\n      reason: $reason\n      purpose: $purpose\n      reference: $reference\n      versions: $versions\n      record: $record\n    ) {\n      file\n    }\n  }\n":new H(`
    mutation ExportSubject($subject: ID!, $reason: String!, $purpose: String, $reference: String, $versions: Boolean!, $record: Boolean!) {
  exportSubject(
    subject: $subject
    reason: $reason
    purpose: $purpose
    reference: $reference
    versions: $versions
    record: $record
  ) {
    file
  }
}
    `),"\n  mutation AskForApproval($purpose: String!, $subject: ID!, $reason: String!) {\n    requestApproval(purpose: $purpose, subject: $subject, reason: $reason) {\n      id\n    }\n  }\n":new H(`
    mutation AskForApproval($purpose: String!, $subject: ID!, $reason: String!) {
  requestApproval(purpose: $purpose, subject: $subject, reason: $reason) {
    id
  }
}
    `),"\n  query PolicyForReveal {\n    policy {\n      purposes {\n        code\n        description\n        fields\n        roles\n        expirationDate\n        approval\n        budgetPerHour\n      }\n    }\n  }\n":new H(`
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
    `)};function De(e){return Ee[e]??{}}function U({kind:e,small:t,busy:n,className:r=``,disabled:i,...a}){return(0,_.jsx)(`button`,{type:`button`,className:`button ${e??``} ${t?`small`:``} ${r}`,disabled:i||n,"aria-busy":n||void 0,...a})}function W({icon:e,label:t,small:n,...r}){return(0,_.jsx)(U,{kind:`plain`,className:`icon`,small:n??!1,"aria-label":t,title:t,...r,children:(0,_.jsx)(e,{"aria-hidden":!0})})}var Oe=({kind:e=``,className:t=``,...n})=>(0,_.jsx)(l,{className:`button ${e} ${typeof t==`string`?t:``}`,...n});function G({text:e,label:t}){let{t:n}=T(),[r,a]=(0,g.useState)(!1);return(0,g.useEffect)(()=>{if(!r)return;let e=setTimeout(()=>a(!1),2e3);return()=>clearTimeout(e)},[r]),(0,_.jsx)(W,{icon:r?i:p,label:r?n(`copied`):t??n(`copy`),small:!0,onClick:()=>void navigator.clipboard.writeText(e).then(()=>a(!0))})}var ke=({text:e})=>(0,_.jsxs)(`span`,{className:`copy`,children:[(0,_.jsx)(`code`,{children:e}),(0,_.jsx)(G,{text:e})]}),K=({tone:e,children:t,title:n})=>(0,_.jsx)(`span`,{className:`badge ${e??``}`,title:n,children:t}),Ae={good:s,warn:m,bad:t,accent:a,secret:n};function q({tone:e=`accent`,title:t,children:n}){let r=Ae[e];return(0,_.jsxs)(`div`,{className:`notice ${e}`,role:e===`bad`?`alert`:`status`,children:[(0,_.jsx)(r,{"aria-hidden":!0}),(0,_.jsxs)(`div`,{children:[t&&(0,_.jsx)(`strong`,{children:t}),n]})]})}function J({failure:e,retry:t}){let{t:n,find:r}=T(),i=r(`error.${e.code}`),a=r(`error.${e.code}.todo`);return(0,_.jsxs)(q,{tone:`bad`,title:i??n(`error.unknown`),children:[e.composition.length>0?(0,_.jsx)(Y,{messages:e.composition}):(!i||e.code!==`UNREACHABLE`)&&(0,_.jsx)(`p`,{children:e.message}),a&&(0,_.jsx)(`p`,{children:a}),typeof e.details.requestId==`string`&&(0,_.jsx)(`p`,{className:`small`,children:n(`error.request`,{id:e.details.requestId})}),t&&(0,_.jsx)(`div`,{className:`row`,children:(0,_.jsx)(U,{small:!0,onClick:t,children:n(`retry`)})})]})}var Y=({messages:e})=>(0,_.jsx)(`ul`,{children:e.map(e=>(0,_.jsx)(`li`,{children:e},e))});function je({secret:e}){let{t}=T();return(0,_.jsxs)(q,{tone:`warn`,title:t(`secret.title`),children:[(0,_.jsx)(`p`,{children:t(`secret.lead`)}),(0,_.jsxs)(`div`,{className:`secret-box`,children:[(0,_.jsx)(`code`,{children:e}),(0,_.jsx)(G,{text:e})]})]})}function X({children:e}){let{t}=T();return(0,_.jsxs)(`div`,{className:`loading`,role:`status`,children:[(0,_.jsx)(`span`,{className:`spin`}),e??t(`loading`)]})}function Me({icon:e,title:t,children:n,actions:r}){return(0,_.jsxs)(`div`,{className:`empty`,children:[(0,_.jsx)(e,{"aria-hidden":!0}),(0,_.jsx)(`h2`,{children:t}),n&&(0,_.jsx)(`p`,{children:n}),r&&(0,_.jsx)(`div`,{className:`row`,children:r})]})}function Ne({query:e,children:t}){return e.data===void 0?e.error?(0,_.jsx)(J,{failure:j(e.error),retry:()=>void e.refetch()}):(0,_.jsx)(X,{}):(0,_.jsx)(_.Fragment,{children:t(e.data)})}function Pe({label:e,done:t,total:n,bad:r}){let i=n===0?100:Math.min(100,Math.round(t/n*100));return(0,_.jsxs)(`div`,{className:`progress`,children:[(0,_.jsx)(`span`,{className:`small`,children:e}),(0,_.jsx)(`div`,{className:r?`bar bad`:`bar`,role:`progressbar`,"aria-label":e,"aria-valuenow":i,"aria-valuemin":0,"aria-valuemax":100,children:(0,_.jsx)(`span`,{ref:e=>{e&&(e.style.width=`${i}%`)}})})]})}function Z({at:e,full:t}){let n=T();return e?(0,_.jsx)(`time`,{dateTime:e,title:n.time(e),className:`nowrap`,children:t?n.time(e):n.ago(e)}):(0,_.jsx)(`span`,{className:`quiet`,children:`—`})}function Fe({at:e}){let{t}=T();return e?(0,_.jsx)(Z,{at:e}):(0,_.jsx)(`span`,{className:`quiet`,children:t(`apiKeys.never`)})}function Ie({title:e,lead:t,actions:n,crumbs:r,full:i,children:a}){(0,g.useEffect)(()=>{document.title=`${e} · profilegraph`},[e]);let{t:s}=T();return(0,_.jsxs)(`main`,{className:i?`page full`:`page`,id:`main`,tabIndex:-1,children:[(0,_.jsxs)(`div`,{className:`page-head`,children:[(0,_.jsxs)(`div`,{children:[r&&(0,_.jsx)(`nav`,{className:`crumbs`,"aria-label":s(`crumbs`),children:r.map(([e,t])=>(0,_.jsxs)(`span`,{className:`row`,children:[(0,_.jsx)(l,{href:e,children:t}),(0,_.jsx)(o,{"aria-hidden":!0})]},e))}),(0,_.jsx)(`h1`,{children:e}),t&&(0,_.jsx)(`p`,{children:t})]}),n&&(0,_.jsx)(`div`,{className:`actions`,children:n})]}),a]})}function Le({title:e,lead:t,actions:n,children:r,flush:i,id:a}){let o=(0,g.useId)();return(0,_.jsxs)(`section`,{className:`card`,"aria-labelledby":e?o:void 0,id:a,children:[(e||n)&&(0,_.jsxs)(`header`,{children:[(0,_.jsxs)(`div`,{children:[(0,_.jsx)(`h2`,{id:o,children:e}),t&&(0,_.jsx)(`p`,{children:t})]}),n&&(0,_.jsx)(`div`,{className:`row`,children:n})]}),i?r:(0,_.jsx)(`div`,{className:`body`,children:r})]})}var Re=({label:e,tabs:t,current:n})=>(0,_.jsx)(`nav`,{className:`tabs`,"aria-label":e,children:t.map(([e,t])=>(0,_.jsx)(l,{href:e,"aria-current":e===n?`page`:void 0,children:t},e))}),ze=class extends g.Component{state={broken:!1};static getDerivedStateFromError=()=>({broken:!0});render(){return this.state.broken?(0,_.jsx)(Be,{}):this.props.children}};function Be(){let{t:e}=T();return(0,_.jsx)(Ie,{title:e(`broken.title`),children:(0,_.jsxs)(q,{tone:`bad`,title:e(`broken.lead`),children:[(0,_.jsx)(`p`,{children:e(`broken.todo`)}),(0,_.jsx)(`div`,{className:`row`,children:(0,_.jsx)(U,{small:!0,onClick:()=>location.reload(),children:e(`broken.reload`)})})]})})}function Q({label:e,hint:n,error:r,optional:i,children:a}){let{t:o}=T(),s=(0,g.useId)(),c=[n&&`${s}-hint`,r&&`${s}-error`].filter(Boolean).join(` `);return(0,_.jsxs)(`div`,{className:`field`,children:[(0,_.jsxs)(`label`,{htmlFor:s,children:[e,i&&(0,_.jsxs)(`span`,{className:`optional`,children:[` (`,o(`optional`),`)`]})]}),a({id:s,"aria-describedby":c||void 0,"aria-invalid":r?!0:void 0}),n&&(0,_.jsx)(`p`,{className:`hint`,id:`${s}-hint`,children:n}),r&&(0,_.jsxs)(`p`,{className:`error`,id:`${s}-error`,children:[(0,_.jsx)(t,{"aria-hidden":!0}),r]})]})}function Ve({label:e,hint:t,...n}){return(0,_.jsxs)(`label`,{className:`check`,children:[(0,_.jsx)(`input`,{type:`checkbox`,...n}),(0,_.jsxs)(`span`,{children:[e,t&&(0,_.jsx)(`small`,{children:t})]})]})}function He({label:e,value:t,options:n,onChange:r}){let i=(0,g.useId)();return(0,_.jsx)(`div`,{className:`segments`,role:`radiogroup`,"aria-label":e,children:n.map(([e,n])=>(0,_.jsxs)(`label`,{children:[(0,_.jsx)(`input`,{type:`radio`,name:i,checked:e===t,onChange:()=>r(e)}),n]},e))})}var Ue=(0,g.createContext)(()=>{}),We=()=>(0,g.use)(Ue);function Ge({children:e}){let[t,n]=(0,g.useState)([]),r=(0,g.useRef)(0),i=(0,g.useCallback)(e=>{let t=r.current++;n(n=>[...n,{id:t,text:e}]),setTimeout(()=>n(e=>e.filter(e=>e.id!==t)),5e3)},[]);return(0,_.jsxs)(Ue,{value:(0,g.useMemo)(()=>i,[i]),children:[e,(0,_.jsx)(`div`,{className:`toasts`,role:`status`,"aria-live":`polite`,children:t.map(({id:e,text:t})=>(0,_.jsxs)(`div`,{className:`toast`,children:[(0,_.jsx)(s,{"aria-hidden":!0}),t]},e))})]})}function Ke({title:e,wide:t,onClose:n,onSubmit:r,footer:i,children:a}){let{t:o}=T(),s=(0,g.useRef)(null),c=(0,g.useId)();(0,g.useLayoutEffect)(()=>{let e=s.current;if(e)return e.showModal(),()=>e.close()},[]);let l=e=>{e.preventDefault(),r?.()},u=(0,_.jsxs)(_.Fragment,{children:[(0,_.jsxs)(`header`,{children:[(0,_.jsx)(`h2`,{id:c,children:e}),(0,_.jsx)(W,{icon:f,label:o(`close`),small:!0,onClick:n})]}),(0,_.jsx)(`div`,{className:`body`,children:a}),(0,_.jsx)(`footer`,{children:i})]});return(0,_.jsx)(`dialog`,{ref:s,className:t?`wide`:void 0,"aria-labelledby":c,onCancel:e=>{e.preventDefault(),n()},children:r?(0,_.jsx)(`form`,{onSubmit:l,noValidate:!0,children:u}):u})}function qe(e,t){let n=d({mutationFn:e,gcTime:0,...t&&{onSuccess:t}});return{run:e=>n.mutate(e),busy:n.isPending,failure:n.error?j(n.error):null,reset:n.reset}}function Je({title:e,name:t,action:n,ready:r=!0,children:i,run:a,done:o,onClose:s}){let{t:c}=T(),l=We(),[u,d]=(0,g.useState)(``),f=r&&u===t,{run:p,busy:m,failure:h}=qe(a,()=>{o&&l(o),s()});return(0,_.jsxs)(Ke,{title:e,onClose:s,onSubmit:()=>{f&&p()},footer:(0,_.jsxs)(_.Fragment,{children:[(0,_.jsx)(U,{onClick:s,children:c(`cancel`)}),(0,_.jsx)(U,{kind:`danger primary`,type:`submit`,busy:m,disabled:!f,children:n})]}),children:[(0,_.jsx)(`div`,{children:i}),(0,_.jsx)(Q,{label:(0,_.jsxs)(_.Fragment,{children:[c(`danger.type`),` `,(0,_.jsx)(`code`,{children:t})]}),children:e=>(0,_.jsx)(`input`,{...e,value:u,autoComplete:`off`,spellCheck:!1,onChange:e=>d(e.target.value)})}),h&&(0,_.jsx)(J,{failure:h})]})}var $=[`system`,`light`,`dark`];function Ye(e){e===`system`?delete document.documentElement.dataset.theme:document.documentElement.dataset.theme=e}var Xe=()=>$.find(e=>e===y(`theme`))??`system`,Ze=()=>Ye(Xe());function Qe(){let[e,t]=(0,g.useState)(Xe);return[e,e=>{b(`theme`,e===`system`?null:e),Ye(e),t(e)}]}function $e(){let{language:e,setLanguage:t,t:n}=T();return(0,_.jsx)(`select`,{className:`small`,"aria-label":n(`language`),value:e,onChange:e=>t(e.target.value),children:Object.entries(S).map(([e,t])=>(0,_.jsx)(`option`,{value:e,lang:e,children:t},e))})}var et={system:h,light:u,dark:r};function tt(){let{t:e}=T(),[t,n]=Qe(),r=et[t],i=$[($.indexOf(t)+1)%$.length]??`system`,a=e(`theme`,{theme:e(`theme.${t}`)});return(0,_.jsx)(U,{kind:`plain`,small:!0,className:`icon`,"aria-label":a,title:a,onClick:()=>n(i),children:(0,_.jsx)(r,{"aria-hidden":!0})})}function nt({rows:e,id:t,columns:n,actions:r}){let{t:i}=T();return(0,_.jsx)(`div`,{className:`table-wrap`,children:(0,_.jsxs)(`table`,{className:`fold`,children:[(0,_.jsx)(`thead`,{children:(0,_.jsxs)(`tr`,{children:[n.map(([e])=>(0,_.jsx)(`th`,{children:e},e)),r&&(0,_.jsx)(`th`,{children:(0,_.jsx)(`span`,{className:`sr`,children:i(`actions`)})})]})}),(0,_.jsx)(`tbody`,{children:e.map(e=>(0,_.jsxs)(`tr`,{children:[n.map(([t,n],r)=>(0,_.jsx)(`td`,{"data-label":r>0?t:void 0,children:n(e)},t)),r&&(0,_.jsx)(`td`,{className:`actions`,children:(0,_.jsx)(`span`,{className:`row end`,children:r(e)})})]},t(e)))})]})})}var rt=({names:e})=>(0,_.jsx)(`span`,{className:`badges`,children:e.map(e=>(0,_.jsx)(K,{tone:`accent`,children:e},e))}),it=()=>(0,_.jsxs)(`svg`,{className:`mark`,viewBox:`0 0 32 32`,"aria-hidden":`true`,children:[(0,_.jsx)(`rect`,{width:`32`,height:`32`,rx:`8`,fill:`#0f6b66`}),(0,_.jsx)(`circle`,{cx:`16`,cy:`11.5`,r:`4.5`,fill:`#fff`}),(0,_.jsx)(`path`,{d:`M7.5 25.5c.6-5.2 4-8 8.5-8s7.9 2.8 8.5 8z`,fill:`#fff`}),(0,_.jsx)(`path`,{d:`M5 20.5h22`,stroke:`#0f6b66`,strokeWidth:`2.5`})]});function at(e){let t=e.replace(/([a-z\d])([A-Z])/g,`$1 $2`).replace(/([a-z])(\d)/g,`$1 $2`).replace(/[_-]+/g,` `).toLowerCase();return t.charAt(0).toUpperCase()+t.slice(1)}var ot=e=>e.split(`.`).map(at).join(` › `);function st(e,t,n=`application/json`){let r=URL.createObjectURL(new Blob([t],{type:n})),i=document.createElement(`a`);i.href=r,i.download=e,i.click(),setTimeout(()=>URL.revokeObjectURL(r),6e4)}export{k as $,Y as A,V as B,Ne as C,Pe as D,Z as E,Oe as F,I as G,Te as H,G as I,A as J,xe as K,ke as L,q as M,je as N,Fe as O,U as P,P as Q,W as R,Re as S,X as T,we as U,B as V,Se as W,ve as X,j as Y,_e as Z,Q as _,rt as a,le as at,Le as b,tt as c,b as ct,Je as d,D as et,Ke as f,Ve as g,We as h,it as i,C as it,J as j,K as k,Ze as l,y as lt,Ge as m,at as n,me as nt,nt as o,T as ot,qe as p,be as q,ot as r,ue as rt,$e as s,x as st,st as t,E as tt,Qe as u,He as v,Me as w,Ie as x,ze as y,De as z};