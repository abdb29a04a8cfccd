export const Mark = () => (
  <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="#0f6b66" />
    <circle cx="16" cy="11.5" r="4.5" fill="#fff" />
    <path d="M7.5 25.5c.6-5.2 4-8 8.5-8s7.9 2.8 8.5 8z" fill="#fff" />
    <path d="M5 20.5h22" stroke="#0f6b66" strokeWidth="2.5" />
  </svg>
);
