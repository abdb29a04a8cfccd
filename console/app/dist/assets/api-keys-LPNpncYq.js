import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{C as t,L as n,bt as r,ht as i,k as a,rt as o,vt as s,yt as c}from"./base-CI75EYC3.js";import{A as l,C as u,D as d,G as f,M as p,N as m,O as h,R as g,S as _,T as v,Y as y,_ as b,a as x,b as S,d as C,f as w,g as T,h as E,i as D,m as O,rt as k,u as A,y as j}from"./parts-CXP8qNce.js";import{n as M}from"./integrations-BSkKdQxV.js";var N=e(r(),1),P=c(),F=g(`
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
`),I=g(`
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
`),L=g(`
  mutation EndSession($id: ID!) {
    endSession(id: $id)
  }
`),R=g(`
  query Roles {
    roles {
      name
      description
      permissions
    }
  }
`),z=g(`
  mutation CreateApiKey($name: String!, $roles: [String!]!, $subject: ID, $consumer: ID, $expiresAt: DateTime) {
    createApiKey(name: $name, roles: $roles, subject: $subject, consumer: $consumer, expiresAt: $expiresAt) {
      secret
    }
  }
`),B=g(`
  mutation RevokeApiKey($id: ID!) {
    revokeApiKey(id: $id) {
      id
    }
  }
`),V=()=>i({queryKey:[`roles`],staleTime:1/0,queryFn:()=>y(R)}).data?.roles??[],H=e=>!!e.revocationDate||!!(e.expirationDate&&new Date(e.expirationDate)<new Date);function U(){let{t:e}=k(),r=i({queryKey:[`api-keys`],queryFn:()=>y(F)}),[a,c]=(0,N.useState)(!1),[l,f]=(0,N.useState)(null),[p,h]=(0,N.useState)(`live`),g=s();return(0,P.jsxs)(S,{title:e(`apiKeys.title`),lead:e(`apiKeys.lead`),actions:(0,P.jsxs)(m,{kind:`primary`,onClick:()=>c(!0),children:[(0,P.jsx)(t,{"aria-hidden":!0}),e(`apiKeys.new`)]}),children:[(0,P.jsx)(j,{title:e(`apiKeys.list`),flush:!0,actions:(0,P.jsx)(b,{label:e(`apiKeys.which`),value:p,onChange:h,options:[[`live`,e(`apiKeys.live`)],[`all`,e(`apiKeys.all`)]]}),children:(0,P.jsx)(_,{query:r,children:({apiKeys:t})=>{let r=t.filter(e=>p===`all`||!H(e));return r.length===0?(0,P.jsx)(u,{icon:n,title:e(`apiKeys.none`),actions:(0,P.jsx)(m,{onClick:()=>c(!0),children:e(`apiKeys.new`)}),children:e(`apiKeys.none.todo`)}):(0,P.jsx)(x,{rows:r,id:e=>e.id,columns:[[e(`apiKeys.name`),e=>(0,P.jsx)(W,{apiKey:e})],[e(`apiKeys.roles`),({roles:e})=>(0,P.jsx)(D,{names:e})],[e(`apiKeys.created`),({creationDate:e})=>(0,P.jsx)(v,{at:e})],[e(`apiKeys.lastUse`),({lastUse:e})=>(0,P.jsx)(d,{at:e})],[e(`apiKeys.state`),e=>(0,P.jsx)(G,{apiKey:e})]],actions:t=>!H(t)&&(0,P.jsxs)(m,{small:!0,kind:`danger`,onClick:()=>f(t),children:[(0,P.jsx)(o,{"aria-hidden":!0}),e(`apiKeys.revoke`)]})})}})}),(0,P.jsx)(q,{}),a&&(0,P.jsx)(K,{onClose:()=>c(!1)}),l&&(0,P.jsx)(A,{title:e(`apiKeys.revoke.title`),name:l.name,action:e(`apiKeys.revoke.do`),done:e(`apiKeys.revoke.done`),onClose:()=>f(null),run:async()=>{await y(B,{id:l.id}),await g.invalidateQueries({queryKey:[`api-keys`]})},children:(0,P.jsx)(`p`,{children:e(`apiKeys.revoke.lead`)})})]})}function W({apiKey:{name:e,id:t,subject:n,consumer:r}}){let{t:i}=k();return(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(`strong`,{children:e}),(0,P.jsx)(`span`,{className:`sub`,children:(0,P.jsx)(`code`,{children:t})}),n&&(0,P.jsxs)(`span`,{className:`sub`,children:[i(`apiKeys.for`),` `,(0,P.jsx)(`code`,{children:n})]}),r&&(0,P.jsxs)(`span`,{className:`sub`,children:[i(`apiKeys.consumer`),`: `,r]})]})}function G({apiKey:e}){let{t}=k();return e.revocationDate?(0,P.jsx)(h,{tone:`bad`,children:t(`apiKeys.revoked`)}):H(e)?(0,P.jsx)(h,{tone:`warn`,children:t(`apiKeys.expired`)}):e.expirationDate?(0,P.jsxs)(P.Fragment,{children:[t(`apiKeys.until`),` `,(0,P.jsx)(v,{at:e.expirationDate})]}):(0,P.jsx)(h,{tone:`good`,children:t(`apiKeys.valid`)})}function K({onClose:e}){let{t,find:n}=k(),{permissions:r}=f(),i=s(),a=V(),[o,c]=(0,N.useState)(``),[u,d]=(0,N.useState)([]),[h,g]=(0,N.useState)(``),[_,v]=(0,N.useState)(``),[b,x]=(0,N.useState)(``),S=M().data?.consumers.filter(e=>!e.revocationDate)??[],D=u.includes(`shopper`),[O,A]=(0,N.useState)(null),{run:j,busy:F,failure:I}=w(()=>y(z,{name:o.trim(),roles:u,subject:D?h.trim():null,consumer:b||null,expiresAt:_?new Date(`${_}T23:59:59`).toISOString():null}),({createApiKey:e})=>{A(e.secret),i.invalidateQueries({queryKey:[`api-keys`]})});if(O)return(0,P.jsx)(C,{title:t(`apiKeys.made`,{name:o}),onClose:e,footer:(0,P.jsx)(m,{kind:`primary`,onClick:e,children:t(`secret.done`)}),children:(0,P.jsx)(p,{secret:O})});let L=o.trim()!==``&&u.length>0&&(!D||h.trim()!==``);return(0,P.jsxs)(C,{title:t(`apiKeys.new`),onClose:e,onSubmit:()=>{L&&j()},footer:(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(m,{onClick:e,children:t(`cancel`)}),(0,P.jsx)(m,{kind:`primary`,type:`submit`,busy:F,disabled:!L,children:t(`apiKeys.create`)})]}),children:[(0,P.jsx)(T,{label:t(`apiKeys.name`),hint:t(`apiKeys.name.hint`),children:e=>(0,P.jsx)(`input`,{...e,value:o,maxLength:100,autoComplete:`off`,onChange:e=>c(e.target.value)})}),(0,P.jsxs)(`fieldset`,{children:[(0,P.jsx)(`legend`,{children:t(`apiKeys.roles`)}),(0,P.jsx)(`div`,{className:`stack tight`,children:a.map(e=>{let i=e.permissions.every(e=>r.includes(e));return(0,P.jsx)(E,{label:(0,P.jsx)(`code`,{children:e.name}),hint:i?n(`role.${e.name}`)??e.description:t(`apiKeys.notYours`),checked:u.includes(e.name),disabled:!i||(D?e.name!==`shopper`:e.name===`shopper`&&u.length>0),onChange:t=>d(t.target.checked?[...u,e.name]:u.filter(t=>t!==e.name))},e.name)})})]}),D&&(0,P.jsx)(T,{label:t(`apiKeys.subject`),hint:t(`apiKeys.subject.hint`),children:e=>(0,P.jsx)(`input`,{...e,value:h,autoComplete:`off`,spellCheck:!1,onChange:e=>g(e.target.value)})}),S.length>0&&(0,P.jsx)(T,{label:t(`apiKeys.consumer`),hint:t(`apiKeys.consumer.hint`),optional:!0,children:e=>(0,P.jsxs)(`select`,{...e,value:b,onChange:e=>x(e.target.value),children:[(0,P.jsx)(`option`,{value:``,children:t(`apiKeys.consumer.none`)}),S.map(e=>(0,P.jsx)(`option`,{children:e.id},e.id))]})}),(0,P.jsx)(T,{label:t(`apiKeys.expires`),hint:t(`apiKeys.expires.hint`),optional:!0,children:e=>(0,P.jsx)(`input`,{...e,type:`date`,value:_,onChange:e=>v(e.target.value)})}),I&&(0,P.jsx)(l,{failure:I})]})}function q(){let{t:e}=k(),t=O(),n=s(),r=i({queryKey:[`sessions`],queryFn:()=>y(I)}),o=w(e=>y(L,{id:e}),()=>{t(e(`sessions.ended`)),n.invalidateQueries({queryKey:[`sessions`]})});return(0,P.jsxs)(j,{title:e(`sessions.title`),lead:e(`sessions.lead`),flush:!0,children:[o.failure&&(0,P.jsx)(`div`,{className:`body`,children:(0,P.jsx)(l,{failure:o.failure})}),(0,P.jsx)(_,{query:r,children:({sessions:t})=>t.length===0?(0,P.jsx)(u,{icon:a,title:e(`sessions.none`)}):(0,P.jsx)(x,{rows:t,id:({id:e})=>e,columns:[[e(`sessions.who`),({actor:t,issuer:n,current:r})=>(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(`code`,{children:t}),` `,r&&(0,P.jsx)(h,{tone:`accent`,children:e(`sessions.current`)}),n&&(0,P.jsx)(`span`,{className:`sub`,children:n})]})],[e(`apiKeys.roles`),({roles:e})=>(0,P.jsx)(D,{names:e})],[e(`sessions.since`),({creationDate:e})=>(0,P.jsx)(v,{at:e})],[e(`apiKeys.lastUse`),({lastUse:e})=>(0,P.jsx)(v,{at:e})]],actions:({id:t})=>(0,P.jsx)(m,{small:!0,kind:`danger`,busy:o.busy,onClick:()=>o.run(t),children:e(`sessions.end`)})})})]})}export{V as n,U as t};