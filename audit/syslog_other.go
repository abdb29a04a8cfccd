//go:build !unix

package audit

import "errors"

// NewSyslogSink fails: there is no syslog here.
func NewSyslogSink(_, _, _ string) (Sink, error) {
	return nil, errors.New("audit: open sink: this system has no syslog")
}
