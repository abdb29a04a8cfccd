import { CheckCircle2 } from 'lucide-react';
import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode } from 'react';

const Toasts = createContext<(text: string) => void>(() => {});
export const useToast = () => use(Toasts);

export function ToastProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<{ id: number; text: string }[]>([]);
  const next = useRef(0);
  const show = useCallback((text: string) => {
    const id = next.current++;
    setShown((all) => [...all, { id, text }]);
    setTimeout(() => setShown((all) => all.filter((toast) => toast.id !== id)), 5000);
  }, []);
  return (
    <Toasts value={useMemo(() => show, [show])}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {shown.map(({ id, text }) => (
          <div key={id} className="toast">
            <CheckCircle2 aria-hidden />
            {text}
          </div>
        ))}
      </div>
    </Toasts>
  );
}
