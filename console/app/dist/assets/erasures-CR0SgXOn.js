import{G as e,K as t,ct as n,g as r,ht as i,it as a,ot as o,pt as s,yt as c}from"./base-CI75EYC3.js";import{$ as l,A as u,C as d,I as f,N as p,O as m,P as h,R as g,S as _,T as v,Y as y,a as b,b as x,f as S,j as C,q as w,rt as T,y as E}from"./parts-CXP8qNce.js";import{t as D}from"./holds-DKmACorN.js";var O=c(),k=g(`
  query Erasures($after: ID) {
    erasures(first: 50, after: $after) {
      subject
      reference
      requestDate
      requestedBy
      completionDate
      documents
      versions
    }
  }
`),A=g(`
  query Erasure($subject: ID!) {
    erasure(subject: $subject) {
      reference
      requestDate
      requestedBy
      completionDate
      documents
      versions
    }
  }
`),j=g(`
  query Certificate($subject: ID!) {
    erasure(subject: $subject) {
      certificate
    }
  }
`);function M(){return(0,O.jsxs)(n,{children:[(0,O.jsx)(o,{path:`/erasures/:subject`,children:({subject:e})=>(0,O.jsx)(R,{subject:e},e)}),(0,O.jsx)(o,{children:(0,O.jsx)(N,{})})]})}function N(){let{t:e}=T();return(0,O.jsxs)(x,{title:e(`erasures.title`),lead:e(`erasures.lead`),children:[(0,O.jsx)(L,{}),(0,O.jsx)(D,{})]})}function P(){return S(async e=>{let{erasure:t}=await y(j,{subject:e});if(!t?.certificate)throw new w(`NOT_FOUND`,`The erasure has no certificate yet.`);let n=URL.createObjectURL(new Blob([l(t.certificate)],{type:`application/json`})),r=document.createElement(`a`);r.href=n,r.download=`erasure-${e}.json`,r.click(),setTimeout(()=>URL.revokeObjectURL(n),6e4)})}function F({small:e,busy:n,onClick:r}){let{t:i}=T();return(0,O.jsxs)(p,{small:e??!1,busy:n,onClick:r,children:[(0,O.jsx)(t,{"aria-hidden":!0}),i(`erasures.certificate`)]})}var I=({at:e,full:t})=>{let{t:n}=T();return e?(0,O.jsx)(v,{at:e,full:t??!1}):(0,O.jsx)(m,{tone:`warn`,children:n(`erasures.underWay`)})};function L(){let{t,many:n}=T(),r=P(),i=s({queryKey:[`erasures`],queryFn:async({pageParam:e})=>(await y(k,{after:e})).erasures,initialPageParam:null,getNextPageParam:e=>e.length<50?void 0:e.at(-1)?.subject});return(0,O.jsxs)(E,{title:t(`erasures.list`),lead:t(`erasures.list.lead`),flush:!0,children:[r.failure&&(0,O.jsx)(`div`,{className:`body`,children:(0,O.jsx)(u,{failure:r.failure})}),(0,O.jsx)(_,{query:i,children:({pages:o})=>{let s=o.flat();return s.length===0?(0,O.jsx)(d,{icon:e,title:t(`erasures.none`),children:t(`erasures.none.todo`)}):(0,O.jsxs)(O.Fragment,{children:[(0,O.jsx)(b,{rows:s,id:({subject:e})=>e,columns:[[t(`approvals.subject`),({subject:e})=>(0,O.jsx)(a,{href:`/erasures/${e}`,children:(0,O.jsx)(`code`,{children:e})})],[t(`reference`),({reference:e})=>e??(0,O.jsx)(`span`,{className:`quiet`,children:`—`})],[t(`erasures.requested`),({requestDate:e,requestedBy:t})=>(0,O.jsxs)(O.Fragment,{children:[(0,O.jsx)(v,{at:e}),(0,O.jsx)(`span`,{className:`sub`,children:t})]})],[t(`erasures.completed`),({completionDate:e})=>(0,O.jsx)(I,{at:e})],[t(`erasures.erased`),({documents:e,versions:t})=>(0,O.jsxs)(O.Fragment,{children:[n(`erasures.documents`,e),(0,O.jsx)(`span`,{className:`sub`,children:n(`erasures.versions`,t)})]})]],actions:({subject:e,completionDate:t})=>t&&(0,O.jsx)(F,{small:!0,busy:r.busy,onClick:()=>r.run(e)})}),i.hasNextPage&&(0,O.jsx)(`footer`,{className:`row end`,children:(0,O.jsx)(p,{busy:i.isFetchingNextPage,onClick:()=>void i.fetchNextPage(),children:t(`more`)})})]})}})]})}function R({subject:e}){let{t,many:n}=T(),a=P(),o=i({queryKey:[`erasures`,e],queryFn:async()=>(await y(A,{subject:e})).erasure??null,refetchInterval:({state:e})=>e.data&&!e.data.completionDate?5e3:!1});return(0,O.jsxs)(x,{title:t(`erasures.one`),crumbs:[[`/erasures`,t(`erasures.title`)]],lead:(0,O.jsx)(f,{text:e}),actions:o.data?.completionDate&&(0,O.jsx)(F,{busy:a.busy,onClick:()=>a.run(e)}),children:[a.failure&&(0,O.jsx)(u,{failure:a.failure}),(0,O.jsx)(_,{query:o,children:e=>e?(0,O.jsxs)(O.Fragment,{children:[e.completionDate?(0,O.jsx)(C,{tone:`good`,title:t(`erasures.done`),children:t(`erasures.done.lead`)}):(0,O.jsx)(C,{tone:`warn`,title:t(`erasures.notYet`),children:t(`erasures.notYet.lead`)}),(0,O.jsx)(E,{children:(0,O.jsxs)(`dl`,{className:`facts`,children:[(0,O.jsx)(`dt`,{children:t(`erasures.erased`)}),(0,O.jsxs)(`dd`,{children:[n(`erasures.documents`,e.documents),`, `,n(`erasures.versions`,e.versions)]}),(0,O.jsx)(`dt`,{children:t(`reference`)}),(0,O.jsx)(`dd`,{children:e.reference??(0,O.jsx)(`span`,{className:`quiet`,children:`—`})}),(0,O.jsx)(`dt`,{children:t(`erasures.requested`)}),(0,O.jsxs)(`dd`,{children:[(0,O.jsx)(v,{at:e.requestDate,full:!0}),` · `,(0,O.jsx)(`code`,{children:e.requestedBy})]}),(0,O.jsx)(`dt`,{children:t(`erasures.completed`)}),(0,O.jsx)(`dd`,{children:(0,O.jsx)(I,{at:e.completionDate,full:!0})})]})})]}):(0,O.jsx)(E,{children:(0,O.jsx)(d,{icon:r,title:t(`erasures.missing`),actions:(0,O.jsx)(h,{href:`/erasures`,children:t(`erasures.title`)})})})})]})}export{M as default};