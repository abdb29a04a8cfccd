import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{C as t,bt as n,c as r,ht as i,i as a,m as o,r as s,rt as c,vt as l,yt as u}from"./base-CI75EYC3.js";import{C as d,E as f,N as p,O as m,P as h,X as g,_,b as v,d as y,f as b,h as x,j as S,k as C,o as w,ot as T,p as E,w as D,x as O,z as k}from"./parts-BR6fFGXW.js";var A=e(n(),1),j=u(),M=k(`
  query Consumers {
    consumers {
      id
      creationDate
      createdBy
      revocationDate
    }
  }
`),N=k(`
  mutation CreateConsumer($id: ID!) {
    createConsumer(id: $id) {
      id
    }
  }
`),P=k(`
  mutation RevokeConsumer($id: ID!) {
    revokeConsumer(id: $id) {
      id
    }
  }
`),F=k(`
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
`),I=k(`
  mutation CreateWebhook($url: String!, $description: String) {
    createWebhook(url: $url, description: $description) {
      secret
    }
  }
`),L=k(`
  mutation DeleteWebhook($id: ID!) {
    deleteWebhook(id: $id)
  }
`),R=k(`
  mutation TestWebhook($id: ID!) {
    testWebhook(id: $id) {
      delivered
      failure
    }
  }
`),z=()=>i({queryKey:[`consumers`],queryFn:()=>g(M)});function B(){let{t:e}=T();return(0,j.jsxs)(O,{title:e(`integrations.title`),lead:e(`integrations.lead`),children:[(0,j.jsx)(V,{}),(0,j.jsx)(U,{})]})}function V(){let{t:e}=T(),n=l(),r=z(),[i,o]=(0,A.useState)(!1),[s,u]=(0,A.useState)(null);return(0,j.jsxs)(v,{title:e(`consumers.title`),lead:e(`consumers.lead`),flush:!0,actions:(0,j.jsxs)(h,{small:!0,onClick:()=>o(!0),children:[(0,j.jsx)(t,{"aria-hidden":!0}),e(`consumers.new`)]}),children:[(0,j.jsx)(d,{query:r,children:({consumers:t})=>t.length===0?(0,j.jsx)(D,{icon:a,title:e(`consumers.none`),children:e(`consumers.none.todo`)}):(0,j.jsx)(w,{rows:t,id:({id:e})=>e,columns:[[e(`consumers.id`),({id:e})=>(0,j.jsx)(`strong`,{children:e})],[e(`apiKeys.created`),({creationDate:e})=>(0,j.jsx)(f,{at:e})],[e(`apiKeys.state`),({revocationDate:t})=>t?(0,j.jsx)(C,{tone:`bad`,children:e(`apiKeys.revoked`)}):(0,j.jsx)(C,{tone:`good`,children:e(`apiKeys.valid`)})]],actions:t=>!t.revocationDate&&(0,j.jsxs)(h,{small:!0,kind:`danger`,onClick:()=>u(t),children:[(0,j.jsx)(c,{"aria-hidden":!0}),e(`apiKeys.revoke`)]})})}),i&&(0,j.jsx)(H,{onClose:()=>o(!1)}),s&&(0,j.jsx)(y,{title:e(`consumers.revoke.title`),name:s.id,action:e(`consumers.revoke.do`),done:e(`consumers.revoke.done`),onClose:()=>u(null),run:async()=>{await g(P,{id:s.id}),await n.invalidateQueries({queryKey:[`consumers`]})},children:(0,j.jsx)(`p`,{children:e(`consumers.revoke.lead`)})})]})}function H({onClose:e}){let{t}=T(),n=x(),r=l(),[i,a]=(0,A.useState)(``),o=/^[a-z][a-z0-9-]{0,62}$/.test(i),{run:s,busy:c,failure:u}=E(()=>g(N,{id:i}),()=>{n(t(`consumers.made`,{id:i})),r.invalidateQueries({queryKey:[`consumers`]}),e()});return(0,j.jsxs)(b,{title:t(`consumers.new`),onClose:e,onSubmit:()=>{o&&s()},footer:(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(h,{onClick:e,children:t(`cancel`)}),(0,j.jsx)(h,{kind:`primary`,type:`submit`,busy:c,disabled:!o,children:t(`consumers.create`)})]}),children:[(0,j.jsx)(`p`,{children:t(`consumers.new.lead`)}),(0,j.jsx)(_,{label:t(`consumers.id`),hint:t(`accounts.id.hint`),error:i&&!o?t(`consumers.id.problem`):void 0,children:e=>(0,j.jsx)(`input`,{...e,value:i,autoComplete:`off`,spellCheck:!1,placeholder:`erp`,onChange:e=>a(e.target.value)})}),u&&(0,j.jsx)(S,{failure:u})]})}function U(){let{t:e}=T(),n=x(),a=l(),c=i({queryKey:[`webhooks`],queryFn:()=>g(F)}),[u,f]=(0,A.useState)(!1),[p,_]=(0,A.useState)(null),b=()=>a.invalidateQueries({queryKey:[`webhooks`]}),C=E(e=>g(R,{id:e}),({testWebhook:{delivered:t,failure:r}})=>{n(t?e(`webhooks.delivered`):e(`webhooks.failed`,{why:r??``})),b()});return(0,j.jsxs)(v,{title:e(`webhooks.title`),lead:e(`webhooks.lead`),flush:!0,actions:(0,j.jsxs)(h,{small:!0,onClick:()=>f(!0),children:[(0,j.jsx)(t,{"aria-hidden":!0}),e(`webhooks.new`)]}),children:[C.failure&&(0,j.jsx)(`div`,{className:`body`,children:(0,j.jsx)(S,{failure:C.failure})}),(0,j.jsx)(d,{query:c,children:({webhooks:t})=>t.length===0?(0,j.jsx)(D,{icon:s,title:e(`webhooks.none`),children:e(`webhooks.none.todo`)}):(0,j.jsx)(w,{rows:t,id:({id:e})=>e,columns:[[e(`webhooks.url`),({url:e,description:t})=>(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(`code`,{children:e}),t&&(0,j.jsx)(`span`,{className:`sub`,children:t})]})],[e(`webhooks.lastSuccess`),({lastSuccess:e})=>(0,j.jsx)(m,{at:e})],[e(`webhooks.lastFailure`),({lastFailure:e,failure:t})=>(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(m,{at:e}),e&&(0,j.jsx)(`span`,{className:`sub`,children:t})]})]],actions:t=>(0,j.jsxs)(j.Fragment,{children:[(0,j.jsxs)(h,{small:!0,busy:C.busy,onClick:()=>C.run(t.id),children:[(0,j.jsx)(o,{"aria-hidden":!0}),e(`webhooks.test`)]}),(0,j.jsxs)(h,{small:!0,kind:`danger`,onClick:()=>_(t),children:[(0,j.jsx)(r,{"aria-hidden":!0}),e(`webhooks.remove`)]})]})})}),u&&(0,j.jsx)(W,{onClose:()=>{f(!1),b()}}),p&&(0,j.jsx)(y,{title:e(`webhooks.remove.title`),name:p.url,action:e(`webhooks.remove`),done:e(`webhooks.removed`),onClose:()=>_(null),run:async()=>{await g(L,{id:p.id}),await b()},children:(0,j.jsx)(`p`,{children:e(`webhooks.remove.lead`)})})]})}function W({onClose:e}){let{t}=T(),[n,r]=(0,A.useState)(``),[i,a]=(0,A.useState)(``),[o,s]=(0,A.useState)(null),c=/^https:\/\/.+/.test(n.trim()),{run:l,busy:u,failure:d}=E(()=>g(I,{url:n.trim(),description:i.trim()||null}),({createWebhook:e})=>s(e.secret));return o?(0,j.jsxs)(b,{title:t(`webhooks.made`),onClose:e,footer:(0,j.jsx)(h,{kind:`primary`,onClick:e,children:t(`secret.done`)}),children:[(0,j.jsx)(`p`,{children:t(`webhooks.secret`)}),(0,j.jsx)(p,{secret:o})]}):(0,j.jsxs)(b,{title:t(`webhooks.new`),onClose:e,onSubmit:()=>{c&&l()},footer:(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(h,{onClick:e,children:t(`cancel`)}),(0,j.jsx)(h,{kind:`primary`,type:`submit`,busy:u,disabled:!c,children:t(`webhooks.create`)})]}),children:[(0,j.jsx)(_,{label:t(`webhooks.url`),error:n&&!c?t(`webhooks.url.problem`):void 0,children:e=>(0,j.jsx)(`input`,{...e,type:`url`,value:n,autoComplete:`off`,spellCheck:!1,placeholder:`https://`,onChange:e=>r(e.target.value)})}),(0,j.jsx)(_,{label:t(`webhooks.description`),optional:!0,children:e=>(0,j.jsx)(`input`,{...e,value:i,maxLength:200,onChange:e=>a(e.target.value)})}),d&&(0,j.jsx)(S,{failure:d})]})}export{z as n,B as t};