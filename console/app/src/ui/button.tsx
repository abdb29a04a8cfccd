import { Check as CheckMark, Copy, type LucideIcon } from 'lucide-react';
import { useEffect, useState, type ButtonHTMLAttributes, type ComponentProps } from 'react';
import { Link } from 'wouter';
import { useWords } from '../lib/i18n';

export function Button({
  kind,
  small,
  busy,
  className = '',
  disabled,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & {
  kind?: 'primary' | 'danger' | 'danger primary' | 'plain' | undefined;
  small?: boolean;
  busy?: boolean;
}) {
  return (
    <button
      type="button"
      className={`button ${kind ?? ''} ${small ? 'small' : ''} ${className}`}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    />
  );
}

export function IconButton({
  icon: Icon,
  label,
  small,
  ...rest
}: { icon: LucideIcon; label: string; small?: boolean } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <Button kind="plain" className="icon" small={small ?? false} aria-label={label} title={label} {...rest}>
      <Icon aria-hidden />
    </Button>
  );
}

export const ButtonLink = ({ kind = '', className = '', ...rest }: { kind?: string } & ComponentProps<typeof Link>) => (
  <Link className={`button ${kind} ${typeof className === 'string' ? className : ''}`} {...rest} />
);

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <IconButton
      icon={copied ? CheckMark : Copy}
      label={copied ? t('copied') : (label ?? t('copy'))}
      small
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    />
  );
}

export const Copyable = ({ text }: { text: string }) => (
  <span className="copy">
    <code>{text}</code>
    <CopyButton text={text} />
  </span>
);
