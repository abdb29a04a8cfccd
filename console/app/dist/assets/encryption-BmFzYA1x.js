import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{ht as t,mt as n,pt as r,ut as i,v as a}from"./base-DDzvCQ0u.js";import{t as o}from"./gql-CXCEmV2Y.js";import{L as s,O as c,_ as l,f as u,g as d,h as f,i as p,n as m,t as h,u as g,x as _,y as v}from"./ui-BvSkYaUX.js";import{i as y}from"./session-CcYAk8uJ.js";var b=e(t(),1),x=n(),S=o(`
  query KeyStatus {
    keyStatus {
      kek
      accountKeys {
        number
        creationDate
        kekVersion
        wraps
      }
      subjects
      subjectsRotating
      subjectsErased
      indexKeys {
        entity
        property
        versions
      }
      rotations {
        step
        beginDate
      }
    }
  }
`),C=o(`
  mutation RotateKeys($step: KeyRotationStep!, $kek: String) {
    rotateKeys(step: $step, kek: $kek) {
      rotations {
        step
      }
    }
  }
`),w=[`KEK`,`ACCOUNT`,`DEK`,`INDEX`];function T(){let{t:e,number:t,time:n}=s(),{account:o}=y(),T=r(),E=i({queryKey:[`keys`],queryFn:async()=>(await c(S)).keyStatus,refetchInterval:e=>e.state.data?.rotations.length?2e3:!1}),[D,O]=(0,b.useState)(null),[k,A]=(0,b.useState)(``);return(0,x.jsxs)(m,{title:e(`encryption.title`),lead:e(`encryption.lead`),children:[(0,x.jsx)(u,{query:E,children:r=>(0,x.jsxs)(x.Fragment,{children:[r.rotations.map(i=>(0,x.jsxs)(v,{tone:`accent`,title:e(`encryption.under`,{step:e(`encryption.${i.step}`)}),children:[(0,x.jsx)(`p`,{children:e(`encryption.since`,{time:n(i.beginDate)})}),i.step===`DEK`&&(0,x.jsx)(d,{label:e(`encryption.progress`,{done:t(r.subjects-r.subjectsRotating),all:t(r.subjects)}),done:r.subjects-r.subjectsRotating,total:r.subjects}),i.step===`INDEX`&&(0,x.jsx)(d,{label:e(`encryption.progress.index`,{done:t(r.indexKeys.filter(e=>e.versions===1).length),all:t(r.indexKeys.length)}),done:r.indexKeys.filter(e=>e.versions===1).length,total:r.indexKeys.length})]},i.step)),(0,x.jsxs)(`div`,{className:`cards four`,children:[(0,x.jsxs)(`div`,{className:`card tile`,children:[(0,x.jsx)(`p`,{children:e(`encryption.kek`)}),(0,x.jsx)(`span`,{className:`figure small-figure`,children:(0,x.jsx)(`code`,{children:r.kek??`—`})})]}),(0,x.jsxs)(`div`,{className:`card tile`,children:[(0,x.jsx)(`p`,{children:e(`encryption.subjects`)}),(0,x.jsx)(`span`,{className:`figure`,children:t(r.subjects)})]}),(0,x.jsxs)(`div`,{className:`card tile`,children:[(0,x.jsx)(`p`,{children:e(`encryption.rotating`)}),(0,x.jsx)(`span`,{className:`figure`,children:t(r.subjectsRotating)})]}),(0,x.jsxs)(`div`,{className:`card tile`,children:[(0,x.jsx)(`p`,{children:e(`encryption.erased`)}),(0,x.jsx)(`span`,{className:`figure`,children:t(r.subjectsErased)})]})]}),(0,x.jsx)(h,{title:e(`encryption.rotate`),lead:e(`encryption.rotate.lead`),flush:!0,children:(0,x.jsx)(`div`,{className:`table-wrap`,children:(0,x.jsxs)(`table`,{className:`fold`,children:[(0,x.jsx)(`thead`,{children:(0,x.jsxs)(`tr`,{children:[(0,x.jsx)(`th`,{children:e(`encryption.step`)}),(0,x.jsx)(`th`,{children:e(`encryption.does`)}),(0,x.jsx)(`th`,{children:(0,x.jsx)(`span`,{className:`sr`,children:e(`actions`)})})]})}),(0,x.jsx)(`tbody`,{children:w.map(t=>{let n=r.rotations.some(e=>e.step===t);return(0,x.jsxs)(`tr`,{children:[(0,x.jsx)(`td`,{children:(0,x.jsx)(`strong`,{children:e(`encryption.${t}`)})}),(0,x.jsx)(`td`,{children:e(`encryption.${t}.does`)}),(0,x.jsx)(`td`,{className:`actions`,children:n?(0,x.jsx)(l,{tone:`warn`,children:e(`encryption.underWay`)}):(0,x.jsxs)(_,{small:!0,onClick:()=>{A(``),O(t)},children:[(0,x.jsx)(a,{"aria-hidden":!0}),e(`encryption.rotate.do`)]})})]},t)})})]})})}),(0,x.jsx)(h,{title:e(`encryption.accountKeys`),flush:!0,children:r.accountKeys.length===0?(0,x.jsx)(`p`,{className:`body quiet`,children:e(`encryption.none`)}):(0,x.jsx)(`div`,{className:`table-wrap`,children:(0,x.jsxs)(`table`,{className:`fold`,children:[(0,x.jsx)(`thead`,{children:(0,x.jsxs)(`tr`,{children:[(0,x.jsx)(`th`,{children:e(`encryption.number`)}),(0,x.jsx)(`th`,{children:e(`encryption.created`)}),(0,x.jsx)(`th`,{children:e(`encryption.kekVersion`)}),(0,x.jsx)(`th`,{className:`number`,children:e(`encryption.wraps`)})]})}),(0,x.jsx)(`tbody`,{children:r.accountKeys.map(n=>(0,x.jsxs)(`tr`,{children:[(0,x.jsx)(`td`,{"data-label":e(`encryption.number`),children:n.number}),(0,x.jsx)(`td`,{"data-label":e(`encryption.created`),children:(0,x.jsx)(f,{at:n.creationDate,full:!0})}),(0,x.jsx)(`td`,{"data-label":e(`encryption.kekVersion`),children:n.kekVersion??`—`}),(0,x.jsx)(`td`,{className:`number`,"data-label":e(`encryption.wraps`),children:t(n.wraps)})]},n.number))})]})})}),(0,x.jsx)(h,{title:e(`encryption.indexKeys`),lead:e(`encryption.indexKeys.lead`),children:(0,x.jsx)(`span`,{className:`badges`,children:r.indexKeys.map(e=>(0,x.jsx)(l,{tone:e.versions>1?`warn`:void 0,children:`${e.entity}.${e.property}`},e.entity+e.property))})})]})}),D&&(0,x.jsxs)(p,{title:e(`encryption.rotate.title`,{step:e(`encryption.${D}`)}),name:o.id,action:e(`encryption.rotate.do`),done:e(`encryption.begun`),onClose:()=>O(null),run:async()=>{await c(C,{step:D,kek:D===`KEK`&&k.trim()?k.trim():null}),await T.invalidateQueries({queryKey:[`keys`]})},children:[(0,x.jsxs)(`p`,{children:[e(`encryption.${D}.does`),` `,e(`encryption.rotate.safe`)]}),D===`KEK`&&(0,x.jsx)(`div`,{className:`apart`,children:(0,x.jsx)(g,{label:e(`encryption.otherKek`),hint:e(`encryption.otherKek.hint`),optional:!0,children:e=>(0,x.jsx)(`input`,{...e,value:k,autoComplete:`off`,spellCheck:!1,onChange:e=>A(e.target.value)})})})]})]})}export{T as default};