import{Q as e,d as t,ht as n,it as r,n as i,vt as a,yt as o}from"./base-CI75EYC3.js";import{C as s,E as c,K as l,P as u,X as d,b as f,h as p,j as m,k as h,ot as g,p as _,w as v,x as y,z as b}from"./parts-BR6fFGXW.js";var x=o(),S=b(`
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
`),C=b(`
  mutation Approve($id: ID!) {
    approve(id: $id) {
      id
    }
  }
`),w=b(`
  mutation Decline($id: ID!) {
    declineApproval(id: $id) {
      id
    }
  }
`);function T(){let{t:e}=g(),i=n({queryKey:[`approvals`],queryFn:()=>d(S),refetchInterval:15e3});return(0,x.jsx)(y,{title:e(`approvals.title`),lead:e(`approvals.lead`),children:(0,x.jsx)(s,{query:i,children:({approvals:n})=>n.length===0?(0,x.jsx)(f,{children:(0,x.jsx)(v,{icon:t,title:e(`approvals.none`),actions:(0,x.jsx)(r,{className:`button`,href:`/purposes`,children:e(`policy.title`)}),children:e(`approvals.none.todo`)})}):(0,x.jsx)(`div`,{className:`stack`,children:n.map(e=>(0,x.jsx)(E,{approval:e},e.id))})})})}function E({approval:{id:t,requester:n,purpose:o,subject:s,reason:v,requestDate:y,approvedBy:b,expirationDate:S}}){let{t:T}=g(),{actor:E,may:D}=l(),O=p(),k=a(),A=e=>()=>{O(e),k.invalidateQueries({queryKey:[`approvals`]})},j=_(()=>d(C,{id:t}),A(T(`approvals.approved`))),M=_(()=>d(w,{id:t}),A(T(`approvals.declined`))),N=n===E;return(0,x.jsx)(f,{title:(0,x.jsxs)(`span`,{className:`row`,children:[o,` `,b?(0,x.jsx)(h,{tone:`good`,children:T(`approvals.holds`)}):(0,x.jsx)(h,{tone:`warn`,children:T(`approvals.waits`)})]}),actions:(0,x.jsxs)(x.Fragment,{children:[(0,x.jsxs)(u,{small:!0,kind:`danger`,busy:M.busy,onClick:()=>M.run(),children:[(0,x.jsx)(i,{"aria-hidden":!0}),T(b?`approvals.withdraw`:N?`approvals.withdrawOwn`:`approvals.decline`)]}),!b&&D(`PRIVACY`)&&(0,x.jsxs)(u,{small:!0,kind:`primary`,busy:j.busy,disabled:N,title:N?T(`approvals.own`):void 0,onClick:()=>j.run(),children:[(0,x.jsx)(e,{"aria-hidden":!0}),T(`approvals.approve`)]})]}),children:(0,x.jsxs)(`div`,{className:`stack`,children:[(0,x.jsx)(`p`,{children:v}),(0,x.jsxs)(`dl`,{className:`facts tight`,children:[(0,x.jsx)(`dt`,{children:T(`approvals.requester`)}),(0,x.jsxs)(`dd`,{children:[(0,x.jsx)(`code`,{children:n}),N&&(0,x.jsxs)(`span`,{className:`quiet`,children:[` (`,T(`approvals.you`),`)`]})]}),(0,x.jsx)(`dt`,{children:T(`approvals.subject`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(r,{href:`/shoppers/Profile/${s}`,children:(0,x.jsx)(`code`,{children:s})})}),(0,x.jsx)(`dt`,{children:T(`approvals.when`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(c,{at:y})}),b&&(0,x.jsxs)(x.Fragment,{children:[(0,x.jsx)(`dt`,{children:T(`approvals.by`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(`code`,{children:b})})]}),(0,x.jsx)(`dt`,{children:T(`approvals.until`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(c,{at:S,full:!0})})]}),N&&!b&&(0,x.jsx)(`p`,{className:`quiet`,children:T(`approvals.own`)}),(j.failure??M.failure)&&(0,x.jsx)(m,{failure:j.failure??M.failure})]})})}export{T as default};