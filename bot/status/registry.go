package status

import (
	"context"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"karussell/bot"
)

const namespace = "karussell"

// Bounds against a bug that would fill the memory: the values of one label
// (further ones are counted as "other"), and the adapters' own metrics.
const (
	maxValues = 64
	maxOwn    = 64
)

// Registry is a bot.Meter on a Prometheus registry of its own. It needs no
// server. Safe for concurrent use.
type Registry struct {
	reg     *prometheus.Registry
	strange prometheus.Counter

	platforms []string

	mu      sync.Mutex
	vectors map[string]*vector
	seen    map[string]map[string]bool // values by metric and label
}

type vector struct {
	metric
	counter   *prometheus.CounterVec
	histogram *prometheus.HistogramVec
}

// NewRegistry makes a registry with the table's metrics, the Go runtime's and
// the process's. Adapters may have metrics of their own, so that a new one
// changes nothing here: their names begin with the name of one of platforms
// ("discord_held_total"), and the first use registers them.
func NewRegistry(platforms ...bot.PlatformName) *Registry {
	r := &Registry{reg: prometheus.NewRegistry(), vectors: map[string]*vector{}, seen: map[string]map[string]bool{}}
	for _, p := range platforms {
		r.platforms = append(r.platforms, string(p)+"_")
	}
	for _, m := range metrics {
		v := newVector(m)
		r.reg.MustRegister(v.collector())
		r.vectors[m.name] = v
		if len(m.labels) == 0 { // visible from the start, at zero
			r.touch(v)
		}
	}
	r.strange = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: namespace, Name: "unknown_metrics_total", Help: "Measurements that the table of metrics does not know: a bug.",
	})
	r.reg.MustRegister(r.strange, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func newVector(m metric) *vector {
	v := &vector{metric: m}
	if m.buckets == nil {
		v.counter = prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: m.name, Help: m.help}, m.labels)
	} else {
		v.histogram = prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: m.name, Help: m.help, Buckets: m.buckets}, m.labels)
	}
	return v
}

func (v *vector) collector() prometheus.Collector {
	if v.counter != nil {
		return v.counter
	}
	return v.histogram
}

func (*Registry) touch(v *vector) {
	if v.counter != nil {
		v.counter.WithLabelValues()
	} else {
		v.histogram.WithLabelValues()
	}
}

// Names lists the table, sorted, with the prefix.
func Names() []string {
	var out []string
	for _, m := range metrics {
		out = append(out, namespace+"_"+m.name)
	}
	slices.Sort(out)
	return out
}

// Count implements bot.Meter. What the table does not know is only counted as
// unknown: a meter must not stop what it measures.
func (r *Registry) Count(name string, n int, labels ...string) {
	v, values := r.find(name, labels, nil)
	if v == nil || v.counter == nil || n < 0 {
		r.strange.Inc()
		return
	}
	v.counter.WithLabelValues(values...).Add(float64(n))
}

// Observe implements bot.Meter.
func (r *Registry) Observe(name string, value float64, labels ...string) {
	v, values := r.find(name, labels, quick)
	if v == nil || v.histogram == nil {
		r.strange.Inc()
		return
	}
	v.histogram.WithLabelValues(values...).Observe(value)
}

// find returns nil unless name and label names are the table's, or an adapter's.
func (r *Registry) find(name string, labels []string, buckets []float64) (*vector, []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.vectors[name]
	if v == nil {
		v = r.adopt(name, labels, buckets)
	}
	if v == nil || len(labels) != 2*len(v.labels) {
		return nil, nil
	}
	values := make([]string, len(v.labels))
	for i := 0; i < len(labels); i += 2 {
		at := slices.Index(v.labels, labels[i])
		if at < 0 {
			return nil, nil
		}
		values[at] = r.bounded(name+" "+labels[i], labels[i+1])
	}
	return v, values
}

