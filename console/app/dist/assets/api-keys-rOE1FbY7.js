import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{F as t,O as n,S as r,_t as i,et as a,ft as o,gt as s,ht as c}from"./base-BHXnqF6y.js";import{t as l}from"./gql-DxPkThww.js";import{C as u,E as d,H as f,N as p,T as m,a as h,b as g,c as _,f as v,g as y,h as b,i as x,l as S,n as C,p as w,r as T,s as E,t as D,u as O,v as k,x as A}from"./ui-BZkoo4iL.js";import{i as j}from"./session-OAREzxj2.js";import{n as M}from"./integrations-BmCnzl_z.js";var N=e(i(),1),P=s(),F=l(`
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
`),V=()=>o({queryKey:[`roles`],staleTime:1/0,queryFn:()=>p(R)}).data?.roles??[],H=e=>!!e.revocationDate||!!(e.expirationDate&&new Date(e.expirationDate)<new Date);function U(){let{t:e}=f(),n=o({queryKey:[`api-keys`],queryFn:()=>p(F)}),[i,s]=(0,N.useState)(!1),[l,u]=(0,N.useState)(null),[m,h]=(0,N.useState)(`live`),_=c();return(0,P.jsxs)(w,{title:e(`apiKeys.title`),lead:e(`apiKeys.lead`),actions:(0,P.jsxs)(d,{kind:`primary`,onClick:()=>s(!0),children:[(0,P.jsx)(r,{"aria-hidden":!0}),e(`apiKeys.new`)]}),children:[(0,P.jsx)(v,{title:e(`apiKeys.list`),flush:!0,actions:(0,P.jsx)(O,{label:e(`apiKeys.which`),value:m,onChange:h,options:[[`live`,e(`apiKeys.live`)],[`all`,e(`apiKeys.all`)]]}),children:(0,P.jsx)(b,{query:n,children:({apiKeys:n})=>{let r=n.filter(e=>m===`all`||!H(e));return r.length===0?(0,P.jsx)(y,{icon:t,title:e(`apiKeys.none`),actions:(0,P.jsx)(d,{onClick:()=>s(!0),children:e(`apiKeys.new`)}),children:e(`apiKeys.none.todo`)}):(0,P.jsx)(C,{rows:r,id:e=>e.id,columns:[[e(`apiKeys.name`),e=>(0,P.jsx)(W,{apiKey:e})],[e(`apiKeys.roles`),({roles:e})=>(0,P.jsx)(D,{names:e})],[e(`apiKeys.created`),({creationDate:e})=>(0,P.jsx)(k,{at:e})],[e(`apiKeys.lastUse`),({lastUse:e})=>(0,P.jsx)(g,{at:e})],[e(`apiKeys.state`),e=>(0,P.jsx)(G,{apiKey:e})]],actions:t=>!H(t)&&(0,P.jsxs)(d,{small:!0,kind:`danger`,onClick:()=>u(t),children:[(0,P.jsx)(a,{"aria-hidden":!0}),e(`apiKeys.revoke`)]})})}})}),(0,P.jsx)(q,{}),i&&(0,P.jsx)(K,{onClose:()=>s(!1)}),l&&(0,P.jsx)(T,{title:e(`apiKeys.revoke.title`),name:l.name,action:e(`apiKeys.revoke.do`),done:e(`apiKeys.revoke.done`),onClose:()=>u(null),run:async()=>{await p(B,{id:l.id}),await _.invalidateQueries({queryKey:[`api-keys`]})},children:(0,P.jsx)(`p`,{children:e(`apiKeys.revoke.lead`)})})]})}function W({apiKey:{name:e,id:t,subject:n,consumer:r}}){let{t:i}=f();return(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(`strong`,{children:e}),(0,P.jsx)(`span`,{className:`sub`,children:(0,P.jsx)(`code`,{children:t})}),n&&(0,P.jsxs)(`span`,{className:`sub`,children:[i(`apiKeys.for`),` `,(0,P.jsx)(`code`,{children:n})]}),r&&(0,P.jsxs)(`span`,{className:`sub`,children:[i(`apiKeys.consumer`),`: `,r]})]})}function G({apiKey:e}){let{t}=f();return e.revocationDate?(0,P.jsx)(A,{tone:`bad`,children:t(`apiKeys.revoked`)}):H(e)?(0,P.jsx)(A,{tone:`warn`,children:t(`apiKeys.expired`)}):e.expirationDate?(0,P.jsxs)(P.Fragment,{children:[t(`apiKeys.until`),` `,(0,P.jsx)(k,{at:e.expirationDate})]}):(0,P.jsx)(A,{tone:`good`,children:t(`apiKeys.valid`)})}function K({onClose:e}){let{t,find:n}=f(),{permissions:r}=j(),i=c(),a=V(),[o,s]=(0,N.useState)(``),[l,g]=(0,N.useState)([]),[v,y]=(0,N.useState)(``),[b,C]=(0,N.useState)(``),[w,T]=(0,N.useState)(``),E=M().data?.consumers.filter(e=>!e.revocationDate)??[],D=l.includes(`shopper`),[O,k]=(0,N.useState)(null),{run:A,busy:F,failure:I}=h(()=>p(z,{name:o.trim(),roles:l,subject:D?v.trim():null,consumer:w||null,expiresAt:b?new Date(`${b}T23:59:59`).toISOString():null}),({createApiKey:e})=>{k(e.secret),i.invalidateQueries({queryKey:[`api-keys`]})});if(O)return(0,P.jsx)(x,{title:t(`apiKeys.made`,{name:o}),onClose:e,footer:(0,P.jsx)(d,{kind:`primary`,onClick:e,children:t(`secret.done`)}),children:(0,P.jsx)(m,{secret:O})});let L=o.trim()!==``&&l.length>0&&(!D||v.trim()!==``);return(0,P.jsxs)(x,{title:t(`apiKeys.new`),onClose:e,onSubmit:()=>{L&&A()},footer:(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(d,{onClick:e,children:t(`cancel`)}),(0,P.jsx)(d,{kind:`primary`,type:`submit`,busy:F,disabled:!L,children:t(`apiKeys.create`)})]}),children:[(0,P.jsx)(S,{label:t(`apiKeys.name`),hint:t(`apiKeys.name.hint`),children:e=>(0,P.jsx)(`input`,{...e,value:o,maxLength:100,autoComplete:`off`,onChange:e=>s(e.target.value)})}),(0,P.jsxs)(`fieldset`,{children:[(0,P.jsx)(`legend`,{children:t(`apiKeys.roles`)}),(0,P.jsx)(`div`,{className:`stack tight`,children:a.map(e=>{let i=e.permissions.every(e=>r.includes(e));return(0,P.jsx)(_,{label:(0,P.jsx)(`code`,{children:e.name}),hint:i?n(`role.${e.name}`)??e.description:t(`apiKeys.notYours`),checked:l.includes(e.name),disabled:!i||(D?e.name!==`shopper`:e.name===`shopper`&&l.length>0),onChange:t=>g(t.target.checked?[...l,e.name]:l.filter(t=>t!==e.name))},e.name)})})]}),D&&(0,P.jsx)(S,{label:t(`apiKeys.subject`),hint:t(`apiKeys.subject.hint`),children:e=>(0,P.jsx)(`input`,{...e,value:v,autoComplete:`off`,spellCheck:!1,onChange:e=>y(e.target.value)})}),E.length>0&&(0,P.jsx)(S,{label:t(`apiKeys.consumer`),hint:t(`apiKeys.consumer.hint`),optional:!0,children:e=>(0,P.jsxs)(`select`,{...e,value:w,onChange:e=>T(e.target.value),children:[(0,P.jsx)(`option`,{value:``,children:t(`apiKeys.consumer.none`)}),E.map(e=>(0,P.jsx)(`option`,{children:e.id},e.id))]})}),(0,P.jsx)(S,{label:t(`apiKeys.expires`),hint:t(`apiKeys.expires.hint`),optional:!0,children:e=>(0,P.jsx)(`input`,{...e,type:`date`,value:b,onChange:e=>C(e.target.value)})}),I&&(0,P.jsx)(u,{failure:I})]})}function q(){let{t:e}=f(),t=E(),r=c(),i=o({queryKey:[`sessions`],queryFn:()=>p(I)}),a=h(e=>p(L,{id:e}),()=>{t(e(`sessions.ended`)),r.invalidateQueries({queryKey:[`sessions`]})});return(0,P.jsxs)(v,{title:e(`sessions.title`),lead:e(`sessions.lead`),flush:!0,children:[a.failure&&(0,P.jsx)(`div`,{className:`body`,children:(0,P.jsx)(u,{failure:a.failure})}),(0,P.jsx)(b,{query:i,children:({sessions:t})=>t.length===0?(0,P.jsx)(y,{icon:n,title:e(`sessions.none`)}):(0,P.jsx)(C,{rows:t,id:({id:e})=>e,columns:[[e(`sessions.who`),({actor:e,issuer:t})=>(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(`code`,{children:e}),t&&(0,P.jsx)(`span`,{className:`sub`,children:t})]})],[e(`apiKeys.roles`),({roles:e})=>(0,P.jsx)(D,{names:e})],[e(`sessions.since`),({creationDate:e})=>(0,P.jsx)(k,{at:e})],[e(`apiKeys.lastUse`),({lastUse:e})=>(0,P.jsx)(k,{at:e})]],actions:({id:t})=>(0,P.jsx)(d,{small:!0,kind:`danger`,busy:a.busy,onClick:()=>a.run(t),children:e(`sessions.end`)})})})]})}export{V as n,U as t};