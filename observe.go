package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/profilegraph/profilegraph/graph"
)

// telemetry counts and times what the server does. Nothing in it comes from a client or a document:
// labels are planes, kinds and statuses; spans have no query, no variable, no operation name.
type telemetry struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	queries   outcomes
	mutations outcomes
	reads     prometheus.Counter
	batches   prometheus.Counter
	documents prometheus.Counter
	misplaced *prometheus.CounterVec
	webhooks  *prometheus.CounterVec

	tracer   trace.Tracer // nil: no traces
	provider *sdktrace.TracerProvider
}

var _ graph.Observer = (*telemetry)(nil)

// newTelemetry returns the server's telemetry; traces go to an OTLP/HTTP endpoint, if there is one.
func newTelemetry(ctx context.Context, endpoint string) (*telemetry, error) {
	operations := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "profilegraph_operations_total",
		Help: "GraphQL operations on the data plane by type and whether there was an error."}, []string{"type", "outcome"})
	t := &telemetry{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "profilegraph_http_requests_total",
			Help: "HTTP requests by part of the server and status."}, []string{"plane", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "profilegraph_http_request_seconds",
			Help: "How long HTTP requests took.", Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"plane"}),
		queries:   outcomes{operations.WithLabelValues("query", "ok"), operations.WithLabelValues("query", "error")},
		mutations: outcomes{operations.WithLabelValues("mutation", "ok"), operations.WithLabelValues("mutation", "error")},
		reads:     prometheus.NewCounter(prometheus.CounterOpts{Name: "profilegraph_reads_total", Help: "Reads that GraphQL operations asked for."}),
		batches:   prometheus.NewCounter(prometheus.CounterOpts{Name: "profilegraph_read_batches_total", Help: "Batches in which they were answered."}),
		documents: prometheus.NewCounter(prometheus.CounterOpts{Name: "profilegraph_documents_total", Help: "Documents that GraphQL operations returned."}),
		misplaced: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "profilegraph_misplaced_values_total",
			Help: "Values written that look like personal data in fields that are not declared sensitive, by kind."}, []string{"kind"}),
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "profilegraph_webhook_deliveries_total",
			Help: "Attempts to deliver an event to a webhook by outcome: ok, failed, or given_up after the last one."}, []string{"outcome"}),
	}
	t.registry.MustRegister(t.requests, t.durations, operations, t.reads, t.batches, t.documents, t.misplaced, t.webhooks,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if endpoint == "" {
		return t, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	t.provider = sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "profilegraph"))))
	t.tracer = t.provider.Tracer("github.com/profilegraph/profilegraph")
	return t, nil
}

// close sends what is left of the traces.
func (t *telemetry) close() error {
	if t.provider == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("traces: %w", err)
	}
	return nil
}

func (t *telemetry) metrics() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{})
}

// planeTelemetry counts the HTTP requests of one part of the server. What nearly every request needs
// is looked up once.
type planeTelemetry struct {
	requests *prometheus.CounterVec // by status
	ok       prometheus.Counter     // of them, status 200
	duration prometheus.Observer
}

func (t *telemetry) plane(name string) planeTelemetry {
	requests := t.requests.MustCurryWith(prometheus.Labels{"plane": name})
	return planeTelemetry{requests, requests.WithLabelValues("200"), t.durations.WithLabelValues(name)}
}

// request notes one HTTP request.
func (p *planeTelemetry) request(status int, took time.Duration) {
	if status == http.StatusOK {
		p.ok.Inc()
	} else {
		p.requests.WithLabelValues(strconv.Itoa(status)).Inc()
	}
	p.duration.Observe(took.Seconds())
}

// outcomes count operations of one type.
type outcomes struct{ ok, failed prometheus.Counter }

// suspected notes a value that looks like personal data in the wrong place.
func (t *telemetry) suspected(kind string) { t.misplaced.WithLabelValues(kind).Inc() }

// delivered notes an attempt to deliver an event to a webhook.
func (t *telemetry) delivered(outcome string) { t.webhooks.WithLabelValues(outcome).Inc() }

// Operation notes one GraphQL operation of the data plane.
func (t *telemetry) Operation(ctx context.Context, o graph.Observed) {
	operations := t.queries
	if o.Type == "mutation" {
		operations = t.mutations
	}
	if o.Errors > 0 {
		operations.failed.Inc()
	} else {
		operations.ok.Inc()
	}
	t.reads.Add(float64(o.Reads))
	t.batches.Add(float64(o.Batches))
	t.documents.Add(float64(o.Documents))
	if t.tracer == nil {
		return
	}
	trace.SpanFromContext(ctx).SetAttributes(attribute.String("graphql.operation.type", o.Type), attribute.Int("graphql.fields", o.Fields),
		attribute.Int("graphql.batches", o.Batches), attribute.Int("graphql.reads", o.Reads),
		attribute.Int("graphql.documents", o.Documents), attribute.Int("graphql.errors", o.Errors))
}

// span begins the span of a request; it goes on with the trace that the client's headers name
// (W3C Trace Context).
func (t *telemetry) span(ctx context.Context, r *http.Request, plane string) (context.Context, span) {
	if t.tracer == nil {
		return ctx, span{}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
	ctx, s := t.tracer.Start(ctx, plane, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("http.request.method", method(r.Method))))
	return ctx, span{s}
}

// method keeps what a client invents out of traces.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodHead, http.MethodOptions:
		return m
	}
	return "_OTHER"
}

// span is a span, or none.
type span struct{ trace.Span }

func (s span) end(status int) {
	if s.Span == nil {
		return
	}
	s.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= 500 {
		s.SetStatus(codes.Error, "")
	}
	s.End()
}
