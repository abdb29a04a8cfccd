import{a as e}from"./rolldown-runtime-BWaJ3C7D.js";import{bt as t,ht as n,vt as r,y as i,yt as a}from"./base-CI75EYC3.js";import{C as o,D as s,E as c,K as l,P as u,X as d,_ as f,b as p,d as m,k as h,ot as g,x as _,z as v}from"./parts-BR6fFGXW.js";var y=e(t(),1),b=a(),x=v(`
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
        done
        all
      }
    }
  }
`),S=v(`
  mutation RotateKeys($step: KeyRotationStep!, $kek: String) {
    rotateKeys(step: $step, kek: $kek) {
      rotations {
        step
      }
    }
  }
`),C=[[`KEK`,({accountKeys:e})=>({done:e.filter(t=>t.kekVersion===e.at(-1)?.kekVersion).length,all:e.length})],[`ACCOUNT`,({accountKeys:e})=>({done:e.at(-1)?.wraps??0,all:e.reduce((e,t)=>e+t.wraps,0)})],[`DEK`,({subjects:e,subjectsRotating:t})=>({done:e-t,all:e})],[`INDEX`,({indexKeys:e})=>({done:e.filter(e=>e.versions===1).length,all:e.length})]];function w(){let{t:e,number:t}=g(),{account:a}=l(),v=r(),w=n({queryKey:[`keys`],queryFn:async()=>(await d(x)).keyStatus,refetchInterval:e=>e.state.data?.rotations.length?2e3:!1}),[E,D]=(0,y.useState)(null),[O,k]=(0,y.useState)(``);return(0,b.jsxs)(_,{title:e(`encryption.title`),lead:e(`encryption.lead`),children:[(0,b.jsx)(o,{query:w,children:n=>(0,b.jsxs)(b.Fragment,{children:[(0,b.jsxs)(`div`,{className:`cards four`,children:[(0,b.jsxs)(`div`,{className:`card tile`,children:[(0,b.jsx)(`p`,{children:e(`encryption.kek`)}),(0,b.jsx)(`span`,{className:`figure small-figure`,children:(0,b.jsx)(`code`,{children:n.kek??`—`})})]}),(0,b.jsxs)(`div`,{className:`card tile`,children:[(0,b.jsx)(`p`,{children:e(`encryption.subjects`)}),(0,b.jsx)(`span`,{className:`figure`,children:t(n.subjects)})]}),(0,b.jsxs)(`div`,{className:`card tile`,children:[(0,b.jsx)(`p`,{children:e(`encryption.rotating`)}),(0,b.jsx)(`span`,{className:`figure`,children:t(n.subjectsRotating)})]}),(0,b.jsxs)(`div`,{className:`card tile`,children:[(0,b.jsx)(`p`,{children:e(`encryption.erased`)}),(0,b.jsx)(`span`,{className:`figure`,children:t(n.subjectsErased)})]})]}),(0,b.jsx)(p,{title:e(`encryption.rotate`),lead:e(`encryption.rotate.lead`),flush:!0,children:(0,b.jsx)(`div`,{className:`table-wrap`,children:(0,b.jsxs)(`table`,{className:`fold`,children:[(0,b.jsx)(`thead`,{children:(0,b.jsxs)(`tr`,{children:[(0,b.jsx)(`th`,{children:e(`encryption.step`)}),(0,b.jsx)(`th`,{className:`share`,children:e(`encryption.newest`)}),(0,b.jsx)(`th`,{children:(0,b.jsx)(`span`,{className:`sr`,children:e(`actions`)})})]})}),(0,b.jsx)(`tbody`,{children:C.map(([r,a])=>{let o=n.rotations.find(e=>e.step===r),{done:c,all:l}=a(n);return(0,b.jsxs)(`tr`,{children:[(0,b.jsxs)(`td`,{children:[(0,b.jsx)(`strong`,{children:e(`encryption.${r}`)}),(0,b.jsx)(`span`,{className:`sub`,children:e(`encryption.${r}.does`)}),o&&(0,b.jsx)(T,{rotation:o})]}),(0,b.jsx)(`td`,{"data-label":e(`encryption.newest`),children:(0,b.jsx)(s,{label:e(`encryption.${r}.newest`,{done:t(c),all:t(l)}),done:c,total:l})}),(0,b.jsx)(`td`,{className:`actions`,children:o?(0,b.jsx)(h,{tone:`warn`,children:e(`encryption.underWay`)}):(0,b.jsxs)(u,{small:!0,onClick:()=>{k(``),D(r)},children:[(0,b.jsx)(i,{"aria-hidden":!0}),e(`encryption.rotate.do`)]})})]},r)})})]})})}),(0,b.jsx)(p,{title:e(`encryption.accountKeys`),flush:!0,children:n.accountKeys.length===0?(0,b.jsx)(`p`,{className:`body quiet`,children:e(`encryption.none`)}):(0,b.jsx)(`div`,{className:`table-wrap`,children:(0,b.jsxs)(`table`,{className:`fold`,children:[(0,b.jsx)(`thead`,{children:(0,b.jsxs)(`tr`,{children:[(0,b.jsx)(`th`,{children:e(`encryption.number`)}),(0,b.jsx)(`th`,{children:e(`encryption.created`)}),(0,b.jsx)(`th`,{children:e(`encryption.kekVersion`)}),(0,b.jsx)(`th`,{className:`number`,children:e(`encryption.wraps`)})]})}),(0,b.jsx)(`tbody`,{children:n.accountKeys.map(n=>(0,b.jsxs)(`tr`,{children:[(0,b.jsx)(`td`,{"data-label":e(`encryption.number`),children:n.number}),(0,b.jsx)(`td`,{"data-label":e(`encryption.created`),children:(0,b.jsx)(c,{at:n.creationDate,full:!0})}),(0,b.jsx)(`td`,{"data-label":e(`encryption.kekVersion`),children:n.kekVersion??`—`}),(0,b.jsx)(`td`,{className:`number`,"data-label":e(`encryption.wraps`),children:t(n.wraps)})]},n.number))})]})})}),(0,b.jsx)(p,{title:e(`encryption.indexKeys`),lead:e(`encryption.indexKeys.lead`),children:(0,b.jsx)(`span`,{className:`badges`,children:n.indexKeys.map(e=>(0,b.jsx)(h,{tone:e.versions>1?`warn`:void 0,children:`${e.entity}.${e.property}`},e.entity+e.property))})})]})}),E&&(0,b.jsxs)(m,{title:e(`encryption.rotate.title`,{step:e(`encryption.${E}`)}),name:a.id,action:e(`encryption.rotate.do`),done:e(`encryption.begun`),onClose:()=>D(null),run:async()=>{await d(S,{step:E,kek:E===`KEK`&&O.trim()?O.trim():null}),await v.invalidateQueries({queryKey:[`keys`]})},children:[(0,b.jsxs)(`p`,{children:[e(`encryption.${E}.does`),` `,e(`encryption.rotate.safe`)]}),E===`KEK`&&(0,b.jsx)(`div`,{className:`apart`,children:(0,b.jsx)(f,{label:e(`encryption.otherKek`),hint:e(`encryption.otherKek.hint`),optional:!0,children:e=>(0,b.jsx)(`input`,{...e,value:O,autoComplete:`off`,spellCheck:!1,onChange:e=>k(e.target.value)})})})]})]})}function T({rotation:{step:e,beginDate:t,done:n,all:r}}){let{t:i,number:a,time:o}=g();return(0,b.jsxs)(`div`,{className:`under-way`,role:`status`,children:[r>0&&(0,b.jsx)(s,{label:i(e===`DEK`?`encryption.DEK.through`:`encryption.INDEX.through`,{done:a(n),all:a(r)}),done:n,total:r}),(0,b.jsxs)(`p`,{className:`small quiet`,children:[i(`encryption.since`,{time:o(t)}),` `,r>0&&n>=r&&i(`encryption.waits`)]})]})}export{w as default};