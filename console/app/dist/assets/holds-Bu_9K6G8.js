import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{M as t,_ as n,bt as r,pt as i,vt as a,yt as o}from"./base-CI75EYC3.js";import{C as s,E as c,P as l,X as u,_ as d,b as f,d as p,f as m,h,j as g,o as _,ot as v,p as y,w as b,z as x}from"./parts-BR6fFGXW.js";var S=e(r(),1),C=o(),w=e=>/^[A-Za-z0-9._/#:-]{1,64}$/.test(e);function T({value:e,onChange:t,hint:n,optional:r=!1}){let{t:i}=v();return(0,C.jsx)(d,{label:i(`reference`),hint:n,optional:r,error:e&&!w(e)?i(`reference.problem`):void 0,children:n=>(0,C.jsx)(`input`,{...n,value:e,autoComplete:`off`,spellCheck:!1,onChange:e=>t(e.target.value.trim())})})}var E=x(`
  query LegalHolds($subject: ID, $after: ID) {
    legalHolds(subject: $subject, first: 50, after: $after) {
      id
      subject
      reference
      creationDate
      createdBy
    }
  }
`),D=x(`
  mutation PlaceLegalHold($subject: ID!, $reference: String!) {
    placeLegalHold(subject: $subject, reference: $reference) {
      id
    }
  }
`),O=x(`
  mutation ReleaseLegalHold($id: ID!) {
    releaseLegalHold(id: $id) {
      id
    }
  }
`),k=e=>i({queryKey:[`holds`,e],queryFn:async({pageParam:t})=>(await u(E,{subject:e,after:t})).legalHolds,initialPageParam:null,getNextPageParam:e=>e.length<50?void 0:e.at(-1)?.id});function A(){let{t:e}=v(),t=k(null),[r,i]=(0,S.useState)(null);return(0,C.jsxs)(f,{title:e(`holds.title`),lead:e(`holds.lead`),flush:!0,children:[(0,C.jsx)(s,{query:t,children:({pages:r})=>{let a=r.flat();return a.length===0?(0,C.jsx)(b,{icon:n,title:e(`holds.none`),children:e(`holds.none.todo`)}):(0,C.jsxs)(C.Fragment,{children:[(0,C.jsx)(_,{rows:a,id:({id:e})=>e,columns:[[e(`approvals.subject`),({subject:e})=>(0,C.jsx)(`code`,{children:e})],[e(`reference`),({reference:e})=>e],[e(`holds.placed`),({creationDate:e,createdBy:t})=>(0,C.jsxs)(C.Fragment,{children:[(0,C.jsx)(c,{at:e}),(0,C.jsx)(`span`,{className:`sub`,children:t})]})]],actions:e=>(0,C.jsx)(j,{onClick:()=>i(e)})}),t.hasNextPage&&(0,C.jsx)(`footer`,{className:`row end`,children:(0,C.jsx)(l,{busy:t.isFetchingNextPage,onClick:()=>void t.fetchNextPage(),children:e(`more`)})})]})}}),r&&(0,C.jsx)(M,{hold:r,onClose:()=>i(null)})]})}function j({onClick:e}){let{t:n}=v();return(0,C.jsxs)(l,{small:!0,kind:`danger`,onClick:e,children:[(0,C.jsx)(t,{"aria-hidden":!0}),n(`holds.release`)]})}function M({hold:{id:e,reference:t},onClose:n}){let{t:r}=v(),i=a();return(0,C.jsx)(p,{title:r(`holds.release.title`),name:t,action:r(`holds.release`),done:r(`holds.released`),onClose:n,run:async()=>{await u(O,{id:e}),await i.invalidateQueries({queryKey:[`holds`]})},children:(0,C.jsx)(`p`,{children:r(`holds.release.lead`)})})}function N({subject:e,onClose:t}){let{t:n}=v(),r=h(),i=a(),[o,s]=(0,S.useState)(``),c=w(o),{run:d,busy:f,failure:p}=y(async()=>{await u(D,{subject:e,reference:o}),await i.invalidateQueries({queryKey:[`holds`]})},()=>{r(n(`holds.done`)),t()});return(0,C.jsxs)(m,{title:n(`holds.place.title`),onClose:t,onSubmit:()=>{c&&d()},footer:(0,C.jsxs)(C.Fragment,{children:[(0,C.jsx)(l,{onClick:t,children:n(`cancel`)}),(0,C.jsx)(l,{kind:`primary`,type:`submit`,busy:f,disabled:!c,children:n(`holds.place.do`)})]}),children:[(0,C.jsx)(`p`,{children:n(`holds.place.lead`)}),(0,C.jsx)(T,{value:o,onChange:s,hint:n(`holds.reference.hint`)}),p&&(0,C.jsx)(g,{failure:p})]})}export{k as a,M as i,N as n,T as o,j as r,w as s,A as t};