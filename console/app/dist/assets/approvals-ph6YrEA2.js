import{Q as e,d as t,ht as n,it as r,n as i,vt as a,yt as o}from"./base-CI75EYC3.js";import{A as s,C as c,G as l,N as u,O as d,R as f,S as p,T as m,Y as h,b as g,f as _,m as v,rt as y,y as b}from"./parts-CXP8qNce.js";var x=o(),S=f(`
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
`),C=f(`
  mutation Approve($id: ID!) {
    approve(id: $id) {
      id
    }
  }
`),w=f(`
  mutation Decline($id: ID!) {
    declineApproval(id: $id) {
      id
    }
  }
`);function T(){let{t:e}=y(),i=n({queryKey:[`approvals`],queryFn:()=>h(S),refetchInterval:15e3});return(0,x.jsx)(g,{title:e(`approvals.title`),lead:e(`approvals.lead`),children:(0,x.jsx)(p,{query:i,children:({approvals:n})=>n.length===0?(0,x.jsx)(b,{children:(0,x.jsx)(c,{icon:t,title:e(`approvals.none`),actions:(0,x.jsx)(r,{className:`button`,href:`/purposes`,children:e(`policy.title`)}),children:e(`approvals.none.todo`)})}):(0,x.jsx)(`div`,{className:`stack`,children:n.map(e=>(0,x.jsx)(E,{approval:e},e.id))})})})}function E({approval:{id:t,requester:n,purpose:o,subject:c,reason:f,requestDate:p,approvedBy:g,expirationDate:S}}){let{t:T}=y(),{actor:E,may:D}=l(),O=v(),k=a(),A=e=>()=>{O(e),k.invalidateQueries({queryKey:[`approvals`]})},j=_(()=>h(C,{id:t}),A(T(`approvals.approved`))),M=_(()=>h(w,{id:t}),A(T(`approvals.declined`))),N=n===E;return(0,x.jsx)(b,{title:(0,x.jsxs)(`span`,{className:`row`,children:[o,` `,g?(0,x.jsx)(d,{tone:`good`,children:T(`approvals.holds`)}):(0,x.jsx)(d,{tone:`warn`,children:T(`approvals.waits`)})]}),actions:(0,x.jsxs)(x.Fragment,{children:[(0,x.jsxs)(u,{small:!0,kind:`danger`,busy:M.busy,onClick:()=>M.run(),children:[(0,x.jsx)(i,{"aria-hidden":!0}),T(g?`approvals.withdraw`:N?`approvals.withdrawOwn`:`approvals.decline`)]}),!g&&D(`PRIVACY`)&&(0,x.jsxs)(u,{small:!0,kind:`primary`,busy:j.busy,disabled:N,title:N?T(`approvals.own`):void 0,onClick:()=>j.run(),children:[(0,x.jsx)(e,{"aria-hidden":!0}),T(`approvals.approve`)]})]}),children:(0,x.jsxs)(`div`,{className:`stack`,children:[(0,x.jsx)(`p`,{children:f}),(0,x.jsxs)(`dl`,{className:`facts tight`,children:[(0,x.jsx)(`dt`,{children:T(`approvals.requester`)}),(0,x.jsxs)(`dd`,{children:[(0,x.jsx)(`code`,{children:n}),N&&(0,x.jsxs)(`span`,{className:`quiet`,children:[` (`,T(`approvals.you`),`)`]})]}),(0,x.jsx)(`dt`,{children:T(`approvals.subject`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(r,{href:`/shoppers/Profile/${c}`,children:(0,x.jsx)(`code`,{children:c})})}),(0,x.jsx)(`dt`,{children:T(`approvals.when`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(m,{at:p})}),g&&(0,x.jsxs)(x.Fragment,{children:[(0,x.jsx)(`dt`,{children:T(`approvals.by`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(`code`,{children:g})})]}),(0,x.jsx)(`dt`,{children:T(`approvals.until`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(m,{at:S,full:!0})})]}),N&&!g&&(0,x.jsx)(`p`,{className:`quiet`,children:T(`approvals.own`)}),(j.failure??M.failure)&&(0,x.jsx)(s,{failure:j.failure??M.failure})]})})}export{T as default};