package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"karussell/bot"
	"karussell/config"
	"karussell/store/bolt"
)

// manyNames is a store with so many coaches that are different people.
func manyNames(tb testing.TB, n int) (*bot.Engine, []string) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "names.db")
	k, err := loadKnowledge()
	if err != nil {
		tb.Fatal(err)
	}
	store, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	engine, err := newEngine(&world{now: time.Now}, config.Config{}, store, k, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	names := make([]string, n)
	for from := 0; from < n; from += 1000 {
		err := store.Update(tb.Context(), func(tx bot.Tx) error {
			for i := from; i < min(from+1000, n); i++ {
				names[i] = fullName(i)
				if err := tx.PutCoach(bot.Coach{ID: bot.CoachID(fmt.Sprintf("coach-%d", i)), Name: names[i]}, bot.NameKeys(names[i])); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return engine, names
}

// fullName makes 50,000 and more different names that sound German: some share
// the first name, some the surname, as people do.
func fullName(i int) string {
	first := strings.Fields("Dirk Karel Heiner Ole Merlin Steffen Marco Jens Uwe Lukas Adrian Tomas Rico Boris Falk Gerd Hauke Ingo Joris Kai Ralf Sven Tim Udo Veit")
	head := strings.Fields("Back Schu Wer Polz Baum Klos Rit Fenn Gram Hol Kram Lind Mor Nies Ost Pet Quast Rau Sand Tem Uhl Vog Wall Zim Brink Dorn Eich Fuchs Gold Hart Immen Jung Kupfer Lauter Mittel Nagel Ober Pfaff Rosen Silber")
	tail := strings.Fields("haus ster ner in gart mann berg feld hoff ing kamp low meier rath stein wald bach brand dorfer eck furt garten heimer hauser inger jahn knecht lander moser nau ofen pohl quist reuter schmied thal ulm vogt weiler zer")
	i = i * 7919 % (len(first) * len(head) * len(tail) * 2)
	surname := head[i/len(first)%len(head)] + tail[i/len(first)/len(head)%len(tail)]
	if i/len(first)/len(head)/len(tail) > 0 {
		surname += "-" + head[i%len(head)]
	}
	return first[i%len(first)] + " " + surname
}

// typo makes one error in a name.
func typo(rng *rand.Rand, s string) string {
	b := []byte(s)
	i := rng.IntN(len(b)-1) + 1
	switch rng.IntN(3) {
	case 0:
		return string(slices.Delete(b, i, i+1))
	case 1:
		b[i] = byte('a' + rng.IntN(26))
		return string(b)
	}
	b[i-1], b[i] = b[i], b[i-1]
	return string(b)
}

// BenchmarkNames is the search for names in the real engine and store with
// 50,000 coaches: completions while one types, with and without errors, and
// what /coach and /club answer to misspelt names and free text.
func BenchmarkNames(b *testing.B) {
	engine, names := manyNames(b, 50_000)
	clubs := engine.Gazetteer.Clubs()
	rng := rand.New(rand.NewPCG(1, 2))
	suggest := func(command, option, query string) {
		engine.Suggest(b.Context(), bot.Request{Chat: bot.ChatRef{Platform: "discord", Chat: "1"}, Command: command, Option: option, Query: query})
	}
	respond := func(command, name string) {
		engine.Respond(b.Context(), bot.Request{Chat: bot.ChatRef{Platform: "discord", Chat: "1"}, Command: command, Args: map[string]string{"name": name}})
	}
	part := func(s string) string { return s[:1+rng.IntN(len(s)-1)] }
	coach := func() string { return names[rng.IntN(len(names))] }
	surname := func() string { return strings.Fields(coach())[1] }
	club := func() string { return clubs[rng.IntN(len(clubs))].Name }
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"complete=coach", func() { suggest("coach", "name", part(coach())) }},
		{"complete=surname", func() { suggest("coach", "name", part(surname())) }},
		{"complete=misspelt", func() { suggest("coach", "name", typo(rng, surname())) }},
		{"complete=topic", func() { suggest("subscribe", "topic", part(surname())) }},
		{"complete=misspelttopic", func() { suggest("subscribe", "topic", typo(rng, surname())) }},
		{"complete=club", func() { suggest("club", "name", part(club())) }},
		{"complete=misspeltclub", func() { suggest("club", "name", typo(rng, club())) }},
		{"complete=nonsense", func() { suggest("subscribe", "topic", "wer trainiert eigentlich den verein am rhein?") }},
		{"coach=misspelt", func() { respond("coach", typo(rng, coach())) }},
		{"club=misspelt", func() { respond("club", typo(rng, club())) }},
		{"club=text", func() { respond("club", "der verein mit den blauen hosen aus dem ruhrgebiet") }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				begun := time.Now()
				c.do()
				took = append(took, time.Since(begun))
			}
			reportTimes(b, took)
		})
	}
}
