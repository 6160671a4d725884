package bot

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"strings"
	"time"
)

// Near-duplicate detection: agency copy that ten papers print, each with its own
// headline and a few words changed, is one report. Articles are compared by
// their two-word shingles. MinHash bands find the candidates, the true overlap
// decides.
const (
	nearBands = 16 // each of two hashes: an overlap of .45 is found with 97 %
	nearRows  = 2
	// nearOverlap is the Jaccard overlap from which on two texts are copies: one
	// word in five changed leaves .47, independent articles on one matter share
	// less than .12.
	nearOverlap = 0.35
	// nearWindow bounds the search: agency copy is printed within days.
	nearWindow = 7 * 24 * time.Hour
	// nearWords is the shortest text that is compared at all.
	nearWords = 20
)

// shingles are the hashes of all pairs of neighbouring words.
func shingles(text string) map[uint64]struct{} {
	words := strings.Fields(NormaliseName(text))
	if len(words) < nearWords {
		return nil
	}
	set := make(map[uint64]struct{}, len(words))
	for i := 1; i < len(words); i++ {
		h := fnv.New64a()
		_, _ = h.Write([]byte(words[i-1])) // a hash never fails
		_, _ = h.Write([]byte{' '})
		_, _ = h.Write([]byte(words[i]))
		set[h.Sum64()] = struct{}{}
	}
	return set
}

// mix is the finaliser of splitmix64: one cheap hash function per seed.
func mix(x, seed uint64) uint64 {
	x += seed * 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// nearKeys are the band keys of an article in its week: those it is stored
// under. Weeks make neighbours in time neighbours in the index.
func nearKeys(a *Article) []string {
	set := shingles(a.Title + " " + a.Text)
	if set == nil {
		return nil
	}
	return bandKeys(set, nearWeek(a.reportedAt()))
}

func nearWeek(t time.Time) int64 { return t.Unix() / int64(nearWindow/time.Second) }

func bandKeys(set map[uint64]struct{}, week int64) []string {
	var least [nearBands * nearRows]uint64
	for i := range least {
		least[i] = math.MaxUint64
	}
	for s := range set {
		for i := range least {
			least[i] = min(least[i], mix(s, uint64(i)+1))
		}
	}
	keys := make([]string, nearBands)
	for b := range keys {
		h := mix(least[nearRows*b], least[nearRows*b+1])
		keys[b] = fmt.Sprintf("near:%06d:%02d:%016x", week, b, h)
	}
	return keys
}

// original finds the article that the draft is a copy of, 0 for none.
func (in *intake) original(d *draft) (ArticleID, error) {
	if len(d.near) == 0 {
		return 0, nil
	}
	set := shingles(d.article.Title + " " + d.article.Text)
	week := nearWeek(d.article.reportedAt())
	tried := map[ArticleID]bool{}
	weeks := []int64{week, week - 1}
	if nearWeek(d.article.ReadAt) > week { // read late: others may have been faster
		weeks = append(weeks, week+1)
	}
	for _, w := range weeks {
		for _, key := range bandKeys(set, w) {
			id, err := in.tx.ArticleByKey(key)
			if errors.Is(err, ErrNotFound) || err == nil && tried[id] {
				continue
			}
			if err != nil {
				return 0, fmt.Errorf("near-duplicate key: %w", err)
			}
			tried[id] = true
			o, err := in.tx.Article(id)
			if err != nil {
				return 0, fmt.Errorf("article %d: %w", id, err)
			}
			if in.isCopy(&d.article, &o, set) {
				return id, nil
			}
		}
	}
	return 0, nil
}

func (in *intake) isCopy(a, o *Article, set map[uint64]struct{}) bool {
	apart := a.reportedAt().Sub(o.reportedAt()).Abs()
	return apart <= nearWindow && overlap(set, shingles(o.Title+" "+o.Text)) >= nearOverlap
}

// overlap is the Jaccard index of two sets, 0 to 1.
func overlap(a, b map[uint64]struct{}) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	both := 0
	for s := range a {
		if _, ok := b[s]; ok {
			both++
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

// markCarriers decides which of the copies among a story's reports counts: the
// earliest that stands. So it does not matter which of them was read first.
func markCarriers(reports []Report) {
	leader := map[ArticleID]ArticleID{}
	find := func(id ArticleID) ArticleID {
		for leader[id] != 0 {
			id = leader[id]
		}
		return id
	}
	for i := range reports {
		a, o := find(reports[i].Source.Article), find(reports[i].CopyOf)
		if o != 0 && a != o {
			leader[a] = o
		}
	}
	counts := map[ArticleID]map[EventType]bool{}
	for _, r := range sortedReports(reports) {
		group := find(r.Source.Article)
		r.Carrier = counts[group][r.Event.Type]
		if r.Revoked {
			continue
		}
		if counts[group] == nil {
			counts[group] = map[EventType]bool{}
		}
		counts[group][r.Event.Type] = true
	}
}
