import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{Q as t,c as n,ht as r,i,m as a,mt as o,pt as s,r as c,ut as l,x as u}from"./base-DDzvCQ0u.js";import{t as d}from"./gql-Bv0lbJZ9.js";import{L as f,O as p,_ as m,a as h,b as g,c as _,f as v,h as y,i as b,n as x,o as S,p as C,t as w,u as T,v as E,x as D}from"./ui-Bo3gJaWn.js";var O=e(r(),1),k=o(),A=d(`
  query Consumers {
    consumers {
      id
      creationDate
      createdBy
      revocationDate
    }
  }
`),j=d(`
  mutation CreateConsumer($id: ID!) {
    createConsumer(id: $id) {
      id
    }
  }
`),M=d(`
  mutation RevokeConsumer($id: ID!) {
    revokeConsumer(id: $id) {
      id
    }
  }
`),N=d(`
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
`),P=d(`
  mutation CreateWebhook($url: String!, $description: String) {
    createWebhook(url: $url, description: $description) {
      secret
    }
  }
`),F=d(`
  mutation DeleteWebhook($id: ID!) {
    deleteWebhook(id: $id)
  }
`),I=d(`
  mutation TestWebhook($id: ID!) {
    testWebhook(id: $id) {
      delivered
      failure
    }
  }
`),L=()=>l({queryKey:[`consumers`],queryFn:()=>p(A)});function R(){let{t:e}=f();return(0,k.jsxs)(x,{title:e(`integrations.title`),lead:e(`integrations.lead`),children:[(0,k.jsx)(z,{}),(0,k.jsx)(V,{})]})}function z(){let{t:e}=f(),n=s(),r=L(),[a,o]=(0,O.useState)(!1),[c,l]=(0,O.useState)(null);return(0,k.jsxs)(w,{title:e(`consumers.title`),lead:e(`consumers.lead`),flush:!0,actions:(0,k.jsxs)(D,{small:!0,onClick:()=>o(!0),children:[(0,k.jsx)(u,{"aria-hidden":!0}),e(`consumers.new`)]}),children:[(0,k.jsx)(v,{query:r,children:({consumers:n})=>n.length===0?(0,k.jsx)(C,{icon:i,title:e(`consumers.none`),children:e(`consumers.none.todo`)}):(0,k.jsx)(`div`,{className:`table-wrap`,children:(0,k.jsxs)(`table`,{className:`fold`,children:[(0,k.jsx)(`thead`,{children:(0,k.jsxs)(`tr`,{children:[(0,k.jsx)(`th`,{children:e(`consumers.id`)}),(0,k.jsx)(`th`,{children:e(`apiKeys.created`)}),(0,k.jsx)(`th`,{children:e(`apiKeys.state`)}),(0,k.jsx)(`th`,{children:(0,k.jsx)(`span`,{className:`sr`,children:e(`actions`)})})]})}),(0,k.jsx)(`tbody`,{children:n.map(n=>(0,k.jsxs)(`tr`,{children:[(0,k.jsx)(`td`,{children:(0,k.jsx)(`strong`,{children:n.id})}),(0,k.jsx)(`td`,{"data-label":e(`apiKeys.created`),children:(0,k.jsx)(y,{at:n.creationDate})}),(0,k.jsx)(`td`,{"data-label":e(`apiKeys.state`),children:n.revocationDate?(0,k.jsx)(m,{tone:`bad`,children:e(`apiKeys.revoked`)}):(0,k.jsx)(m,{tone:`good`,children:e(`apiKeys.valid`)})}),(0,k.jsx)(`td`,{className:`actions`,children:!n.revocationDate&&(0,k.jsxs)(D,{small:!0,kind:`danger`,onClick:()=>l(n),children:[(0,k.jsx)(t,{"aria-hidden":!0}),e(`apiKeys.revoke`)]})})]},n.id))})]})})}),a&&(0,k.jsx)(B,{onClose:()=>o(!1)}),c&&(0,k.jsx)(b,{title:e(`consumers.revoke.title`),name:c.id,action:e(`consumers.revoke.do`),done:e(`consumers.revoke.done`),onClose:()=>l(null),run:async()=>{await p(M,{id:c.id}),await n.invalidateQueries({queryKey:[`consumers`]})},children:(0,k.jsx)(`p`,{children:e(`consumers.revoke.lead`)})})]})}function B({onClose:e}){let{t}=f(),n=_(),r=s(),[i,a]=(0,O.useState)(``),o=/^[a-z][a-z0-9-]{0,62}$/.test(i),{run:c,busy:l,failure:u}=S(()=>p(j,{id:i}),()=>{n(t(`consumers.made`,{id:i})),r.invalidateQueries({queryKey:[`consumers`]}),e()});return(0,k.jsxs)(h,{title:t(`consumers.new`),onClose:e,onSubmit:()=>{o&&c()},footer:(0,k.jsxs)(k.Fragment,{children:[(0,k.jsx)(D,{onClick:e,children:t(`cancel`)}),(0,k.jsx)(D,{kind:`primary`,type:`submit`,busy:l,disabled:!o,children:t(`consumers.create`)})]}),children:[(0,k.jsx)(`p`,{children:t(`consumers.new.lead`)}),(0,k.jsx)(T,{label:t(`consumers.id`),hint:t(`accounts.id.hint`),error:i&&!o?t(`consumers.id.problem`):void 0,children:e=>(0,k.jsx)(`input`,{...e,value:i,autoComplete:`off`,spellCheck:!1,placeholder:`erp`,onChange:e=>a(e.target.value)})}),u&&(0,k.jsx)(E,{failure:u})]})}function V(){let{t:e}=f(),t=_(),r=s(),i=l({queryKey:[`webhooks`],queryFn:()=>p(N)}),[o,d]=(0,O.useState)(!1),[m,h]=(0,O.useState)(null),g=()=>r.invalidateQueries({queryKey:[`webhooks`]}),x=S(e=>p(I,{id:e}),({testWebhook:{delivered:n,failure:r}})=>{t(n?e(`webhooks.delivered`):e(`webhooks.failed`,{why:r??``})),g()});return(0,k.jsxs)(w,{title:e(`webhooks.title`),lead:e(`webhooks.lead`),flush:!0,actions:(0,k.jsxs)(D,{small:!0,onClick:()=>d(!0),children:[(0,k.jsx)(u,{"aria-hidden":!0}),e(`webhooks.new`)]}),children:[x.failure&&(0,k.jsx)(`div`,{className:`body`,children:(0,k.jsx)(E,{failure:x.failure})}),(0,k.jsx)(v,{query:i,children:({webhooks:t})=>t.length===0?(0,k.jsx)(C,{icon:c,title:e(`webhooks.none`),children:e(`webhooks.none.todo`)}):(0,k.jsx)(`div`,{className:`table-wrap`,children:(0,k.jsxs)(`table`,{className:`fold`,children:[(0,k.jsx)(`thead`,{children:(0,k.jsxs)(`tr`,{children:[(0,k.jsx)(`th`,{children:e(`webhooks.url`)}),(0,k.jsx)(`th`,{children:e(`webhooks.lastSuccess`)}),(0,k.jsx)(`th`,{children:e(`webhooks.lastFailure`)}),(0,k.jsx)(`th`,{children:(0,k.jsx)(`span`,{className:`sr`,children:e(`actions`)})})]})}),(0,k.jsx)(`tbody`,{children:t.map(t=>(0,k.jsxs)(`tr`,{children:[(0,k.jsxs)(`td`,{children:[(0,k.jsx)(`code`,{children:t.url}),t.description&&(0,k.jsx)(`span`,{className:`sub`,children:t.description})]}),(0,k.jsx)(`td`,{"data-label":e(`webhooks.lastSuccess`),children:t.lastSuccess?(0,k.jsx)(y,{at:t.lastSuccess}):(0,k.jsx)(`span`,{className:`quiet`,children:e(`apiKeys.never`)})}),(0,k.jsx)(`td`,{"data-label":e(`webhooks.lastFailure`),children:t.lastFailure?(0,k.jsxs)(k.Fragment,{children:[(0,k.jsx)(y,{at:t.lastFailure}),(0,k.jsx)(`span`,{className:`sub`,children:t.failure})]}):(0,k.jsx)(`span`,{className:`quiet`,children:e(`apiKeys.never`)})}),(0,k.jsx)(`td`,{className:`actions`,children:(0,k.jsxs)(`span`,{className:`row end`,children:[(0,k.jsxs)(D,{small:!0,busy:x.busy,onClick:()=>x.run(t.id),children:[(0,k.jsx)(a,{"aria-hidden":!0}),e(`webhooks.test`)]}),(0,k.jsxs)(D,{small:!0,kind:`danger`,onClick:()=>h(t),children:[(0,k.jsx)(n,{"aria-hidden":!0}),e(`webhooks.remove`)]})]})})]},t.id))})]})})}),o&&(0,k.jsx)(H,{onClose:()=>{d(!1),g()}}),m&&(0,k.jsx)(b,{title:e(`webhooks.remove.title`),name:m.url,action:e(`webhooks.remove`),done:e(`webhooks.removed`),onClose:()=>h(null),run:async()=>{await p(F,{id:m.id}),await g()},children:(0,k.jsx)(`p`,{children:e(`webhooks.remove.lead`)})})]})}function H({onClose:e}){let{t}=f(),[n,r]=(0,O.useState)(``),[i,a]=(0,O.useState)(``),[o,s]=(0,O.useState)(null),c=/^https:\/\/.+/.test(n.trim()),{run:l,busy:u,failure:d}=S(()=>p(P,{url:n.trim(),description:i.trim()||null}),({createWebhook:e})=>s(e.secret));return o?(0,k.jsxs)(h,{title:t(`webhooks.made`),onClose:e,footer:(0,k.jsx)(D,{kind:`primary`,onClick:e,children:t(`secret.done`)}),children:[(0,k.jsx)(`p`,{children:t(`webhooks.secret`)}),(0,k.jsx)(g,{secret:o})]}):(0,k.jsxs)(h,{title:t(`webhooks.new`),onClose:e,onSubmit:()=>{c&&l()},footer:(0,k.jsxs)(k.Fragment,{children:[(0,k.jsx)(D,{onClick:e,children:t(`cancel`)}),(0,k.jsx)(D,{kind:`primary`,type:`submit`,busy:u,disabled:!c,children:t(`webhooks.create`)})]}),children:[(0,k.jsx)(T,{label:t(`webhooks.url`),error:n&&!c?t(`webhooks.url.problem`):void 0,children:e=>(0,k.jsx)(`input`,{...e,type:`url`,value:n,autoComplete:`off`,spellCheck:!1,placeholder:`https://`,onChange:e=>r(e.target.value)})}),(0,k.jsx)(T,{label:t(`webhooks.description`),optional:!0,children:e=>(0,k.jsx)(`input`,{...e,value:i,maxLength:200,onChange:e=>a(e.target.value)})}),d&&(0,k.jsx)(E,{failure:d})]})}export{L as n,R as t};