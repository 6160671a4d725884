package feed

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Sizes of sitemaps (sitemaps.org/protocol): 50,000 addresses and 50 MB each.
const (
	maxSitemap  = 50 << 20
	maxSitemaps = 200     // of one index
	maxListed   = 500_000 // addresses in all
)

// IsSitemap reports whether an address is a sitemap by its name.
func IsSitemap(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	name := strings.TrimSuffix(strings.ToLower(path.Base(u.Path)), ".gz")
	return strings.HasSuffix(name, ".xml") && strings.Contains(strings.ToLower(u.Path), "sitemap")
}

type sitemap struct {
	Pages []struct {
		At string `xml:"loc"`
	} `xml:"url"`
	Maps []struct {
		At string `xml:"loc"`
	} `xml:"sitemap"`
}

// Sitemap lists the pages of a sitemap or of an index of sitemaps, those of the
// sitemap's own site only. The error is a *FetchError or the context's.
func (r *Reader) Sitemap(ctx context.Context, address string) ([]string, error) {
	home, err := url.Parse(address)
	if err != nil {
		return nil, &FetchError{Kind: FailNetwork, Err: errors.New("unusable address")}
	}
	var pages []string
	left, seen := []string{address}, map[string]bool{}
	for len(left) > 0 && len(seen) < maxSitemaps && len(pages) < maxListed {
		at := left[0]
		left = left[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		found, err := r.sitemap(ctx, at)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		for _, m := range found.Maps {
			if own := within(home, m.At); own != "" {
				left = append(left, own)
			}
		}
		for _, p := range found.Pages {
			if own := within(home, p.At); own != "" && len(pages) < maxListed {
				pages = append(pages, own)
			}
		}
	}
	slices.Sort(pages)
	return slices.Compact(pages), nil
}

func within(home *url.URL, address string) string {
	u, err := home.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !sameSite(u, home) {
		return ""
	}
	return canonical(u)
}

func (r *Reader) sitemap(ctx context.Context, address string) (sitemap, error) {
	res, err := r.fetch.get(ctx, address, "application/xml, text/xml;q=0.9, */*;q=0.5", "", "", maxSitemap)
	defer res.release()
	if err != nil {
		return sitemap{}, err
	}
	body := res.Body
	if bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return sitemap{}, &FetchError{Kind: FailFormat, Err: errors.New("it is no gzip")}
		}
		if body, err = io.ReadAll(io.LimitReader(z, maxSitemap+1)); err != nil || len(body) > maxSitemap {
			return sitemap{}, &FetchError{Kind: FailSize, Err: fmt.Errorf("it is damaged or larger than %d MB", maxSitemap>>20)}
		}
	}
	body = toUTF8(body, res.ContentType)
	if tooDeep(body) {
		return sitemap{}, &FetchError{Kind: FailFormat, Err: fmt.Errorf("elements nest deeper than %d", maxDepth)}
	}
	var found sitemap
	if err := xml.Unmarshal(body, &found); err != nil {
		return sitemap{}, &FetchError{Kind: FailFormat, Err: errors.New("it is no sitemap")}
	}
	return found, nil
}
