import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{C as t,L as n,bt as r,ht as i,k as a,rt as o,vt as s,yt as c}from"./base-CI75EYC3.js";import{C as l,E as u,K as d,N as f,O as p,P as m,X as h,_ as g,a as _,b as v,d as y,f as b,g as x,h as S,j as C,k as w,o as T,ot as E,p as D,v as O,w as k,x as A,z as j}from"./parts-BR6fFGXW.js";import{n as M}from"./integrations-DZZYJ6Ej.js";var N=e(r(),1),P=c(),F=j(`
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
`),I=j(`
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
`),L=j(`
  mutation EndSession($id: ID!) {
    endSession(id: $id)
  }
`),R=j(`
  query Roles {
    roles {
      name
      description
      permissions
    }
  }
`),z=j(`
  mutation CreateApiKey($name: String!, $roles: [String!]!, $subject: ID, $consumer: ID, $expiresAt: DateTime) {
    createApiKey(name: $name, roles: $roles, subject: $subject, consumer: $consumer, expiresAt: $expiresAt) {
      secret
    }
  }
`),B=j(`
  mutation RevokeApiKey($id: ID!) {
    revokeApiKey(id: $id) {
      id
    }
  }
`),V=()=>i({queryKey:[`roles`],staleTime:1/0,queryFn:()=>h(R)}).data?.roles??[],H=e=>!!e.revocationDate||!!(e.expirationDate&&new Date(e.expirationDate)<new Date);function U(){let{t:e}=E(),r=i({queryKey:[`api-keys`],queryFn:()=>h(F)}),[a,c]=(0,N.useState)(!1),[d,f]=(0,N.useState)(null),[g,b]=(0,N.useState)(`live`),x=s();return(0,P.jsxs)(A,{title:e(`apiKeys.title`),lead:e(`apiKeys.lead`),actions:(0,P.jsxs)(m,{kind:`primary`,onClick:()=>c(!0),children:[(0,P.jsx)(t,{"aria-hidden":!0}),e(`apiKeys.new`)]}),children:[(0,P.jsx)(v,{title:e(`apiKeys.list`),flush:!0,actions:(0,P.jsx)(O,{label:e(`apiKeys.which`),value:g,onChange:b,options:[[`live`,e(`apiKeys.live`)],[`all`,e(`apiKeys.all`)]]}),children:(0,P.jsx)(l,{query:r,children:({apiKeys:t})=>{let r=t.filter(e=>g===`all`||!H(e));return r.length===0?(0,P.jsx)(k,{icon:n,title:e(`apiKeys.none`),actions:(0,P.jsx)(m,{onClick:()=>c(!0),children:e(`apiKeys.new`)}),children:e(`apiKeys.none.todo`)}):(0,P.jsx)(T,{rows:r,id:e=>e.id,columns:[[e(`apiKeys.name`),e=>(0,P.jsx)(W,{apiKey:e})],[e(`apiKeys.roles`),({roles:e})=>(0,P.jsx)(_,{names:e})],[e(`apiKeys.created`),({creationDate:e})=>(0,P.jsx)(u,{at:e})],[e(`apiKeys.lastUse`),({lastUse:e})=>(0,P.jsx)(p,{at:e})],[e(`apiKeys.state`),e=>(0,P.jsx)(G,{apiKey:e})]],actions:t=>!H(t)&&(0,P.jsxs)(m,{small:!0,kind:`danger`,onClick:()=>f(t),children:[(0,P.jsx)(o,{"aria-hidden":!0}),e(`apiKeys.revoke`)]})})}})}),(0,P.jsx)(q,{}),a&&(0,P.jsx)(K,{onClose:()=>c(!1)}),d&&(0,P.jsx)(y,{title:e(`apiKeys.revoke.title`),name:d.name,action:e(`apiKeys.revoke.do`),done:e(`apiKeys.revoke.done`),onClose:()=>f(null),run:async()=>{await h(B,{id:d.id}),await x.invalidateQueries({queryKey:[`api-keys`]})},children:(0,P.jsx)(`p`,{children:e(`apiKeys.revoke.lead`)})})]})}function W({apiKey:{name:e,id:t,subject:n,consumer:r}}){let{t:i}=E();return(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(`strong`,{children:e}),(0,P.jsx)(`span`,{className:`sub`,children:(0,P.jsx)(`code`,{children:t})}),n&&(0,P.jsxs)(`span`,{className:`sub`,children:[i(`apiKeys.for`),` `,(0,P.jsx)(`code`,{children:n})]}),r&&(0,P.jsxs)(`span`,{className:`sub`,children:[i(`apiKeys.consumer`),`: `,r]})]})}function G({apiKey:e}){let{t}=E();return e.revocationDate?(0,P.jsx)(w,{tone:`bad`,children:t(`apiKeys.revoked`)}):H(e)?(0,P.jsx)(w,{tone:`warn`,children:t(`apiKeys.expired`)}):e.expirationDate?(0,P.jsxs)(P.Fragment,{children:[t(`apiKeys.until`),` `,(0,P.jsx)(u,{at:e.expirationDate})]}):(0,P.jsx)(w,{tone:`good`,children:t(`apiKeys.valid`)})}function K({onClose:e}){let{t,find:n}=E(),{permissions:r}=d(),i=s(),a=V(),[o,c]=(0,N.useState)(``),[l,u]=(0,N.useState)([]),[p,_]=(0,N.useState)(``),[v,y]=(0,N.useState)(``),[S,w]=(0,N.useState)(``),T=M().data?.consumers.filter(e=>!e.revocationDate)??[],O=l.includes(`shopper`),[k,A]=(0,N.useState)(null),{run:j,busy:F,failure:I}=D(()=>h(z,{name:o.trim(),roles:l,subject:O?p.trim():null,consumer:S||null,expiresAt:v?new Date(`${v}T23:59:59`).toISOString():null}),({createApiKey:e})=>{A(e.secret),i.invalidateQueries({queryKey:[`api-keys`]})});if(k)return(0,P.jsx)(b,{title:t(`apiKeys.made`,{name:o}),onClose:e,footer:(0,P.jsx)(m,{kind:`primary`,onClick:e,children:t(`secret.done`)}),children:(0,P.jsx)(f,{secret:k})});let L=o.trim()!==``&&l.length>0&&(!O||p.trim()!==``);return(0,P.jsxs)(b,{title:t(`apiKeys.new`),onClose:e,onSubmit:()=>{L&&j()},footer:(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(m,{onClick:e,children:t(`cancel`)}),(0,P.jsx)(m,{kind:`primary`,type:`submit`,busy:F,disabled:!L,children:t(`apiKeys.create`)})]}),children:[(0,P.jsx)(g,{label:t(`apiKeys.name`),hint:t(`apiKeys.name.hint`),children:e=>(0,P.jsx)(`input`,{...e,value:o,maxLength:100,autoComplete:`off`,onChange:e=>c(e.target.value)})}),(0,P.jsxs)(`fieldset`,{children:[(0,P.jsx)(`legend`,{children:t(`apiKeys.roles`)}),(0,P.jsx)(`div`,{className:`stack tight`,children:a.map(e=>{let i=e.permissions.every(e=>r.includes(e));return(0,P.jsx)(x,{label:(0,P.jsx)(`code`,{children:e.name}),hint:i?n(`role.${e.name}`)??e.description:t(`apiKeys.notYours`),checked:l.includes(e.name),disabled:!i||(O?e.name!==`shopper`:e.name===`shopper`&&l.length>0),onChange:t=>u(t.target.checked?[...l,e.name]:l.filter(t=>t!==e.name))},e.name)})})]}),O&&(0,P.jsx)(g,{label:t(`apiKeys.subject`),hint:t(`apiKeys.subject.hint`),children:e=>(0,P.jsx)(`input`,{...e,value:p,autoComplete:`off`,spellCheck:!1,onChange:e=>_(e.target.value)})}),T.length>0&&(0,P.jsx)(g,{label:t(`apiKeys.consumer`),hint:t(`apiKeys.consumer.hint`),optional:!0,children:e=>(0,P.jsxs)(`select`,{...e,value:S,onChange:e=>w(e.target.value),children:[(0,P.jsx)(`option`,{value:``,children:t(`apiKeys.consumer.none`)}),T.map(e=>(0,P.jsx)(`option`,{children:e.id},e.id))]})}),(0,P.jsx)(g,{label:t(`apiKeys.expires`),hint:t(`apiKeys.expires.hint`),optional:!0,children:e=>(0,P.jsx)(`input`,{...e,type:`date`,value:v,onChange:e=>y(e.target.value)})}),I&&(0,P.jsx)(C,{failure:I})]})}function q(){let{t:e}=E(),t=S(),n=s(),r=i({queryKey:[`sessions`],queryFn:()=>h(I)}),o=D(e=>h(L,{id:e}),()=>{t(e(`sessions.ended`)),n.invalidateQueries({queryKey:[`sessions`]})});return(0,P.jsxs)(v,{title:e(`sessions.title`),lead:e(`sessions.lead`),flush:!0,children:[o.failure&&(0,P.jsx)(`div`,{className:`body`,children:(0,P.jsx)(C,{failure:o.failure})}),(0,P.jsx)(l,{query:r,children:({sessions:t})=>t.length===0?(0,P.jsx)(k,{icon:a,title:e(`sessions.none`)}):(0,P.jsx)(T,{rows:t,id:({id:e})=>e,columns:[[e(`sessions.who`),({actor:t,issuer:n,current:r})=>(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(`code`,{children:t}),` `,r&&(0,P.jsx)(w,{tone:`accent`,children:e(`sessions.current`)}),n&&(0,P.jsx)(`span`,{className:`sub`,children:n})]})],[e(`apiKeys.roles`),({roles:e})=>(0,P.jsx)(_,{names:e})],[e(`sessions.since`),({creationDate:e})=>(0,P.jsx)(u,{at:e})],[e(`apiKeys.lastUse`),({lastUse:e})=>(0,P.jsx)(u,{at:e})]],actions:({id:t})=>(0,P.jsx)(m,{small:!0,kind:`danger`,busy:o.busy,onClick:()=>o.run(t),children:e(`sessions.end`)})})})]})}export{V as n,U as t};