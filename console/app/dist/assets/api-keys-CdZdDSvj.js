import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{F as t,O as n,S as r,_t as i,et as a,ft as o,gt as s,ht as c}from"./base-BHXnqF6y.js";import{t as l}from"./gql-DxPkThww.js";import{M as u,S as d,T as f,V as p,_ as m,b as h,c as g,d as _,f as v,h as y,i as b,m as x,n as S,o as C,p as w,r as T,s as E,t as D,u as O,w as k,y as A}from"./ui-DI-EHVbm.js";import{i as j}from"./session-BXWKiRoN.js";import{n as M}from"./integrations-xELO9GCb.js";var N=e(i(),1),P=s(),F=l(`
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
`),I=l(`
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
`),L=l(`
  mutation EndSession($id: ID!) {
    endSession(id: $id)
  }
`),R=l(`
  query Roles {
    roles {
      name
      description
      permissions
    }
  }
`),z=l(`
  mutation CreateApiKey($name: String!, $roles: [String!]!, $subject: ID, $consumer: ID, $expiresAt: DateTime) {
    createApiKey(name: $name, roles: $roles, subject: $subject, consumer: $consumer, expiresAt: $expiresAt) {
      secret
    }
  }
`),B=l(`
  mutation RevokeApiKey($id: ID!) {
    revokeApiKey(id: $id) {
      id
    }
  }
`),V=()=>o({queryKey:[`roles`],staleTime:1/0,queryFn:()=>u(R)}).data?.roles??[],H=e=>!!e.revocationDate||!!(e.expirationDate&&new Date(e.expirationDate)<new Date);function U(){let{t:e}=p(),n=o({queryKey:[`api-keys`],queryFn:()=>u(F)}),[i,s]=(0,N.useState)(!1),[l,d]=(0,N.useState)(null),[h,g]=(0,N.useState)(`live`),_=c();return(0,P.jsxs)(b,{title:e(`apiKeys.title`),lead:e(`apiKeys.lead`),actions:(0,P.jsxs)(f,{kind:`primary`,onClick:()=>s(!0),children:[(0,P.jsx)(r,{"aria-hidden":!0}),e(`apiKeys.new`)]}),children:[(0,P.jsx)(T,{title:e(`apiKeys.list`),flush:!0,actions:(0,P.jsx)(w,{label:e(`apiKeys.which`),value:h,onChange:g,options:[[`live`,e(`apiKeys.live`)],[`all`,e(`apiKeys.all`)]]}),children:(0,P.jsx)(x,{query:n,children:({apiKeys:n})=>{let r=n.filter(e=>h===`all`||!H(e));return r.length===0?(0,P.jsx)(y,{icon:t,title:e(`apiKeys.none`),actions:(0,P.jsx)(f,{onClick:()=>s(!0),children:e(`apiKeys.new`)}),children:e(`apiKeys.none.todo`)}):(0,P.jsx)(S,{rows:r,id:e=>e.id,columns:[[e(`apiKeys.name`),e=>(0,P.jsx)(W,{apiKey:e})],[e(`apiKeys.roles`),({roles:e})=>(0,P.jsx)(D,{names:e})],[e(`apiKeys.created`),({creationDate:e})=>(0,P.jsx)(m,{at:e})],[e(`apiKeys.lastUse`),({lastUse:e})=>(0,P.jsx)(A,{at:e})],[e(`apiKeys.state`),e=>(0,P.jsx)(G,{apiKey:e})]],actions:t=>!H(t)&&(0,P.jsxs)(f,{small:!0,kind:`danger`,onClick:()=>d(t),children:[(0,P.jsx)(a,{"aria-hidden":!0}),e(`apiKeys.revoke`)]})})}})}),(0,P.jsx)(q,{}),i&&(0,P.jsx)(K,{onClose:()=>s(!1)}),l&&(0,P.jsx)(C,{title:e(`apiKeys.revoke.title`),name:l.name,action:e(`apiKeys.revoke.do`),done:e(`apiKeys.revoke.done`),onClose:()=>d(null),run:async()=>{await u(B,{id:l.id}),await _.invalidateQueries({queryKey:[`api-keys`]})},children:(0,P.jsx)(`p`,{children:e(`apiKeys.revoke.lead`)})})]})}function W({apiKey:{name:e,id:t,subject:n,consumer:r}}){let{t:i}=p();return(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(`strong`,{children:e}),(0,P.jsx)(`span`,{className:`sub`,children:(0,P.jsx)(`code`,{children:t})}),n&&(0,P.jsxs)(`span`,{className:`sub`,children:[i(`apiKeys.for`),` `,(0,P.jsx)(`code`,{children:n})]}),r&&(0,P.jsxs)(`span`,{className:`sub`,children:[i(`apiKeys.consumer`),`: `,r]})]})}function G({apiKey:e}){let{t}=p();return e.revocationDate?(0,P.jsx)(h,{tone:`bad`,children:t(`apiKeys.revoked`)}):H(e)?(0,P.jsx)(h,{tone:`warn`,children:t(`apiKeys.expired`)}):e.expirationDate?(0,P.jsxs)(P.Fragment,{children:[t(`apiKeys.until`),` `,(0,P.jsx)(m,{at:e.expirationDate})]}):(0,P.jsx)(h,{tone:`good`,children:t(`apiKeys.valid`)})}function K({onClose:e}){let{t,find:n}=p(),{permissions:r}=j(),i=c(),a=V(),[o,s]=(0,N.useState)(``),[l,m]=(0,N.useState)([]),[h,y]=(0,N.useState)(``),[b,x]=(0,N.useState)(``),[S,C]=(0,N.useState)(``),w=M().data?.consumers.filter(e=>!e.revocationDate)??[],T=l.includes(`shopper`),[D,O]=(0,N.useState)(null),{run:A,busy:F,failure:I}=g(()=>u(z,{name:o.trim(),roles:l,subject:T?h.trim():null,consumer:S||null,expiresAt:b?new Date(`${b}T23:59:59`).toISOString():null}),({createApiKey:e})=>{O(e.secret),i.invalidateQueries({queryKey:[`api-keys`]})});if(D)return(0,P.jsx)(E,{title:t(`apiKeys.made`,{name:o}),onClose:e,footer:(0,P.jsx)(f,{kind:`primary`,onClick:e,children:t(`secret.done`)}),children:(0,P.jsx)(k,{secret:D})});let L=o.trim()!==``&&l.length>0&&(!T||h.trim()!==``);return(0,P.jsxs)(E,{title:t(`apiKeys.new`),onClose:e,onSubmit:()=>{L&&A()},footer:(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(f,{onClick:e,children:t(`cancel`)}),(0,P.jsx)(f,{kind:`primary`,type:`submit`,busy:F,disabled:!L,children:t(`apiKeys.create`)})]}),children:[(0,P.jsx)(v,{label:t(`apiKeys.name`),hint:t(`apiKeys.name.hint`),children:e=>(0,P.jsx)(`input`,{...e,value:o,maxLength:100,autoComplete:`off`,onChange:e=>s(e.target.value)})}),(0,P.jsxs)(`fieldset`,{children:[(0,P.jsx)(`legend`,{children:t(`apiKeys.roles`)}),(0,P.jsx)(`div`,{className:`stack tight`,children:a.map(e=>{let i=e.permissions.every(e=>r.includes(e));return(0,P.jsx)(_,{label:(0,P.jsx)(`code`,{children:e.name}),hint:i?n(`role.${e.name}`)??e.description:t(`apiKeys.notYours`),checked:l.includes(e.name),disabled:!i||(T?e.name!==`shopper`:e.name===`shopper`&&l.length>0),onChange:t=>m(t.target.checked?[...l,e.name]:l.filter(t=>t!==e.name))},e.name)})})]}),T&&(0,P.jsx)(v,{label:t(`apiKeys.subject`),hint:t(`apiKeys.subject.hint`),children:e=>(0,P.jsx)(`input`,{...e,value:h,autoComplete:`off`,spellCheck:!1,onChange:e=>y(e.target.value)})}),w.length>0&&(0,P.jsx)(v,{label:t(`apiKeys.consumer`),hint:t(`apiKeys.consumer.hint`),optional:!0,children:e=>(0,P.jsxs)(`select`,{...e,value:S,onChange:e=>C(e.target.value),children:[(0,P.jsx)(`option`,{value:``,children:t(`apiKeys.consumer.none`)}),w.map(e=>(0,P.jsx)(`option`,{children:e.id},e.id))]})}),(0,P.jsx)(v,{label:t(`apiKeys.expires`),hint:t(`apiKeys.expires.hint`),optional:!0,children:e=>(0,P.jsx)(`input`,{...e,type:`date`,value:b,onChange:e=>x(e.target.value)})}),I&&(0,P.jsx)(d,{failure:I})]})}function q(){let{t:e}=p(),t=O(),r=c(),i=o({queryKey:[`sessions`],queryFn:()=>u(I)}),a=g(e=>u(L,{id:e}),()=>{t(e(`sessions.ended`)),r.invalidateQueries({queryKey:[`sessions`]})});return(0,P.jsxs)(T,{title:e(`sessions.title`),lead:e(`sessions.lead`),flush:!0,children:[a.failure&&(0,P.jsx)(`div`,{className:`body`,children:(0,P.jsx)(d,{failure:a.failure})}),(0,P.jsx)(x,{query:i,children:({sessions:t})=>t.length===0?(0,P.jsx)(y,{icon:n,title:e(`sessions.none`)}):(0,P.jsx)(S,{rows:t,id:({id:e})=>e,columns:[[e(`sessions.who`),({actor:e,issuer:t})=>(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(`code`,{children:e}),t&&(0,P.jsx)(`span`,{className:`sub`,children:t})]})],[e(`apiKeys.roles`),({roles:e})=>(0,P.jsx)(D,{names:e})],[e(`sessions.since`),({creationDate:e})=>(0,P.jsx)(m,{at:e})],[e(`apiKeys.lastUse`),({lastUse:e})=>(0,P.jsx)(m,{at:e})]],actions:({id:t})=>(0,P.jsx)(f,{small:!0,kind:`danger`,busy:a.busy,onClick:()=>a.run(t),children:e(`sessions.end`)})})})]})}export{V as n,U as t};