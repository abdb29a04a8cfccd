import { useMutation } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useId, useLayoutEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { asFailure } from '../lib/api';
import { useWords } from '../lib/i18n';
import { Button, IconButton } from './button';
import { Field } from './form';
import { FailureNotice } from './notice';
import { useToast } from './toast';

/** A modal dialog. With `onSubmit` its content is a form, whose buttons are the footer. */
export function Dialog({
  title,
  wide,
  onClose,
  onSubmit,
  footer,
  children,
}: {
  title: string;
  wide?: boolean;
  onClose(): void;
  onSubmit?: (() => void) | undefined;
  footer: ReactNode;
  children: ReactNode;
}) {
  const { t } = useWords();
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // It is closed before it is taken out of the page: only then the focus goes back to where it was.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (!dialog) return undefined;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };
  const content = (
    <>
      <header>
        <h2 id={heading}>{title}</h2>
        <IconButton icon={X} label={t('close')} small onClick={onClose} />
      </header>
      <div className="body">{children}</div>
      <footer>{footer}</footer>
    </>
  );
  return (
    <dialog
      ref={ref}
      className={wide ? 'wide' : undefined}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {onSubmit ? (
        <form onSubmit={submit} noValidate>
          {content}
        </form>
      ) : (
        content
      )}
    </dialog>
  );
}

/** A button whose work can fail; the failure is shown by whoever uses `failure`. */
export function useAction<Input = void, Output = unknown>(
  run: (input: Input) => Promise<Output>,
  then?: (output: Output) => void,
) {
  const mutation = useMutation({ mutationFn: run, gcTime: 0, ...(then && { onSuccess: then }) });
  return {
    run: (input: Input) => mutation.mutate(input),
    busy: mutation.isPending,
    failure: mutation.error ? asFailure(mutation.error) : null,
    reset: mutation.reset,
  };
}

/** Asks for the name of what is in danger before it is done. */
export function Danger({
  title,
  name,
  action,
  ready = true,
  children,
  run,
  done,
  onClose,
}: {
  title: string;
  name: string;
  action: string;
  /** Whether what else is asked for is filled in rightly. */
  ready?: boolean;
  children: ReactNode;
  run(): Promise<unknown>;
  done?: string;
  onClose(): void;
}) {
  const { t } = useWords();
  const toast = useToast();
  const [typed, setTyped] = useState('');
  const sure = ready && typed === name;
  const {
    run: go,
    busy,
    failure,
  } = useAction(run, () => {
    if (done) toast(done);
    onClose();
  });
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={() => {
        if (sure) go();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="danger primary" type="submit" busy={busy} disabled={!sure}>
            {action}
          </Button>
        </>
      }
    >
      <div>{children}</div>
      <Field
        label={
          <>
            {t('danger.type')} <code>{name}</code>
          </>
        }
      >
        {(props) => (
          <input
            {...props}
            value={typed}
            autoComplete="off"
            spellCheck={false}
            onChange={(e) => setTyped(e.target.value)}
          />
        )}
      </Field>
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}
