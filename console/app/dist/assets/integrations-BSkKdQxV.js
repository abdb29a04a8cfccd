import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{C as t,bt as n,c as r,ht as i,i as a,m as o,r as s,rt as c,vt as l,yt as u}from"./base-CI75EYC3.js";import{A as d,C as f,D as p,M as m,N as h,O as g,R as _,S as v,T as y,Y as b,a as x,b as S,d as C,f as w,g as T,m as E,rt as D,u as O,y as k}from"./parts-CXP8qNce.js";var A=e(n(),1),j=u(),M=_(`
  query Consumers {
    consumers {
      id
      creationDate
      createdBy
      revocationDate
    }
  }
`),N=_(`
  mutation CreateConsumer($id: ID!) {
    createConsumer(id: $id) {
      id
    }
  }
`),P=_(`
  mutation RevokeConsumer($id: ID!) {
    revokeConsumer(id: $id) {
      id
    }
  }
`),F=_(`
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
`),I=_(`
  mutation CreateWebhook($url: String!, $description: String) {
    createWebhook(url: $url, description: $description) {
      secret
    }
  }
`),L=_(`
  mutation DeleteWebhook($id: ID!) {
    deleteWebhook(id: $id)
  }
`),R=_(`
  mutation TestWebhook($id: ID!) {
    testWebhook(id: $id) {
      delivered
      failure
    }
  }
`),z=()=>i({queryKey:[`consumers`],queryFn:()=>b(M)});function B(){let{t:e}=D();return(0,j.jsxs)(S,{title:e(`integrations.title`),lead:e(`integrations.lead`),children:[(0,j.jsx)(V,{}),(0,j.jsx)(U,{})]})}function V(){let{t:e}=D(),n=l(),r=z(),[i,o]=(0,A.useState)(!1),[s,u]=(0,A.useState)(null);return(0,j.jsxs)(k,{title:e(`consumers.title`),lead:e(`consumers.lead`),flush:!0,actions:(0,j.jsxs)(h,{small:!0,onClick:()=>o(!0),children:[(0,j.jsx)(t,{"aria-hidden":!0}),e(`consumers.new`)]}),children:[(0,j.jsx)(v,{query:r,children:({consumers:t})=>t.length===0?(0,j.jsx)(f,{icon:a,title:e(`consumers.none`),children:e(`consumers.none.todo`)}):(0,j.jsx)(x,{rows:t,id:({id:e})=>e,columns:[[e(`consumers.id`),({id:e})=>(0,j.jsx)(`strong`,{children:e})],[e(`apiKeys.created`),({creationDate:e})=>(0,j.jsx)(y,{at:e})],[e(`apiKeys.state`),({revocationDate:t})=>t?(0,j.jsx)(g,{tone:`bad`,children:e(`apiKeys.revoked`)}):(0,j.jsx)(g,{tone:`good`,children:e(`apiKeys.valid`)})]],actions:t=>!t.revocationDate&&(0,j.jsxs)(h,{small:!0,kind:`danger`,onClick:()=>u(t),children:[(0,j.jsx)(c,{"aria-hidden":!0}),e(`apiKeys.revoke`)]})})}),i&&(0,j.jsx)(H,{onClose:()=>o(!1)}),s&&(0,j.jsx)(O,{title:e(`consumers.revoke.title`),name:s.id,action:e(`consumers.revoke.do`),done:e(`consumers.revoke.done`),onClose:()=>u(null),run:async()=>{await b(P,{id:s.id}),await n.invalidateQueries({queryKey:[`consumers`]})},children:(0,j.jsx)(`p`,{children:e(`consumers.revoke.lead`)})})]})}function H({onClose:e}){let{t}=D(),n=E(),r=l(),[i,a]=(0,A.useState)(``),o=/^[a-z][a-z0-9-]{0,62}$/.test(i),{run:s,busy:c,failure:u}=w(()=>b(N,{id:i}),()=>{n(t(`consumers.made`,{id:i})),r.invalidateQueries({queryKey:[`consumers`]}),e()});return(0,j.jsxs)(C,{title:t(`consumers.new`),onClose:e,onSubmit:()=>{o&&s()},footer:(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(h,{onClick:e,children:t(`cancel`)}),(0,j.jsx)(h,{kind:`primary`,type:`submit`,busy:c,disabled:!o,children:t(`consumers.create`)})]}),children:[(0,j.jsx)(`p`,{children:t(`consumers.new.lead`)}),(0,j.jsx)(T,{label:t(`consumers.id`),hint:t(`accounts.id.hint`),error:i&&!o?t(`consumers.id.problem`):void 0,children:e=>(0,j.jsx)(`input`,{...e,value:i,autoComplete:`off`,spellCheck:!1,placeholder:`erp`,onChange:e=>a(e.target.value)})}),u&&(0,j.jsx)(d,{failure:u})]})}function U(){let{t:e}=D(),n=E(),a=l(),c=i({queryKey:[`webhooks`],queryFn:()=>b(F)}),[u,m]=(0,A.useState)(!1),[g,_]=(0,A.useState)(null),y=()=>a.invalidateQueries({queryKey:[`webhooks`]}),S=w(e=>b(R,{id:e}),({testWebhook:{delivered:t,failure:r}})=>{n(t?e(`webhooks.delivered`):e(`webhooks.failed`,{why:r??``})),y()});return(0,j.jsxs)(k,{title:e(`webhooks.title`),lead:e(`webhooks.lead`),flush:!0,actions:(0,j.jsxs)(h,{small:!0,onClick:()=>m(!0),children:[(0,j.jsx)(t,{"aria-hidden":!0}),e(`webhooks.new`)]}),children:[S.failure&&(0,j.jsx)(`div`,{className:`body`,children:(0,j.jsx)(d,{failure:S.failure})}),(0,j.jsx)(v,{query:c,children:({webhooks:t})=>t.length===0?(0,j.jsx)(f,{icon:s,title:e(`webhooks.none`),children:e(`webhooks.none.todo`)}):(0,j.jsx)(x,{rows:t,id:({id:e})=>e,columns:[[e(`webhooks.url`),({url:e,description:t})=>(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(`code`,{children:e}),t&&(0,j.jsx)(`span`,{className:`sub`,children:t})]})],[e(`webhooks.lastSuccess`),({lastSuccess:e})=>(0,j.jsx)(p,{at:e})],[e(`webhooks.lastFailure`),({lastFailure:e,failure:t})=>(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(p,{at:e}),e&&(0,j.jsx)(`span`,{className:`sub`,children:t})]})]],actions:t=>(0,j.jsxs)(j.Fragment,{children:[(0,j.jsxs)(h,{small:!0,busy:S.busy,onClick:()=>S.run(t.id),children:[(0,j.jsx)(o,{"aria-hidden":!0}),e(`webhooks.test`)]}),(0,j.jsxs)(h,{small:!0,kind:`danger`,onClick:()=>_(t),children:[(0,j.jsx)(r,{"aria-hidden":!0}),e(`webhooks.remove`)]})]})})}),u&&(0,j.jsx)(W,{onClose:()=>{m(!1),y()}}),g&&(0,j.jsx)(O,{title:e(`webhooks.remove.title`),name:g.url,action:e(`webhooks.remove`),done:e(`webhooks.removed`),onClose:()=>_(null),run:async()=>{await b(L,{id:g.id}),await y()},children:(0,j.jsx)(`p`,{children:e(`webhooks.remove.lead`)})})]})}function W({onClose:e}){let{t}=D(),[n,r]=(0,A.useState)(``),[i,a]=(0,A.useState)(``),[o,s]=(0,A.useState)(null),c=/^https:\/\/.+/.test(n.trim()),{run:l,busy:u,failure:f}=w(()=>b(I,{url:n.trim(),description:i.trim()||null}),({createWebhook:e})=>s(e.secret));return o?(0,j.jsxs)(C,{title:t(`webhooks.made`),onClose:e,footer:(0,j.jsx)(h,{kind:`primary`,onClick:e,children:t(`secret.done`)}),children:[(0,j.jsx)(`p`,{children:t(`webhooks.secret`)}),(0,j.jsx)(m,{secret:o})]}):(0,j.jsxs)(C,{title:t(`webhooks.new`),onClose:e,onSubmit:()=>{c&&l()},footer:(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(h,{onClick:e,children:t(`cancel`)}),(0,j.jsx)(h,{kind:`primary`,type:`submit`,busy:u,disabled:!c,children:t(`webhooks.create`)})]}),children:[(0,j.jsx)(T,{label:t(`webhooks.url`),error:n&&!c?t(`webhooks.url.problem`):void 0,children:e=>(0,j.jsx)(`input`,{...e,type:`url`,value:n,autoComplete:`off`,spellCheck:!1,placeholder:`https://`,onChange:e=>r(e.target.value)})}),(0,j.jsx)(T,{label:t(`webhooks.description`),optional:!0,children:e=>(0,j.jsx)(`input`,{...e,value:i,maxLength:200,onChange:e=>a(e.target.value)})}),f&&(0,j.jsx)(d,{failure:f})]})}export{z as n,B as t};