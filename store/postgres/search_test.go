package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"karussell/bot"
	"karussell/store/postgres"
)

func coach(tx bot.Tx, id, name string) error {
	return tx.PutCoach(bot.Coach{ID: bot.CoachID(id), Name: name}, bot.NameKeys(name))
}

func alike(t *testing.T, s bot.Store, query string) (ids []string) {
	t.Helper()
	err := s.View(t.Context(), func(tx bot.ReadTx) error {
		names, known, err := tx.(bot.NameSearcher).SimilarNames(bot.NameCoach, bot.NormaliseName(query), 3)
		if !known {
			t.Error("it cannot search names")
		}
		for _, n := range names {
			ids = append(ids, n.ID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func about(t *testing.T, s bot.Store, words string, p bot.Page) (titles []string) {
	t.Helper()
	err := s.View(t.Context(), func(tx bot.ReadTx) error {
		list, known, err := tx.(bot.TextSearcher).ArticlesAbout(words, p)
		if !known {
			t.Error("it cannot search texts")
		}
		for i := range list {
			titles = append(titles, list[i].Title)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return titles
}

// TestSearchNames: names are found with errors in several places, under their
// newest spelling, and not after they were deleted.
func TestSearchNames(t *testing.T) {
	s := open(t, schema(t))
	write := func(fn func(tx bot.Tx) error) {
		t.Helper()
		if err := s.Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	write(func(tx bot.Tx) error {
		return errors.Join(coach(tx, "huetter", "Adi Hütter"), coach(tx, "schuster", "Dirk Schuster"),
			coach(tx, "schubert", "André Schubert"), coach(tx, "odd", "\x00\xff"), coach(tx, "gisinger", "Markus Weinzierl"))
	})
	for query, want := range map[string]string{
		"Dirk Schustrr": "schuster", "Schuhbertt": "schubert", "huetta": "huetter", "Markos Weintzirl": "gisinger",
	} {
		if got := alike(t, s, query); len(got) == 0 || got[0] != want {
			t.Errorf("%s: %v instead of %s", query, got, want)
		}
	}
	write(func(tx bot.Tx) error {
		return errors.Join(tx.DeleteCoach("schubert"), coach(tx, "gisinger", "Markus Gisinger"))
	})
	if got := alike(t, s, "Weinzierl"); slices.Contains(got, "gisinger") {
		t.Error("a former name is found: ", got)
	}
	if got := alike(t, s, "Schubert"); slices.Contains(got, "schubert") {
		t.Error("a deleted coach is found: ", got)
	}
}

// TestSearchTexts: German words in any inflection, newest first, page by page; a
// forgotten text is not found any more.
func TestSearchTexts(t *testing.T) {
	s := open(t, schema(t))
	err := s.Update(t.Context(), func(tx bot.Tx) error {
		for i, text := range []string{
			"Der Aufsichtsrat berät über die Abfindungen der beiden Trainer.", "Ein ruhiger Nachmittag im Trainingslager.",
			"Über die Abfindung des Trainers wird vor Gericht gestritten.", "\x00\xff" + strings.Repeat("lang ", 300_000),
		} {
			a := bot.Article{Title: fmt.Sprint("Artikel ", i), Text: text, ReadAt: noon}
			if err := tx.PutArticle(&a, nil, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := about(t, s, "trainer abfindung", bot.Page{}); !slices.Equal(got, []string{"Artikel 2", "Artikel 0"}) {
		t.Error(got)
	}
	if got := about(t, s, "Abfindungen", bot.Page{Before: 3, Limit: 1}); !slices.Equal(got, []string{"Artikel 0"}) {
		t.Error(got)
	}
	if got := about(t, s, "'); drop table x; & | ! <-> \x00", bot.Page{}); len(got) != 0 {
		t.Error(got)
	}
	err = s.Update(t.Context(), func(tx bot.Tx) error {
		_, err := tx.ForgetTexts(noon.Add(1), 100)
		return err
	})
	if got := about(t, s, "abfindung", bot.Page{}); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
}

// TestSearchMadeUp: what an earlier version or a copy stored is searched after
// indexes were computed from the records, in steps.
func TestSearchMadeUp(t *testing.T) {
	address := schema(t)
	s := open(t, address)
	err := s.Update(t.Context(), func(tx bot.Tx) error {
		for i := range 1100 {
			a := bot.Article{Title: fmt.Sprint("Meldung", i), Text: "Text", ReadAt: noon}
			if err := tx.PutArticle(&a, nil, nil); err != nil {
				return err
			}
		}
		return coach(tx, "schuster", "Dirk Schuster")
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Exec(t.Context(), "drop table search_names, search_texts; delete from migrations where number >= 5")
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	s, err = postgres.Open(t.Context(), address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := about(t, s, "Meldung1099", bot.Page{}); len(got) != 1 {
		t.Error(got)
	}
	if got := alike(t, s, "Schuhster"); !slices.Contains(got, "schuster") {
		t.Error(got)
	}
}
