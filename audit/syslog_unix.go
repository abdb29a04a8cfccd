//go:build unix

package audit

import (
	"context"
	"fmt"
	"log/syslog"

	"github.com/profilegraph/profilegraph/tenant"
)

// NewSyslogSink sends each entry as a message to a syslog server: network and address are as for
// [syslog.Dial], both empty for the machine's own.
func NewSyslogSink(network, address, tag string) (Sink, error) {
	w, err := syslog.Dial(network, address, syslog.LOG_INFO|syslog.LOG_AUTHPRIV, tag)
	if err != nil {
		return nil, fmt.Errorf("audit: open sink: %w", err)
	}
	return syslogSink{w}, nil
}

type syslogSink struct{ w *syslog.Writer }

func (s syslogSink) Write(_ context.Context, _ tenant.ID, entries [][]byte) error {
	for _, e := range entries {
		if _, err := s.w.Write(e); err != nil {
			return err
		}
	}
	return nil
}

func (s syslogSink) Close() error { return s.w.Close() }
