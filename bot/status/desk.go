package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"karussell/bot"
)

// desk is what needs the operator's hand, read in one transaction.
type desk struct {
	Size       bot.OutboxSize
	Articles   int
	Parked     []bot.Delivery
	Feeds      []bot.FeedState
	AllFeeds   int
	Complaints []complaint
	More       bool // further complaints are not shown
}

// complaint is what "Falsch?" stored, with its story.
type complaint struct {
	Key   string
	Story bot.Story
	Gone  bool // the story is no longer stored
	Text  string
	At    time.Time
}

// complaintPrefix begins the keys of the notes that hold complaints.
const complaintPrefix = "complaint/"

// maxShown is how much of each list the page shows.
const maxShown = 50

func (s *Server) look(ctx context.Context) (desk, error) {
	var d desk
	err := s.Store.View(ctx, func(tx bot.ReadTx) (err error) {
		d = desk{}
		if d.Size, err = tx.OutboxSize(); err != nil {
			return err
		}
		if d.Articles, err = tx.ArticleCount(); err != nil {
			return err
		}
		if d.Parked, err = tx.Parked(maxShown); err != nil {
			return err
		}
		if err = d.readFeeds(tx); err != nil {
			return err
		}
		return d.readComplaints(tx)
	})
	return d, err
}

func (d *desk) readFeeds(tx bot.ReadTx) error {
	feeds, err := tx.Feeds()
	if err != nil {
		return err
	}
	d.AllFeeds = len(feeds)
	for _, f := range feeds {
		if f.Failures > 0 && len(d.Feeds) < maxShown {
			d.Feeds = append(d.Feeds, f)
		}
	}
	return nil
}

func (d *desk) readComplaints(tx bot.ReadTx) error {
	keys, err := tx.Notes(complaintPrefix, "", maxShown+1)
	if err != nil {
		return err
	}
	d.More = len(keys) > maxShown
	for _, key := range keys[:min(len(keys), maxShown)] {
		c, err := readComplaint(tx, key)
		if errors.Is(err, bot.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		d.Complaints = append(d.Complaints, c)
	}
	return nil
}

func readComplaint(tx bot.ReadTx, key string) (complaint, error) {
	raw, err := tx.Note(key)
	if err != nil {
		return complaint{}, err
	}
	var stored struct {
		Story bot.StoryID `json:"story"`
		Text  string      `json:"text"`
		At    time.Time   `json:"at"`
	}
	c := complaint{Key: key}
	if err := json.Unmarshal(raw, &stored); err != nil {
		c.Gone, c.Text = true, string(raw)
		return c, nil //nolint:nilerr // written by another version: shown as it is
	}
	c.Text, c.At = stored.Text, stored.At
	c.Story, err = tx.Story(stored.Story)
	if errors.Is(err, bot.ErrNotFound) {
		c.Story.ID, c.Gone = stored.Story, true
		return c, nil
	}
	return c, err
}

// home is the page in one of its languages.
func home(language string) string {
	if language == "en" {
		return "/?lang=en"
	}
	return "/?lang=de"
}

// errForm is a request that no form of ours sends.
var errForm = errors.New("the form is incomplete")

// action runs one change and goes back to the page.
func (s *Server) action(do func(context.Context, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
		if err := r.ParseForm(); err != nil {
			http.Error(w, errForm.Error(), http.StatusBadRequest)
			return
		}
		err := do(r.Context(), r)
		switch {
		case err == nil, errors.Is(err, bot.ErrNotFound): // somebody was faster
			http.Redirect(w, r, home(language(r)), http.StatusSeeOther)
		case errors.Is(err, errForm), errors.Is(err, bot.ErrBadCorrection):
			http.Error(w, err.Error(), http.StatusBadRequest)
		default:
			s.Log.ErrorContext(r.Context(), "operator action failed", "action", r.URL.Path, "error", err)
			http.Error(w, "That did not work; the log says why.", http.StatusInternalServerError)
		}
	})
}

func (s *Server) discard(ctx context.Context, r *http.Request) error {
	id := bot.DeliveryID(r.PostForm.Get("id"))
	return s.Store.Update(ctx, func(tx bot.Tx) error {
		if _, err := tx.Delivery(id); err != nil {
			return err
		}
		return tx.DeleteDelivery(id)
	})
}

// again makes a parked delivery due once more; what it says is rendered anew.
func (s *Server) again(ctx context.Context, r *http.Request) error {
	id := bot.DeliveryID(r.PostForm.Get("id"))
	return s.Store.Update(ctx, func(tx bot.Tx) error {
		d, err := tx.Delivery(id)
		if err != nil {
			return err
		}
		if err := tx.DeleteDelivery(id); err != nil {
			return err
		}
		d.Attempts, d.Unsure, d.Cause = 0, 0, ""
		d.Due, d.Created = s.Now(), s.Now() // its age counts anew
		return tx.PutDelivery(d)
	})
}

// complaintKey lets nothing but complaints be deleted.
func complaintKey(r *http.Request) (string, error) {
	key := r.PostForm.Get("key")
	if !strings.HasPrefix(key, complaintPrefix) {
		return "", errForm
	}
	return key, nil
}

func (s *Server) complaintDone(ctx context.Context, r *http.Request) error {
	key, err := complaintKey(r)
	if err != nil {
		return err
	}
	return s.Store.Update(ctx, func(tx bot.Tx) error { return tx.PutNote(key, nil) })
}

// complaintRuling corrects the story and closes the complaint. Should the second
// fail, the complaint stays and correcting again changes nothing.
func (s *Server) complaintRuling(ctx context.Context, r *http.Request) error {
	if s.Correct == nil {
		return errForm
	}
	id, err := strconv.ParseUint(r.PostForm.Get("story"), 10, 64)
	if err != nil {
		return errForm
	}
	how := bot.Correction(r.PostForm.Get("how"))
	if err := s.Correct(ctx, bot.StoryID(id), how, strings.TrimSpace(r.PostForm.Get("words"))); err != nil {
		return fmt.Errorf("correct story %d: %w", id, err)
	}
	return s.complaintDone(ctx, r)
}
