import{Y as e,d as t,ft as n,gt as r,ht as i,n as a,tt as o}from"./base-BHXnqF6y.js";import{E as s,J as c,P as l,W as u,c as d,g as f,h as p,k as m,rt as h,u as g,v as _,w as v,x as y,y as b}from"./parts-CqTwxoh1.js";var x=r(),S=l(`
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
`),C=l(`
  mutation Approve($id: ID!) {
    approve(id: $id) {
      id
    }
  }
`),w=l(`
  mutation Decline($id: ID!) {
    declineApproval(id: $id) {
      id
    }
  }
`);function T(){let{t:e}=h(),r=n({queryKey:[`approvals`],queryFn:()=>c(S),refetchInterval:15e3});return(0,x.jsx)(f,{title:e(`approvals.title`),lead:e(`approvals.lead`),children:(0,x.jsx)(_,{query:r,children:({approvals:n})=>n.length===0?(0,x.jsx)(p,{children:(0,x.jsx)(b,{icon:t,title:e(`approvals.none`),actions:(0,x.jsx)(o,{className:`button`,href:`/purposes`,children:e(`policy.title`)}),children:e(`approvals.none.todo`)})}):(0,x.jsx)(`div`,{className:`stack`,children:n.map(e=>(0,x.jsx)(E,{approval:e},e.id))})})})}function E({approval:{id:t,requester:n,purpose:r,subject:l,reason:f,requestDate:_,approvedBy:b,expirationDate:S}}){let{t:T}=h(),{actor:E,may:D}=u(),O=g(),k=i(),A=e=>()=>{O(e),k.invalidateQueries({queryKey:[`approvals`]})},j=d(()=>c(C,{id:t}),A(T(`approvals.approved`))),M=d(()=>c(w,{id:t}),A(T(`approvals.declined`))),N=n===E;return(0,x.jsx)(p,{title:(0,x.jsxs)(`span`,{className:`row`,children:[r,` `,b?(0,x.jsx)(v,{tone:`good`,children:T(`approvals.holds`)}):(0,x.jsx)(v,{tone:`warn`,children:T(`approvals.waits`)})]}),actions:(0,x.jsxs)(x.Fragment,{children:[(0,x.jsxs)(m,{small:!0,kind:`danger`,busy:M.busy,onClick:()=>M.run(),children:[(0,x.jsx)(a,{"aria-hidden":!0}),T(b?`approvals.withdraw`:N?`approvals.withdrawOwn`:`approvals.decline`)]}),!b&&D(`PRIVACY`)&&(0,x.jsxs)(m,{small:!0,kind:`primary`,busy:j.busy,disabled:N,title:N?T(`approvals.own`):void 0,onClick:()=>j.run(),children:[(0,x.jsx)(e,{"aria-hidden":!0}),T(`approvals.approve`)]})]}),children:(0,x.jsxs)(`div`,{className:`stack`,children:[(0,x.jsx)(`p`,{children:f}),(0,x.jsxs)(`dl`,{className:`facts tight`,children:[(0,x.jsx)(`dt`,{children:T(`approvals.requester`)}),(0,x.jsxs)(`dd`,{children:[(0,x.jsx)(`code`,{children:n}),N&&(0,x.jsxs)(`span`,{className:`quiet`,children:[` (`,T(`approvals.you`),`)`]})]}),(0,x.jsx)(`dt`,{children:T(`approvals.subject`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(o,{href:`/shoppers/Profile/${l}`,children:(0,x.jsx)(`code`,{children:l})})}),(0,x.jsx)(`dt`,{children:T(`approvals.when`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(y,{at:_})}),b&&(0,x.jsxs)(x.Fragment,{children:[(0,x.jsx)(`dt`,{children:T(`approvals.by`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(`code`,{children:b})})]}),(0,x.jsx)(`dt`,{children:T(`approvals.until`)}),(0,x.jsx)(`dd`,{children:(0,x.jsx)(y,{at:S,full:!0})})]}),N&&!b&&(0,x.jsx)(`p`,{className:`quiet`,children:T(`approvals.own`)}),(j.failure??M.failure)&&(0,x.jsx)(s,{failure:j.failure??M.failure})]})})}export{T as default};