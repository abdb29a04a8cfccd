import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{S as t,_t as n,c as r,et as i,ft as a,gt as o,ht as s,i as c,m as l,r as u}from"./base-BHXnqF6y.js";import{C as d,E as f,J as p,O as m,P as h,a as g,c as _,f as v,g as y,h as b,k as x,o as S,rt as C,s as w,u as T,v as E,w as D,x as O,y as k}from"./parts-CqTwxoh1.js";var A=e(n(),1),j=o(),M=h(`
  query Consumers {
    consumers {
      id
      creationDate
      createdBy
      revocationDate
    }
  }
`),N=h(`
  mutation CreateConsumer($id: ID!) {
    createConsumer(id: $id) {
      id
    }
  }
`),P=h(`
  mutation RevokeConsumer($id: ID!) {
    revokeConsumer(id: $id) {
      id
    }
  }
`),F=h(`
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
`),I=h(`
  mutation CreateWebhook($url: String!, $description: String) {
    createWebhook(url: $url, description: $description) {
      secret
    }
  }
`),L=h(`
  mutation DeleteWebhook($id: ID!) {
    deleteWebhook(id: $id)
  }
`),R=h(`
  mutation TestWebhook($id: ID!) {
    testWebhook(id: $id) {
      delivered
      failure
    }
  }
`),z=()=>a({queryKey:[`consumers`],queryFn:()=>p(M)});function B(){let{t:e}=C();return(0,j.jsxs)(y,{title:e(`integrations.title`),lead:e(`integrations.lead`),children:[(0,j.jsx)(V,{}),(0,j.jsx)(U,{})]})}function V(){let{t:e}=C(),n=s(),r=z(),[a,o]=(0,A.useState)(!1),[l,u]=(0,A.useState)(null);return(0,j.jsxs)(b,{title:e(`consumers.title`),lead:e(`consumers.lead`),flush:!0,actions:(0,j.jsxs)(x,{small:!0,onClick:()=>o(!0),children:[(0,j.jsx)(t,{"aria-hidden":!0}),e(`consumers.new`)]}),children:[(0,j.jsx)(E,{query:r,children:({consumers:t})=>t.length===0?(0,j.jsx)(k,{icon:c,title:e(`consumers.none`),children:e(`consumers.none.todo`)}):(0,j.jsx)(g,{rows:t,id:({id:e})=>e,columns:[[e(`consumers.id`),({id:e})=>(0,j.jsx)(`strong`,{children:e})],[e(`apiKeys.created`),({creationDate:e})=>(0,j.jsx)(O,{at:e})],[e(`apiKeys.state`),({revocationDate:t})=>t?(0,j.jsx)(D,{tone:`bad`,children:e(`apiKeys.revoked`)}):(0,j.jsx)(D,{tone:`good`,children:e(`apiKeys.valid`)})]],actions:t=>!t.revocationDate&&(0,j.jsxs)(x,{small:!0,kind:`danger`,onClick:()=>u(t),children:[(0,j.jsx)(i,{"aria-hidden":!0}),e(`apiKeys.revoke`)]})})}),a&&(0,j.jsx)(H,{onClose:()=>o(!1)}),l&&(0,j.jsx)(S,{title:e(`consumers.revoke.title`),name:l.id,action:e(`consumers.revoke.do`),done:e(`consumers.revoke.done`),onClose:()=>u(null),run:async()=>{await p(P,{id:l.id}),await n.invalidateQueries({queryKey:[`consumers`]})},children:(0,j.jsx)(`p`,{children:e(`consumers.revoke.lead`)})})]})}function H({onClose:e}){let{t}=C(),n=T(),r=s(),[i,a]=(0,A.useState)(``),o=/^[a-z][a-z0-9-]{0,62}$/.test(i),{run:c,busy:l,failure:u}=_(()=>p(N,{id:i}),()=>{n(t(`consumers.made`,{id:i})),r.invalidateQueries({queryKey:[`consumers`]}),e()});return(0,j.jsxs)(w,{title:t(`consumers.new`),onClose:e,onSubmit:()=>{o&&c()},footer:(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(x,{onClick:e,children:t(`cancel`)}),(0,j.jsx)(x,{kind:`primary`,type:`submit`,busy:l,disabled:!o,children:t(`consumers.create`)})]}),children:[(0,j.jsx)(`p`,{children:t(`consumers.new.lead`)}),(0,j.jsx)(v,{label:t(`consumers.id`),hint:t(`accounts.id.hint`),error:i&&!o?t(`consumers.id.problem`):void 0,children:e=>(0,j.jsx)(`input`,{...e,value:i,autoComplete:`off`,spellCheck:!1,placeholder:`erp`,onChange:e=>a(e.target.value)})}),u&&(0,j.jsx)(f,{failure:u})]})}function U(){let{t:e}=C(),n=T(),i=s(),o=a({queryKey:[`webhooks`],queryFn:()=>p(F)}),[c,m]=(0,A.useState)(!1),[h,v]=(0,A.useState)(null),y=()=>i.invalidateQueries({queryKey:[`webhooks`]}),w=_(e=>p(R,{id:e}),({testWebhook:{delivered:t,failure:r}})=>{n(t?e(`webhooks.delivered`):e(`webhooks.failed`,{why:r??``})),y()});return(0,j.jsxs)(b,{title:e(`webhooks.title`),lead:e(`webhooks.lead`),flush:!0,actions:(0,j.jsxs)(x,{small:!0,onClick:()=>m(!0),children:[(0,j.jsx)(t,{"aria-hidden":!0}),e(`webhooks.new`)]}),children:[w.failure&&(0,j.jsx)(`div`,{className:`body`,children:(0,j.jsx)(f,{failure:w.failure})}),(0,j.jsx)(E,{query:o,children:({webhooks:t})=>t.length===0?(0,j.jsx)(k,{icon:u,title:e(`webhooks.none`),children:e(`webhooks.none.todo`)}):(0,j.jsx)(g,{rows:t,id:({id:e})=>e,columns:[[e(`webhooks.url`),({url:e,description:t})=>(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(`code`,{children:e}),t&&(0,j.jsx)(`span`,{className:`sub`,children:t})]})],[e(`webhooks.lastSuccess`),({lastSuccess:e})=>(0,j.jsx)(d,{at:e})],[e(`webhooks.lastFailure`),({lastFailure:e,failure:t})=>(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(d,{at:e}),e&&(0,j.jsx)(`span`,{className:`sub`,children:t})]})]],actions:t=>(0,j.jsxs)(j.Fragment,{children:[(0,j.jsxs)(x,{small:!0,busy:w.busy,onClick:()=>w.run(t.id),children:[(0,j.jsx)(l,{"aria-hidden":!0}),e(`webhooks.test`)]}),(0,j.jsxs)(x,{small:!0,kind:`danger`,onClick:()=>v(t),children:[(0,j.jsx)(r,{"aria-hidden":!0}),e(`webhooks.remove`)]})]})})}),c&&(0,j.jsx)(W,{onClose:()=>{m(!1),y()}}),h&&(0,j.jsx)(S,{title:e(`webhooks.remove.title`),name:h.url,action:e(`webhooks.remove`),done:e(`webhooks.removed`),onClose:()=>v(null),run:async()=>{await p(L,{id:h.id}),await y()},children:(0,j.jsx)(`p`,{children:e(`webhooks.remove.lead`)})})]})}function W({onClose:e}){let{t}=C(),[n,r]=(0,A.useState)(``),[i,a]=(0,A.useState)(``),[o,s]=(0,A.useState)(null),c=/^https:\/\/.+/.test(n.trim()),{run:l,busy:u,failure:d}=_(()=>p(I,{url:n.trim(),description:i.trim()||null}),({createWebhook:e})=>s(e.secret));return o?(0,j.jsxs)(w,{title:t(`webhooks.made`),onClose:e,footer:(0,j.jsx)(x,{kind:`primary`,onClick:e,children:t(`secret.done`)}),children:[(0,j.jsx)(`p`,{children:t(`webhooks.secret`)}),(0,j.jsx)(m,{secret:o})]}):(0,j.jsxs)(w,{title:t(`webhooks.new`),onClose:e,onSubmit:()=>{c&&l()},footer:(0,j.jsxs)(j.Fragment,{children:[(0,j.jsx)(x,{onClick:e,children:t(`cancel`)}),(0,j.jsx)(x,{kind:`primary`,type:`submit`,busy:u,disabled:!c,children:t(`webhooks.create`)})]}),children:[(0,j.jsx)(v,{label:t(`webhooks.url`),error:n&&!c?t(`webhooks.url.problem`):void 0,children:e=>(0,j.jsx)(`input`,{...e,type:`url`,value:n,autoComplete:`off`,spellCheck:!1,placeholder:`https://`,onChange:e=>r(e.target.value)})}),(0,j.jsx)(v,{label:t(`webhooks.description`),optional:!0,children:e=>(0,j.jsx)(`input`,{...e,value:i,maxLength:200,onChange:e=>a(e.target.value)})}),d&&(0,j.jsx)(f,{failure:d})]})}export{z as n,B as t};