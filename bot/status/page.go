package status

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"time"

	"karussell/bot"
)

//go:embed page.html style.css
var files embed.FS

// view is what the page shows.
type view struct {
	desk
	Lang    string
	Version string
	Now     time.Time
	Uptime  time.Duration
	Oldest  time.Duration
	States  []state
	Ready   bool
	Correct bool
	Stages  []bot.StoryStage
	Numbers []number
	err     error
}

// rulings are the stages that the page offers for a correction.
func rulings() []bot.StoryStage {
	return []bot.StoryStage{bot.StageOff, bot.StageOfficial, bot.StageAgreed, bot.StageTalks, bot.StageInterest, bot.StageCandidate}
}

// T says one of the page's own words.
func (v view) T(key string) string { return say(v.Lang, key) }

// When writes an instant.
func (v view) When(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Local().Format("02.01.2006 15:04")
}

// Span writes a duration to the minute, short ones to the second.
func (view) Span(d time.Duration) string {
	if d < time.Minute {
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

// Since is Span from t to now.
func (v view) Since(t time.Time) string { return v.Span(age(t, v.Now)) }

func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	v := view{
		Lang: language(r), Version: s.Version, Now: s.Now(), Uptime: s.Now().Sub(s.started),
		Correct: s.Correct != nil, Stages: rulings(), Numbers: s.Registry.numbers(),
	}
	v.States, v.Ready = ask(r.Context(), s.Probes)
	v.desk, v.err = s.look(r.Context())
	if v.err != nil {
		s.Log.ErrorContext(r.Context(), "operator page failed", "error", v.err)
		http.Error(w, "The store cannot be read; the log says why.", http.StatusServiceUnavailable)
		return
	}
	v.Oldest = age(v.Size.Oldest, v.Now)
	tmpl, err := template.ParseFS(files, "page.html")
	if err == nil {
		var page bytes.Buffer
		if err = tmpl.Execute(&page, v); err == nil {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(page.Bytes()) // the reader may have left
			return
		}
	}
	s.Log.ErrorContext(r.Context(), "operator page failed", "error", err)
	http.Error(w, "The page cannot be drawn; the log says why.", http.StatusInternalServerError)
}

func (*Server) style(w http.ResponseWriter, _ *http.Request) {
	css, _ := files.ReadFile("style.css") // embedded: cannot fail
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(css) // the reader may have left
}

// number is a counter at a glance.
type number struct {
	Name  string
	Total float64
}

// numbers sums the table's counters over their labels.
func (r *Registry) numbers() []number {
	families, err := r.reg.Gather()
	if err != nil && len(families) == 0 {
		return nil
	}
	var out []number
	for _, f := range families {
		name := strings.TrimPrefix(f.GetName(), namespace+"_")
		if !r.counts(name) {
			continue
		}
		n := number{Name: name}
		for _, m := range f.GetMetric() {
			n.Total += m.GetCounter().GetValue()
		}
		out = append(out, n)
	}
	return out
}

func (r *Registry) counts(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.vectors[name] != nil && r.vectors[name].counter != nil
}

// language is what the address asks for, else the browser's, else German.
func language(r *http.Request) string {
	switch r.FormValue("lang") {
	case "de", "en":
		return r.FormValue("lang")
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		switch tag := strings.ToLower(strings.TrimSpace(part)); {
		case strings.HasPrefix(tag, "de"):
			return "de"
		case strings.HasPrefix(tag, "en"):
			return "en"
		}
	}
	return "de"
}
