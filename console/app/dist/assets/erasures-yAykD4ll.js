import{G as e,K as t,ct as n,g as r,ht as i,it as a,ot as o,pt as s,yt as c}from"./base-CI75EYC3.js";import{C as l,E as u,F as d,J as f,L as p,M as m,P as h,X as g,b as _,j as v,k as y,nt as b,o as x,ot as S,p as C,t as w,w as T,x as E,z as D}from"./parts-BR6fFGXW.js";import{t as O}from"./holds-Bu_9K6G8.js";var k=c(),A=D(`
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
`),j=D(`
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
`),M=D(`
  query Certificate($subject: ID!) {
    erasure(subject: $subject) {
      certificate
    }
  }
`);function N(){return(0,k.jsxs)(n,{children:[(0,k.jsx)(o,{path:`/erasures/:subject`,children:({subject:e})=>(0,k.jsx)(z,{subject:e},e)}),(0,k.jsx)(o,{children:(0,k.jsx)(P,{})})]})}function P(){let{t:e}=S();return(0,k.jsxs)(E,{title:e(`erasures.title`),lead:e(`erasures.lead`),children:[(0,k.jsx)(R,{}),(0,k.jsx)(O,{})]})}function F(){return C(async e=>{let{erasure:t}=await g(M,{subject:e});if(!t?.certificate)throw new f(`NOT_FOUND`,`The erasure has no certificate yet.`);w(`erasure-${e}.json`,b(t.certificate))})}function I({small:e,busy:n,onClick:r}){let{t:i}=S();return(0,k.jsxs)(h,{small:e??!1,busy:n,onClick:r,children:[(0,k.jsx)(t,{"aria-hidden":!0}),i(`erasures.certificate`)]})}var L=({at:e,full:t})=>{let{t:n}=S();return e?(0,k.jsx)(u,{at:e,full:t??!1}):(0,k.jsx)(y,{tone:`warn`,children:n(`erasures.underWay`)})};function R(){let{t,many:n}=S(),r=F(),i=s({queryKey:[`erasures`],queryFn:async({pageParam:e})=>(await g(A,{after:e})).erasures,initialPageParam:null,getNextPageParam:e=>e.length<50?void 0:e.at(-1)?.subject});return(0,k.jsxs)(_,{title:t(`erasures.list`),lead:t(`erasures.list.lead`),flush:!0,children:[r.failure&&(0,k.jsx)(`div`,{className:`body`,children:(0,k.jsx)(v,{failure:r.failure})}),(0,k.jsx)(l,{query:i,children:({pages:o})=>{let s=o.flat();return s.length===0?(0,k.jsx)(T,{icon:e,title:t(`erasures.none`),children:t(`erasures.none.todo`)}):(0,k.jsxs)(k.Fragment,{children:[(0,k.jsx)(x,{rows:s,id:({subject:e})=>e,columns:[[t(`approvals.subject`),({subject:e})=>(0,k.jsx)(a,{href:`/erasures/${e}`,children:(0,k.jsx)(`code`,{children:e})})],[t(`reference`),({reference:e})=>e??(0,k.jsx)(`span`,{className:`quiet`,children:`—`})],[t(`erasures.requested`),({requestDate:e,requestedBy:t})=>(0,k.jsxs)(k.Fragment,{children:[(0,k.jsx)(u,{at:e}),(0,k.jsx)(`span`,{className:`sub`,children:t})]})],[t(`erasures.completed`),({completionDate:e})=>(0,k.jsx)(L,{at:e})],[t(`erasures.erased`),({documents:e,versions:t})=>(0,k.jsxs)(k.Fragment,{children:[n(`erasures.documents`,e),(0,k.jsx)(`span`,{className:`sub`,children:n(`erasures.versions`,t)})]})]],actions:({subject:e,completionDate:t})=>t&&(0,k.jsx)(I,{small:!0,busy:r.busy,onClick:()=>r.run(e)})}),i.hasNextPage&&(0,k.jsx)(`footer`,{className:`row end`,children:(0,k.jsx)(h,{busy:i.isFetchingNextPage,onClick:()=>void i.fetchNextPage(),children:t(`more`)})})]})}})]})}function z({subject:e}){let{t,many:n}=S(),a=F(),o=i({queryKey:[`erasures`,e],queryFn:async()=>(await g(j,{subject:e})).erasure??null,refetchInterval:({state:e})=>e.data&&!e.data.completionDate?5e3:!1});return(0,k.jsxs)(E,{title:t(`erasures.one`),crumbs:[[`/erasures`,t(`erasures.title`)]],lead:(0,k.jsx)(p,{text:e}),actions:o.data?.completionDate&&(0,k.jsx)(I,{busy:a.busy,onClick:()=>a.run(e)}),children:[a.failure&&(0,k.jsx)(v,{failure:a.failure}),(0,k.jsx)(l,{query:o,children:e=>e?(0,k.jsxs)(k.Fragment,{children:[e.completionDate?(0,k.jsx)(m,{tone:`good`,title:t(`erasures.done`),children:t(`erasures.done.lead`)}):(0,k.jsx)(m,{tone:`warn`,title:t(`erasures.notYet`),children:t(`erasures.notYet.lead`)}),(0,k.jsx)(_,{children:(0,k.jsxs)(`dl`,{className:`facts`,children:[(0,k.jsx)(`dt`,{children:t(`erasures.erased`)}),(0,k.jsxs)(`dd`,{children:[n(`erasures.documents`,e.documents),`, `,n(`erasures.versions`,e.versions)]}),(0,k.jsx)(`dt`,{children:t(`reference`)}),(0,k.jsx)(`dd`,{children:e.reference??(0,k.jsx)(`span`,{className:`quiet`,children:`—`})}),(0,k.jsx)(`dt`,{children:t(`erasures.requested`)}),(0,k.jsxs)(`dd`,{children:[(0,k.jsx)(u,{at:e.requestDate,full:!0}),` · `,(0,k.jsx)(`code`,{children:e.requestedBy})]}),(0,k.jsx)(`dt`,{children:t(`erasures.completed`)}),(0,k.jsx)(`dd`,{children:(0,k.jsx)(L,{at:e.completionDate,full:!0})})]})})]}):(0,k.jsx)(_,{children:(0,k.jsx)(T,{icon:r,title:t(`erasures.missing`),actions:(0,k.jsx)(d,{href:`/erasures`,children:t(`erasures.title`)})})})})]})}export{N as default};