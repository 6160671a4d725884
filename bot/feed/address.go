package feed

import (
	"net/url"
	"slices"
	"strings"
)

// resolve makes an item's link absolute; empty when it is none to a page.
func resolve(base *url.URL, link string) string {
	link = strings.TrimSpace(link)
	if link == "" {
		return "" // it would resolve to the feed itself
	}
	u, err := base.Parse(link)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(link) > maxLine {
		return ""
	}
	return canonical(u)
}

// trackers are beginnings of query parameters that do not select a page.
//
//nolint:gochecknoglobals // a constant table
var trackers = []string{
	"utm_", "fbclid", "gclid", "dclid", "msclkid", "yclid", "igshid", "wt_", "wt.", "xtor", "cmpid", "mc_", "mtm_", "ref_",
	"at_", "pk_", "piwik_", "hsa_", "_hs", "sc_src", "ns_", "__twitter", "ftag", "smid", "sharedcontent",
}

// switches are whole query parameters that select another dress of a page.
//
//nolint:gochecknoglobals // a constant table
var switches = []string{"amp", "outputtype", "ref", "rss", "mobile", "view_amp", "print"}

// canonical unites the addresses of one page: without tracking, fragment,
// default port and credentials, the AMP and mobile variants with the main one.
func canonical(u *url.URL) string {
	c := *unwrapped(u)
	c.Fragment, c.RawFragment, c.User = "", "", nil
	c.Host = mainHost(strings.ToLower(c.Host), c.Scheme)
	c.Path, c.RawPath = withoutAMP(c.Path), withoutAMP(c.RawPath)
	c.RawQuery = keptQuery(c.RawQuery)
	c.ForceQuery = false
	return c.String()
}

// unwrapped is the outlet's own address of a page in an AMP cache.
func unwrapped(u *url.URL) *url.URL {
	host, rest := strings.ToLower(u.Hostname()), ""
	switch {
	case strings.HasSuffix(host, ".cdn.ampproject.org"):
		_, rest, _ = strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	case strings.HasPrefix(host, "www.google.") && strings.HasPrefix(u.Path, "/amp/"):
		rest = strings.TrimPrefix(u.Path, "/amp/")
	}
	rest = strings.TrimPrefix(rest, "s/") // https
	if inner, err := url.Parse("https://" + rest); rest != "" && err == nil && strings.Contains(inner.Host, ".") {
		return inner
	}
	return u
}

func mainHost(host, scheme string) string {
	if scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	} else {
		host = strings.TrimSuffix(host, ":80")
	}
	for _, prefix := range []string{"amp.", "m.", "mobil.", "mobile."} {
		if rest, ok := strings.CutPrefix(host, prefix); ok && strings.Contains(rest, ".") {
			return "www." + rest
		}
	}
	return host
}

// withoutAMP drops the marks of an AMP page from a path.
func withoutAMP(path string) string {
	switch {
	case strings.HasSuffix(path, ".amp.html"):
		return strings.TrimSuffix(path, ".amp.html") + ".html"
	case strings.HasSuffix(path, ".amp"):
		return strings.TrimSuffix(path, ".amp")
	case strings.HasSuffix(path, "/amp") && len(path) > len("/amp"):
		return strings.TrimSuffix(path, "/amp")
	case strings.HasSuffix(path, "/amp/") && len(path) > len("/amp/"):
		return strings.TrimSuffix(path, "amp/")
	case strings.HasPrefix(path, "/amp/"):
		return strings.TrimPrefix(path, "/amp")
	}
	return path
}

func keptQuery(raw string) string {
	if raw == "" {
		return ""
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		return raw // unusual, so perhaps meant; nothing is taken from it
	}
	before := len(q)
	for name := range q {
		lower := strings.ToLower(name)
		if slices.Contains(switches, lower) || slices.ContainsFunc(trackers, func(t string) bool { return strings.HasPrefix(lower, t) }) {
			q.Del(name)
		}
	}
	if len(q) == before {
		return raw
	}
	return q.Encode()
}

// webAddress is the canonical form of an absolute address; empty when it is
// none of a page.
func webAddress(address string) string { return resolve(&url.URL{}, address) }
