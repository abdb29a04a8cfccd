import{Y as e,d as t,ft as n,gt as r,ht as i,n as a,tt as o}from"./base-BHXnqF6y.js";import{t as s}from"./gql-DxPkThww.js";import{C as c,E as l,H as u,N as d,a as f,f as p,g as m,h,p as g,s as _,v,x as y}from"./ui-BZkoo4iL.js";import{i as b}from"./session-OAREzxj2.js";var x=r(),S=s(`
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
`);function T(){let{t:e}=u(),r=n({queryKey:[`approvals`],queryFn:()=>d(S),refetchInterval:15e3});return(0,x.jsx)(g,{title:e(`approvals.title`),lead:e(`approvals.lead`),children:(0,x.jsx)(h,{query:r,children:({approvals:n})=>n.length===0?(0,x.jsx)(p,{children:(0,x.jsx)(m,{icon:t,title:e(`approvals.none`),actions:(0,x.jsx)(o,{className:`button`,href:`/purposes`,children:e(`policy.title`)}),children:e(`approvals.none.todo`)})}):(0,x.jsx)(`div`,{className:`stack`,children:n.map(e=>(0,x.jsx)(E,{approval:e},e.id))})})})}function E({approval:{id:t,requester:n,purpose:r,subject:s,reason:m,requestDate:h,approvedBy:g,expirationDate:S}}){let{t:T}=u(),{actor:E,may:D}=b(),O=_(),k=i(),A=e=>()=>{O(e),k.invalidateQueries({queryKey:[`approvals`]})},j=f(()=>d(C,{id:t}),A(T(`approvals.approved`))),M=f(()=>d(w,{id:t}),A(T(`approvals.declined`))),N=n===E;return(0,x.jsx)(p,{title:(0,x.jsxs)(`span`,{className:`row`,children:[r,` `,g?(0,x.jsx)(y,{tone:`good`,children:T(`approvals.holds`)}):(0,x.jsx)(y,{tone:`warn`,children:T(`approvals.waits`)})]}),actions:(0,x.jsxs)(x.Fragment,{children:[(0,x.jsxs)(l,{small:!0,kind:`danger`,busy:M.busy,onClick:()=>M.run(),children:[(0,x.jsx)(a,{"aria-hidden":!0}),T(g?`approvals.withdraw`:N?`approvals.withdrawOwn`:`approvals.decline`)]}),!g&&D(`PRIVACY`)&&(0,x.jsxs)(l,{small:!0,kind:`primary`,busy:j.busy,disabled:N,title:N?T(`approvals.own`):void 0,onClick:()=>j.run(),children:[(0,x.jsx)(e,{"aria-hidden":!0}),T(`approvals.approve`)]})]}),children:(0,x.jsxs)(`div`,{className:`stack`,children:[(0,x.jsx)(`p`,{children:m}),(0,x.jsxs)(`dl`,{className:`facts tight`,children:[(0,x.jsx)(`dt`,{children:T(`approvals.requester`)}),(0,x.jsxs)(`dd`,{children:[(0,x.jsx)(`code`,{children:n}),N&&(0,x.jsxs)(`span`,{className:`quiet`,children:[` (`,T(`approvals.you`),`)`]})]}),(0,x.jsx)(`dt`,{children:T(`approvals.subject`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(o,{href:`/shoppers/Profile/${s}`,children:(0,x.jsx)(`code`,{children:s})})}),(0,x.jsx)(`dt`,{children:T(`approvals.when`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(v,{at:h})}),g&&(0,x.jsxs)(x.Fragment,{children:[(0,x.jsx)(`dt`,{children:T(`approvals.by`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(`code`,{children:g})})]}),(0,x.jsx)(`dt`,{children:T(`approvals.until`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(v,{at:S,full:!0})})]}),N&&!g&&(0,x.jsx)(`p`,{className:`quiet`,children:T(`approvals.own`)}),(j.failure??M.failure)&&(0,x.jsx)(c,{failure:j.failure??M.failure})]})})}export{T as default};