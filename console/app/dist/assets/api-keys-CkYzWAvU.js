import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{E as t,N as n,Q as r,ht as i,mt as a,pt as o,ut as s,x as c}from"./base-DDzvCQ0u.js";import{t as l}from"./gql-Bv0lbJZ9.js";import{L as u,O as d,_ as f,a as p,b as m,c as h,d as g,f as _,h as v,i as y,l as b,n as x,o as S,p as C,t as w,u as T,v as E,x as D}from"./ui-Bo3gJaWn.js";import{i as O}from"./session-CbR2GnEx.js";import{n as k}from"./integrations-DlIaceL7.js";var A=e(i(),1),j=a(),M=l(`
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
`),N=l(`
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
`),P=l(`
  mutation EndSession($id: ID!) {
    endSession(id: $id)
  }
`),F=l(`
  query Roles {
    roles {
      name
      description
      permissions
    }
  }
`),I=l(`
  mutation CreateApiKey($name: String!, $roles: [String!]!, $subject: ID, $consumer: ID, $expiresAt: DateTime) {
    createApiKey(name: $name, roles: $roles, subject: $subject, consumer: $consumer, expiresAt: $expiresAt) {
      secret
    }
  }
`),L=l(`
  mutation RevokeApiKey($id: ID!) {
    revokeApiKey(id: $id) {
      id
    }
  }
`),R=()=>s({queryKey:[`roles`],staleTime:1/0,queryFn:()=>d(F)}).data?.roles??[],z=e=>!!e.revocationDate||!!(e.expirationDate&&new Date(e.expirationDate)<new Date);function B(){let{t:e}=u(),t=s({queryKey:[`api-keys`],queryFn:()=>d(M)}),[i,a]=(0,A.useState)(!1),[l,p]=(0,A.useState)(null),[m,h]=(0,A.useState)(`live`),b=o();return(0,j.jsxs)(x,{title:e(`apiKeys.title`),lead:e(`apiKeys.lead`),actions:(0,j.jsxs)(D,{kind:`primary`,onClick:()=>a(!0),children:[(0,j.jsx)(c,{"aria-hidden":!0}),e(`apiKeys.new`)]}),children:[(0,j.jsx)(w,{title:e(`apiKeys.list`),flush:!0,actions:(0,j.jsx)(g,{label:e(`apiKeys.which`),value:m,onChange:h,options:[[`live`,e(`apiKeys.live`)],[`all`,e(`apiKeys.all`)]]}),children:(0,j.jsx)(_,{query:t,children:({apiKeys:t})=>{let i=t.filter(e=>m===`all`||!z(e));return i.length===0?(0,j.jsx)(C,{icon:n,title:e(`apiKeys.none`),actions:(0,j.jsx)(D,{onClick:()=>a(!0),children:e(`apiKeys.new`)}),children:e(`apiKeys.none.todo`)}):(0,j.jsx)(`div`,{className:`table-wrap`,children:(0,j.jsxs)(`table`,{className:`fold`,children:[(0,j.jsx)(`thead`,{children:(0,j.jsxs)(`tr`,{children:[(0,j.jsx)(`th`,{children:e(`apiKeys.name`)}),(0,j.jsx)(`th`,{children:e(`apiKeys.roles`)}),(0,j.jsx)(`th`,{children:e(`apiKeys.created`)}),(0,j.jsx)(`th`,{children:e(`apiKeys.lastUse`)}),(0,j.jsx)(`th`,{children:e(`apiKeys.state`)}),(0,j.jsx)(`th`,{children:(0,j.jsx)(`span`,{className:`sr`,children:e(`actions`)})})]})}),(0,j.jsx)(`tbody`,{children:i.map(t=>(0,j.jsxs)(`tr`,{children:[(0,j.jsxs)(`td`,{children:[(0,j.jsx)(`strong`,{children:t.name}),(0,j.jsx)(`span`,{className:`sub`,children:(0,j.jsx)(`code`,{children:t.id})}),t.subject&&(0,j.jsxs)(`span`,{className:`sub`,children:[e(`apiKeys.for`),` `,(0,j.jsx)(`code`,{children:t.subject})]}),t.consumer&&(0,j.jsxs)(`span`,{className:`sub`,children:[e(`apiKeys.consumer`),`: `,t.consumer]})]}),(0,j.jsx)(`td`,{"data-label":e(`apiKeys.roles`),children:(0,j.jsx)(`span`,{className:`badges`,children:t.roles.map(e=>(0,j.jsx)(f,{tone:`accent`,children:e},e))})}),(0,j.jsx)(`td`,{"data-label":e(`apiKeys.created`),children:(0,j.jsx)(v,{at:t.creationDate})}),(0,j.jsx)(`td`,{"data-label":e(`apiKeys.lastUse`),children:t.lastUse?(0,j.jsx)(v,{at:t.lastUse}):(0,j.jsx)(`span`,{className:`quiet`,children:e(`apiKeys.never`)})}),(0,j.jsx)(`td`,{"data-label":e(`apiKeys.state`),children:t.revocationDate?(0,j.jsx)(f,{tone:`bad`,children:e(`apiKeys.revoked`)}):z(t)?(0,j.jsx)(f,{tone:`warn`,children:e(`apiKeys.expired`)}):t.expirationDate?(0,j.jsxs)(j.Fragment,{children:[e(`apiKeys.until`),` `,(0,j.jsx)(v,{at:t.expirationDate})]}):(0,j.jsx)(f,{tone:`good`,children:e(`apiKeys.valid`)})}),(0,j.jsx)(`td`,{className:`actions`,children:!z(t)&&(0,j.jsxs)(D,{small:!0,kind:`danger`,onClick:()=>p(t),children:[(0,j.jsx)(r,{"aria-hidden":!0}),e(`apiKeys.revoke`)]})})]},t.id))})]})})}})}),(0,j.jsx)(H,{}),i&&(0,j.jsx)(V,{onClose:()=>a(!1)}),l&&(0,j.jsx)(y,{title:e(`apiKeys.revoke.title`),name:l.name,action:e(`apiKeys.revoke.do`),done:e(`apiKeys.revoke.done`),onClose:()=>p(null),run:async()=>{await d(L,{id:l.id}),await b.invalidateQueries({queryKey:[`api-keys`]})},children:(0,j.jsx)(`p`,{children:e(`apiKeys.revoke.lead`)})})]})}function V({onClose:e}){let{t,find:n}=u(),{permissions:r}=O(),i=o(),a=R(),[s,c]=(0,A.useState)(``),[l,f]=(0,A.useState)([]),[h,g]=(0,A.useState)(``),[_,v]=(0,A.useState)(``),[y,x]=(0,A.useState)(``),C=k().data?.consumers.filter(e=>!e.revocationDate)??[],w=l.includes(`shopper`),[M,N]=(0,A.useState)(null),{run:P,busy:F,failure:L}=S(()=>d(I,{name:s.trim(),roles:l,subject:w?h.trim():null,consumer:y||null,expiresAt:_?new Date(`${_}T23:59:59`).toISOString():null}),({createApiKey:e})=>{N(e.secret),i.invalidateQueries({queryKey:[`api-keys`]})});if(M)return(0,j.jsx)(p,{title:t(`apiKeys.made`,{name:s}),onClose:e,footer:(0,j.jsx)(D,{kind:`primary`,onClick:e,children:t(`secret.done`)}),children:(0,j.jsx)(m,{secret:M})});let z=s.trim()!==``&&l.length>0&&(!w||h.trim()!==``);return(0,j.jsxs)(p,{title:t(`apiKeys.new`),onClose:e,onSubmit:()=>{z&&P()},footer:(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(D,{onClick:e,children:t(`cancel`)}),(0,j.jsx)(D,{kind:`primary`,type:`submit`,busy:F,disabled:!z,children:t(`apiKeys.create`)})]}),children:[(0,j.jsx)(T,{label:t(`apiKeys.name`),hint:t(`apiKeys.name.hint`),children:e=>(0,j.jsx)(`input`,{...e,value:s,maxLength:100,autoComplete:`off`,onChange:e=>c(e.target.value)})}),(0,j.jsxs)(`fieldset`,{children:[(0,j.jsx)(`legend`,{children:t(`apiKeys.roles`)}),(0,j.jsx)(`div`,{className:`stack tight`,children:a.map(e=>{let i=e.permissions.every(e=>r.includes(e));return(0,j.jsx)(b,{label:(0,j.jsx)(`code`,{children:e.name}),hint:i?n(`role.${e.name}`)??e.description:t(`apiKeys.notYours`),checked:l.includes(e.name),disabled:!i||(w?e.name!==`shopper`:e.name===`shopper`&&l.length>0),onChange:t=>f(t.target.checked?[...l,e.name]:l.filter(t=>t!==e.name))},e.name)})})]}),w&&(0,j.jsx)(T,{label:t(`apiKeys.subject`),hint:t(`apiKeys.subject.hint`),children:e=>(0,j.jsx)(`input`,{...e,value:h,autoComplete:`off`,spellCheck:!1,onChange:e=>g(e.target.value)})}),C.length>0&&(0,j.jsx)(T,{label:t(`apiKeys.consumer`),hint:t(`apiKeys.consumer.hint`),optional:!0,children:e=>(0,j.jsxs)(`select`,{...e,value:y,onChange:e=>x(e.target.value),children:[(0,j.jsx)(`option`,{value:``,children:t(`apiKeys.consumer.none`)}),C.map(e=>(0,j.jsx)(`option`,{children:e.id},e.id))]})}),(0,j.jsx)(T,{label:t(`apiKeys.expires`),hint:t(`apiKeys.expires.hint`),optional:!0,children:e=>(0,j.jsx)(`input`,{...e,type:`date`,value:_,onChange:e=>v(e.target.value)})}),L&&(0,j.jsx)(E,{failure:L})]})}function H(){let{t:e}=u(),n=h(),r=o(),i=s({queryKey:[`sessions`],queryFn:()=>d(N)}),a=S(e=>d(P,{id:e}),()=>{n(e(`sessions.ended`)),r.invalidateQueries({queryKey:[`sessions`]})});return(0,j.jsxs)(w,{title:e(`sessions.title`),lead:e(`sessions.lead`),flush:!0,children:[a.failure&&(0,j.jsx)(`div`,{className:`body`,children:(0,j.jsx)(E,{failure:a.failure})}),(0,j.jsx)(_,{query:i,children:({sessions:n})=>n.length===0?(0,j.jsx)(C,{icon:t,title:e(`sessions.none`)}):(0,j.jsx)(`div`,{className:`table-wrap`,children:(0,j.jsxs)(`table`,{className:`fold`,children:[(0,j.jsx)(`thead`,{children:(0,j.jsxs)(`tr`,{children:[(0,j.jsx)(`th`,{children:e(`sessions.who`)}),(0,j.jsx)(`th`,{children:e(`apiKeys.roles`)}),(0,j.jsx)(`th`,{children:e(`sessions.since`)}),(0,j.jsx)(`th`,{children:e(`apiKeys.lastUse`)}),(0,j.jsx)(`th`,{children:(0,j.jsx)(`span`,{className:`sr`,children:e(`actions`)})})]})}),(0,j.jsx)(`tbody`,{children:n.map(t=>(0,j.jsxs)(`tr`,{children:[(0,j.jsxs)(`td`,{children:[(0,j.jsx)(`code`,{children:t.actor}),t.issuer&&(0,j.jsx)(`span`,{className:`sub`,children:t.issuer})]}),(0,j.jsx)(`td`,{"data-label":e(`apiKeys.roles`),children:(0,j.jsx)(`span`,{className:`badges`,children:t.roles.map(e=>(0,j.jsx)(f,{tone:`accent`,children:e},e))})}),(0,j.jsx)(`td`,{"data-label":e(`sessions.since`),children:(0,j.jsx)(v,{at:t.creationDate})}),(0,j.jsx)(`td`,{"data-label":e(`apiKeys.lastUse`),children:(0,j.jsx)(v,{at:t.lastUse})}),(0,j.jsx)(`td`,{className:`actions`,children:(0,j.jsx)(D,{small:!0,kind:`danger`,busy:a.busy,onClick:()=>a.run(t.id),children:e(`sessions.end`)})})]},t.id))})]})})})]})}export{R as n,B as t};