// adopt registers an adapter's own metric as it is first used.
func (r *Registry) adopt(name string, labels []string, buckets []float64) *vector {
	i := slices.IndexFunc(r.platforms, func(p string) bool { return strings.HasPrefix(name, p) })
	if i < 0 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || len(r.vectors) >= len(metrics)+maxOwn || len(labels)%2 != 0 {
		return nil
	}
	m := metric{name: name, help: "The adapter's own: " + strings.ReplaceAll(name, "_", " ") + ".", buckets: buckets}
	for j := 0; j < len(labels); j += 2 {
		m.labels = append(m.labels, labels[j])
	}
	v := newVector(m)
	if r.reg.Register(v.collector()) != nil {
		return nil // a label is no valid name
	}
	r.vectors[name] = v
	return v
}

// bounded is called with mu held.
func (r *Registry) bounded(label, value string) string {
	seen := r.seen[label]
	if seen == nil {
		seen = map[string]bool{}
		r.seen[label] = seen
	}
	switch {
	case seen[value]:
	case len(seen) >= maxValues:
		return "other"
	default:
		seen[value] = true
	}
	return value
}

// Watched is what Watch reads at every scrape.
type Watched struct {
	Store bot.Store
	Bytes func() (int64, error) // size of the store's file; nil: not shown
}

// Watch publishes queue depth, the age of the oldest delivery, the number of
// articles and the store's size. Call it once.
func (r *Registry) Watch(w Watched, now func() time.Time) {
	if now == nil {
		now = time.Now
	}
	r.reg.MustRegister(&storeWatch{Watched: w, now: now})
}

// storeWatch is a prometheus.Collector over the store.
type storeWatch struct {
	Watched
	now func() time.Time
}

//nolint:gochecknoglobals // constant descriptions
var (
	descArticles = gauge("articles", "Articles in the store.")
	descWaiting  = gauge("outbox_waiting", "Deliveries that wait to be sent.")
	descLeased   = gauge("outbox_leased", "Deliveries that are being sent.")
	descParked   = gauge("outbox_parked", "Deliveries that failed for good.")
	descFanouts  = gauge("outbox_fanouts", "Story changes on their way to their subscribers.")
	descOldest   = gauge("outbox_oldest_seconds", "How long the oldest due delivery has been waiting; 0 for none.")
	descBytes    = gauge("store_bytes", "Size of the store's file.")
)

func gauge(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_"+name, help, nil, nil)
}

// Describe implements prometheus.Collector.
func (*storeWatch) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descArticles, descWaiting, descLeased, descParked, descFanouts, descOldest, descBytes} {
		out <- d
	}
}

// scrapeTime bounds how long a scrape may keep the store busy.
const scrapeTime = 3 * time.Second

// Collect implements prometheus.Collector. A store that cannot be read leaves
// its metrics out: the scrape itself goes on.
func (w *storeWatch) Collect(out chan<- prometheus.Metric) {
	//nolint:forbidigo // a Collector is handed no context
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	send := func(d *prometheus.Desc, v float64) { out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	var size bot.OutboxSize
	var articles int
	err := w.Store.View(ctx, func(tx bot.ReadTx) (err error) {
		if size, err = tx.OutboxSize(); err != nil {
			return err
		}
		articles, err = tx.ArticleCount()
		return err
	})
	if err == nil {
		send(descArticles, float64(articles))
		send(descWaiting, float64(size.Waiting))
		send(descLeased, float64(size.Leased))
		send(descParked, float64(size.Parked))
		send(descFanouts, float64(size.Fanouts))
		send(descOldest, age(size.Oldest, w.now()).Seconds())
	}
	if w.Bytes == nil {
		return
	}
	if n, err := w.Bytes(); err == nil {
		send(descBytes, float64(n))
	}
}

// age of something due at t; what is due later has none.
func age(t, now time.Time) time.Duration {
	if t.IsZero() || t.After(now) {
		return 0
	}
	return now.Sub(t)
}

// Build publishes the version as a metric. Call it once.
func (r *Registry) Build(version string) {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1, with the version as a label.",
		ConstLabels: prometheus.Labels{"version": version, "go": goVersion()},
	})
	g.Set(1)
	r.reg.MustRegister(g)
}

func goVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.GoVersion
	}
	return "unknown"
}
