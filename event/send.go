package event

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"time"

	"code.dny.dev/ssrf"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/profilegraph/profilegraph/storage"
	"github.com/profilegraph/profilegraph/tenant"
)

// sendTimeout bounds one request, from looking up the name to the end of the answer.
const sendTimeout = 8 * time.Second

// newClient returns what requests are made with. Unless private it connects to public addresses only.
func newClient(private bool) *http.Client {
	dialer := &net.Dialer{Timeout: sendTimeout}
	if !private {
		multicast := netip.MustParsePrefix("224.0.0.0/4")
		dialer.Control = ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(multicast)).Safe
	}
	return &http.Client{
		Timeout: sendTimeout,
		// What the receiver says where else to go may be anywhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		// No proxy: it would make the connection in our place.
		Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10},
	}
}

// signer returns what signs the requests of a webhook.
func (s *Service) signer(ctx context.Context, account tenant.ID, id string, w webhookRecord) (*standardwebhooks.Webhook, error) {
	secret, err := s.Sealer.OpenSecret(ctx, account, "webhook", id, w.Secret)
	if err != nil {
		return nil, fmt.Errorf("event: secret of webhook %q: %w", id, err)
	}
	signer, err := standardwebhooks.NewWebhook(string(secret))
	if err != nil {
		return nil, fmt.Errorf("event: secret of webhook %q cannot be used", id) // its text may hold the secret
	}
	return signer, nil
}

// send makes one request, and returns why it did not succeed, or "". Of the receiver's answer nothing is
// told but its status: who names an address does not get to read what is there.
func (s *Service) send(ctx context.Context, signer *standardwebhooks.Webhook, address, id string, body []byte) (failure string) {
	now := s.Now()
	signature, err := signer.Sign(id, now, body)
	if err != nil {
		return "the request could not be signed"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return "the address is no URL"
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "profilegraph")
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	res, err := s.client.Do(req)
	if err != nil {
		return explain(err)
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) //nolint:errcheck // nobody reads it
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Sprintf("the receiver answered with status %d", res.StatusCode)
	}
	return ""
}

func explain(err error) string {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return "the address leads into a private network, which this server does not let webhooks do"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "the receiver did not answer in time"
	case errors.As(err, &name):
		return "the host's name could not be looked up"
	case errors.As(err, &certificate):
		return "the receiver's certificate is not to be trusted"
	}
	return "the connection failed"
}

// remember notes how the last delivery went, for those who look. That another one notes its own at the
// same moment does no harm.
func (s *Service) remember(ctx context.Context, account tenant.ID, r storage.Record, w webhookRecord, failure string) {
	now := s.Now().UTC().Truncate(time.Millisecond)
	if failure == "" {
		w.Delivered = now
	} else {
		w.Failed, w.Failure = now, failure
	}
	next, err := encode(r.ID, w)
	if err == nil {
		err = s.Store.Replace(ctx, webhookSpace(account), next, r.Rev)
	}
	if err != nil && !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrNotFound) {
		s.Log.WarnContext(ctx, "how a webhook went was not written", "webhook", r.ID, "error", err)
	}
}
