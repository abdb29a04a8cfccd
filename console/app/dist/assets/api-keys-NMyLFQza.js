import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{F as t,O as n,S as r,_t as i,et as a,ft as o,gt as s,ht as c}from"./base-BHXnqF6y.js";import{C as l,E as u,J as d,O as f,P as p,W as m,a as h,c as g,d as _,f as v,g as y,h as b,i as x,k as S,o as C,p as w,rt as T,s as E,u as D,v as O,w as k,x as A,y as j}from"./parts-CqTwxoh1.js";import{n as M}from"./integrations-CPOsOqU-.js";var N=e(i(),1),P=s(),F=p(`
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
`),I=p(`
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
`),L=p(`
  mutation EndSession($id: ID!) {
    endSession(id: $id)
  }
`),R=p(`
  query Roles {
    roles {
      name
      description
      permissions
    }
  }
`),z=p(`
  mutation CreateApiKey($name: String!, $roles: [String!]!, $subject: ID, $consumer: ID, $expiresAt: DateTime) {
    createApiKey(name: $name, roles: $roles, subject: $subject, consumer: $consumer, expiresAt: $expiresAt) {
      secret
    }
  }
`),B=p(`
  mutation RevokeApiKey($id: ID!) {
    revokeApiKey(id: $id) {
      id
    }
  }
`),V=()=>o({queryKey:[`roles`],staleTime:1/0,queryFn:()=>d(R)}).data?.roles??[],H=e=>!!e.revocationDate||!!(e.expirationDate&&new Date(e.expirationDate)<new Date);function U(){let{t:e}=T(),n=o({queryKey:[`api-keys`],queryFn:()=>d(F)}),[i,s]=(0,N.useState)(!1),[u,f]=(0,N.useState)(null),[p,m]=(0,N.useState)(`live`),g=c();return(0,P.jsxs)(y,{title:e(`apiKeys.title`),lead:e(`apiKeys.lead`),actions:(0,P.jsxs)(S,{kind:`primary`,onClick:()=>s(!0),children:[(0,P.jsx)(r,{"aria-hidden":!0}),e(`apiKeys.new`)]}),children:[(0,P.jsx)(b,{title:e(`apiKeys.list`),flush:!0,actions:(0,P.jsx)(w,{label:e(`apiKeys.which`),value:p,onChange:m,options:[[`live`,e(`apiKeys.live`)],[`all`,e(`apiKeys.all`)]]}),children:(0,P.jsx)(O,{query:n,children:({apiKeys:n})=>{let r=n.filter(e=>p===`all`||!H(e));return r.length===0?(0,P.jsx)(j,{icon:t,title:e(`apiKeys.none`),actions:(0,P.jsx)(S,{onClick:()=>s(!0),children:e(`apiKeys.new`)}),children:e(`apiKeys.none.todo`)}):(0,P.jsx)(h,{rows:r,id:e=>e.id,columns:[[e(`apiKeys.name`),e=>(0,P.jsx)(W,{apiKey:e})],[e(`apiKeys.roles`),({roles:e})=>(0,P.jsx)(x,{names:e})],[e(`apiKeys.created`),({creationDate:e})=>(0,P.jsx)(A,{at:e})],[e(`apiKeys.lastUse`),({lastUse:e})=>(0,P.jsx)(l,{at:e})],[e(`apiKeys.state`),e=>(0,P.jsx)(G,{apiKey:e})]],actions:t=>!H(t)&&(0,P.jsxs)(S,{small:!0,kind:`danger`,onClick:()=>f(t),children:[(0,P.jsx)(a,{"aria-hidden":!0}),e(`apiKeys.revoke`)]})})}})}),(0,P.jsx)(q,{}),i&&(0,P.jsx)(K,{onClose:()=>s(!1)}),u&&(0,P.jsx)(C,{title:e(`apiKeys.revoke.title`),name:u.name,action:e(`apiKeys.revoke.do`),done:e(`apiKeys.revoke.done`),onClose:()=>f(null),run:async()=>{await d(B,{id:u.id}),await g.invalidateQueries({queryKey:[`api-keys`]})},children:(0,P.jsx)(`p`,{children:e(`apiKeys.revoke.lead`)})})]})}function W({apiKey:{name:e,id:t,subject:n,consumer:r}}){let{t:i}=T();return(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(`strong`,{children:e}),(0,P.jsx)(`span`,{className:`sub`,children:(0,P.jsx)(`code`,{children:t})}),n&&(0,P.jsxs)(`span`,{className:`sub`,children:[i(`apiKeys.for`),` `,(0,P.jsx)(`code`,{children:n})]}),r&&(0,P.jsxs)(`span`,{className:`sub`,children:[i(`apiKeys.consumer`),`: `,r]})]})}function G({apiKey:e}){let{t}=T();return e.revocationDate?(0,P.jsx)(k,{tone:`bad`,children:t(`apiKeys.revoked`)}):H(e)?(0,P.jsx)(k,{tone:`warn`,children:t(`apiKeys.expired`)}):e.expirationDate?(0,P.jsxs)(P.Fragment,{children:[t(`apiKeys.until`),` `,(0,P.jsx)(A,{at:e.expirationDate})]}):(0,P.jsx)(k,{tone:`good`,children:t(`apiKeys.valid`)})}function K({onClose:e}){let{t,find:n}=T(),{permissions:r}=m(),i=c(),a=V(),[o,s]=(0,N.useState)(``),[l,p]=(0,N.useState)([]),[h,y]=(0,N.useState)(``),[b,x]=(0,N.useState)(``),[C,w]=(0,N.useState)(``),D=M().data?.consumers.filter(e=>!e.revocationDate)??[],O=l.includes(`shopper`),[k,A]=(0,N.useState)(null),{run:j,busy:F,failure:I}=g(()=>d(z,{name:o.trim(),roles:l,subject:O?h.trim():null,consumer:C||null,expiresAt:b?new Date(`${b}T23:59:59`).toISOString():null}),({createApiKey:e})=>{A(e.secret),i.invalidateQueries({queryKey:[`api-keys`]})});if(k)return(0,P.jsx)(E,{title:t(`apiKeys.made`,{name:o}),onClose:e,footer:(0,P.jsx)(S,{kind:`primary`,onClick:e,children:t(`secret.done`)}),children:(0,P.jsx)(f,{secret:k})});let L=o.trim()!==``&&l.length>0&&(!O||h.trim()!==``);return(0,P.jsxs)(E,{title:t(`apiKeys.new`),onClose:e,onSubmit:()=>{L&&j()},footer:(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(S,{onClick:e,children:t(`cancel`)}),(0,P.jsx)(S,{kind:`primary`,type:`submit`,busy:F,disabled:!L,children:t(`apiKeys.create`)})]}),children:[(0,P.jsx)(v,{label:t(`apiKeys.name`),hint:t(`apiKeys.name.hint`),children:e=>(0,P.jsx)(`input`,{...e,value:o,maxLength:100,autoComplete:`off`,onChange:e=>s(e.target.value)})}),(0,P.jsxs)(`fieldset`,{children:[(0,P.jsx)(`legend`,{children:t(`apiKeys.roles`)}),(0,P.jsx)(`div`,{className:`stack tight`,children:a.map(e=>{let i=e.permissions.every(e=>r.includes(e));return(0,P.jsx)(_,{label:(0,P.jsx)(`code`,{children:e.name}),hint:i?n(`role.${e.name}`)??e.description:t(`apiKeys.notYours`),checked:l.includes(e.name),disabled:!i||(O?e.name!==`shopper`:e.name===`shopper`&&l.length>0),onChange:t=>p(t.target.checked?[...l,e.name]:l.filter(t=>t!==e.name))},e.name)})})]}),O&&(0,P.jsx)(v,{label:t(`apiKeys.subject`),hint:t(`apiKeys.subject.hint`),children:e=>(0,P.jsx)(`input`,{...e,value:h,autoComplete:`off`,spellCheck:!1,onChange:e=>y(e.target.value)})}),D.length>0&&(0,P.jsx)(v,{label:t(`apiKeys.consumer`),hint:t(`apiKeys.consumer.hint`),optional:!0,children:e=>(0,P.jsxs)(`select`,{...e,value:C,onChange:e=>w(e.target.value),children:[(0,P.jsx)(`option`,{value:``,children:t(`apiKeys.consumer.none`)}),D.map(e=>(0,P.jsx)(`option`,{children:e.id},e.id))]})}),(0,P.jsx)(v,{label:t(`apiKeys.expires`),hint:t(`apiKeys.expires.hint`),optional:!0,children:e=>(0,P.jsx)(`input`,{...e,type:`date`,value:b,onChange:e=>x(e.target.value)})}),I&&(0,P.jsx)(u,{failure:I})]})}function q(){let{t:e}=T(),t=D(),r=c(),i=o({queryKey:[`sessions`],queryFn:()=>d(I)}),a=g(e=>d(L,{id:e}),()=>{t(e(`sessions.ended`)),r.invalidateQueries({queryKey:[`sessions`]})});return(0,P.jsxs)(b,{title:e(`sessions.title`),lead:e(`sessions.lead`),flush:!0,children:[a.failure&&(0,P.jsx)(`div`,{className:`body`,children:(0,P.jsx)(u,{failure:a.failure})}),(0,P.jsx)(O,{query:i,children:({sessions:t})=>t.length===0?(0,P.jsx)(j,{icon:n,title:e(`sessions.none`)}):(0,P.jsx)(h,{rows:t,id:({id:e})=>e,columns:[[e(`sessions.who`),({actor:e,issuer:t})=>(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(`code`,{children:e}),t&&(0,P.jsx)(`span`,{className:`sub`,children:t})]})],[e(`apiKeys.roles`),({roles:e})=>(0,P.jsx)(x,{names:e})],[e(`sessions.since`),({creationDate:e})=>(0,P.jsx)(A,{at:e})],[e(`apiKeys.lastUse`),({lastUse:e})=>(0,P.jsx)(A,{at:e})]],actions:({id:t})=>(0,P.jsx)(S,{small:!0,kind:`danger`,busy:a.busy,onClick:()=>a.run(t),children:e(`sessions.end`)})})})]})}export{V as n,U as t};