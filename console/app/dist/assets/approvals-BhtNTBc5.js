import{$ as e,d as t,mt as n,n as r,pt as i,q as a,ut as o}from"./base-DDzvCQ0u.js";import{t as s}from"./gql-Bv0lbJZ9.js";import{L as c,O as l,_ as u,c as d,f,h as p,n as m,o as h,p as g,t as _,v,x as y}from"./ui-Bo3gJaWn.js";import{i as b}from"./session-CbR2GnEx.js";var x=n(),S=s(`
  query Approvals {
    approvals {
      id
      requester
      purpose
      subject
      reason
      requestDate
      approvedBy
      expirationDate
    }
  }
`),C=s(`
  mutation Approve($id: ID!) {
    approve(id: $id) {
      id
    }
  }
`),w=s(`
  mutation Decline($id: ID!) {
    declineApproval(id: $id) {
      id
    }
  }
`);function T(){let{t:n}=c(),r=o({queryKey:[`approvals`],queryFn:()=>l(S),refetchInterval:15e3});return(0,x.jsx)(m,{title:n(`approvals.title`),lead:n(`approvals.lead`),children:(0,x.jsx)(f,{query:r,children:({approvals:r})=>r.length===0?(0,x.jsx)(_,{children:(0,x.jsx)(g,{icon:t,title:n(`approvals.none`),actions:(0,x.jsx)(e,{className:`button`,href:`/purposes`,children:n(`policy.title`)}),children:n(`approvals.none.todo`)})}):(0,x.jsx)(`div`,{className:`stack`,children:r.map(e=>(0,x.jsx)(E,{approval:e},e.id))})})})}function E({approval:{id:t,requester:n,purpose:o,subject:s,reason:f,requestDate:m,approvedBy:g,expirationDate:S}}){let{t:T}=c(),{actor:E,may:D}=b(),O=d(),k=i(),A=e=>()=>{O(e),k.invalidateQueries({queryKey:[`approvals`]})},j=h(()=>l(C,{id:t}),A(T(`approvals.approved`))),M=h(()=>l(w,{id:t}),A(T(`approvals.declined`))),N=n===E;return(0,x.jsx)(_,{title:(0,x.jsxs)(`span`,{className:`row`,children:[o,` `,g?(0,x.jsx)(u,{tone:`good`,children:T(`approvals.holds`)}):(0,x.jsx)(u,{tone:`warn`,children:T(`approvals.waits`)})]}),actions:(0,x.jsxs)(x.Fragment,{children:[(0,x.jsxs)(y,{small:!0,kind:`danger`,busy:M.busy,onClick:()=>M.run(),children:[(0,x.jsx)(r,{"aria-hidden":!0}),T(g?`approvals.withdraw`:N?`approvals.withdrawOwn`:`approvals.decline`)]}),!g&&D(`PRIVACY`)&&(0,x.jsxs)(y,{small:!0,kind:`primary`,busy:j.busy,disabled:N,title:N?T(`approvals.own`):void 0,onClick:()=>j.run(),children:[(0,x.jsx)(a,{"aria-hidden":!0}),T(`approvals.approve`)]})]}),children:(0,x.jsxs)(`div`,{className:`stack`,children:[(0,x.jsx)(`p`,{children:f}),(0,x.jsxs)(`dl`,{className:`facts tight`,children:[(0,x.jsx)(`dt`,{children:T(`approvals.requester`)}),(0,x.jsxs)(`dd`,{children:[(0,x.jsx)(`code`,{children:n}),N&&(0,x.jsxs)(`span`,{className:`quiet`,children:[` (`,T(`approvals.you`),`)`]})]}),(0,x.jsx)(`dt`,{children:T(`approvals.subject`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(e,{href:`/shoppers/Profile/${s}`,children:(0,x.jsx)(`code`,{children:s})})}),(0,x.jsx)(`dt`,{children:T(`approvals.when`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(p,{at:m})}),g&&(0,x.jsxs)(x.Fragment,{children:[(0,x.jsx)(`dt`,{children:T(`approvals.by`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(`code`,{children:g})})]}),(0,x.jsx)(`dt`,{children:T(`approvals.until`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(p,{at:S,full:!0})})]}),N&&!g&&(0,x.jsx)(`p`,{className:`quiet`,children:T(`approvals.own`)}),(j.failure??M.failure)&&(0,x.jsx)(v,{failure:j.failure??M.failure})]})})}export{T as default};