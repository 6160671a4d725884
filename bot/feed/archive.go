package feed

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"karussell/bot"
)

// IsArchive reports whether a file holds many articles: .jsonl, .warc, .warc.gz.
func IsArchive(path string) bool {
	lower := strings.ToLower(path)
	for _, end := range []string{".jsonl", ".ndjson", ".jsonl.gz", ".warc", ".warc.gz"} {
		if strings.HasSuffix(lower, end) {
			return true
		}
	}
	return false
}

// ReadArchive yields the articles of an archive of any size one after the
// other. What cannot be read is yielded as a *FileError, and reading goes on
// behind it where that is possible.
func ReadArchive(path string) iter.Seq2[bot.Article, error] {
	return func(yield func(bot.Article, error) bool) {
		f, err := os.Open(path) //nolint:gosec // the operator names the file
		if err != nil {
			yield(bot.Article{}, pathError(path, err))
			return
		}
		defer f.Close()
		in := bufio.NewReaderSize(f, 64<<10)
		if magic, err := in.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
			z, err := gzip.NewReader(in) // reads the members of a .warc.gz as one
			if err != nil {
				yield(bot.Article{}, pathError(path, err))
				return
			}
			in = bufio.NewReaderSize(z, 64<<10)
		}
		read := readLines
		if strings.Contains(strings.ToLower(filepath.Base(path)), ".warc") {
			read = readWARC
		}
		read(in, path, yield)
	}
}

// line is one article of a .jsonl file.
type line struct {
	Title     string `json:"title"`
	Text      string `json:"text"`
	URL       string `json:"url"`
	Outlet    string `json:"outlet"`
	Language  string `json:"language"`
	Published string `json:"published"`
}

func readLines(in *bufio.Reader, path string, yield func(bot.Article, error) bool) {
	for n := 1; ; n++ {
		raw, tooLong, err := readLine(in, maxFile)
		if err != nil && len(raw) == 0 {
			if !errors.Is(err, io.EOF) {
				yield(bot.Article{}, pathError(path, err))
			}
			return
		}
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 && !tooLong {
			continue
		}
		a, err := readRecord(raw, tooLong)
		if err != nil {
			err = &FileError{Path: path + ":" + strconv.Itoa(n), Reason: err.Error()}
		}
		a.File = filepath.Base(path) + ":" + strconv.Itoa(n)
		if !yield(a, err) {
			return
		}
	}
}

// readLine reads up to a line's end; what is beyond limit is skipped.
func readLine(in *bufio.Reader, limit int) (raw []byte, tooLong bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if len(raw)+len(part) <= limit {
			raw = append(raw, part...)
		} else {
			tooLong = true
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return raw, tooLong, err //nolint:wrapcheck // io.EOF or the file's
		}
	}
}

func readRecord(raw []byte, tooLong bool) (bot.Article, error) {
	if tooLong {
		return bot.Article{}, errors.New("is longer than 4 MB")
	}
	var l line
	if err := json.Unmarshal(bytes.ToValidUTF8(raw, nil), &l); err != nil {
		return bot.Article{}, errors.New("is no JSON object with title, text, url, outlet, published")
	}
	a := bot.Article{Title: clip(oneLine(plain(l.Title)), maxLine), Text: clip(plain(l.Text), maxText), Outlet: l.Outlet, Language: language(l.Language)}
	if a.Text == "" && a.Title == "" {
		return a, errors.New("holds neither title nor text")
	}
	if l.URL != "" {
		if a.URL = webAddress(l.URL); a.URL == "" {
			return a, fmt.Errorf("%q is no web address", clip(l.URL, 100))
		}
	}
	if l.Published == "" {
		return a, nil
	}
	t, dayOnly, ok := readDate(l.Published)
	if !ok {
		d, err := bot.ParseDate(l.Published)
		if err != nil {
			return a, fmt.Errorf("published %q is no date", clip(l.Published, 100))
		}
		a.Published = d
		return a, nil
	}
	a.Published = bot.DateOf(t)
	if !dayOnly {
		a.PublishedAt, a.Published = t, bot.DateOf(t.In(berlin()))
	}
	return a, nil
}

// readWARC yields the articles of a web archive (ISO 28500): the pages of its
// response records. Records of other types and answers that are no pages are
// passed over.
func readWARC(in *bufio.Reader, path string, yield func(bot.Article, error) bool) {
	for n := 1; ; n++ {
		head, err := warcHead(in)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			yield(bot.Article{}, &FileError{Path: path, Reason: fmt.Sprintf("record %d is damaged; what stands before it was read", n), Err: err})
			return
		}
		size, err := strconv.ParseInt(head.Get("Content-Length"), 10, 64)
		if err != nil || size < 0 {
			yield(bot.Article{}, &FileError{Path: path, Reason: fmt.Sprintf("record %d states no length; what stands before it was read", n), Err: err})
			return
		}
		block := &io.LimitedReader{R: in, N: size}
		if strings.EqualFold(head.Get("WARC-Type"), "response") {
			if !yieldPage(block, head.Get("WARC-Target-URI"), path, n, yield) {
				return
			}
		}
		if _, err := io.Copy(io.Discard, block); err != nil || block.N > 0 {
			yield(bot.Article{}, &FileError{Path: path, Reason: fmt.Sprintf("ends in record %d; what stands before it was read", n), Err: err})
			return
		}
	}
}

// yieldPage passes a response record's page on; false when nobody wants more.
func yieldPage(block io.Reader, address, path string, n int, yield func(bot.Article, error) bool) bool {
	articles, err := warcPage(bufio.NewReader(block), strings.Trim(address, "<>"))
	if err != nil {
		return yield(bot.Article{}, &FileError{Path: path, Reason: fmt.Sprintf("record %d: %v", n, err), Err: err})
	}
	for _, a := range articles {
		if !yield(a, nil) {
			return false
		}
	}
	return true
}

// warcHead reads a record's header; io.EOF when there is no further record.
func warcHead(in *bufio.Reader) (http.Header, error) {
	version := ""
	for version == "" { // records end with blank lines
		raw, _, err := readLine(in, maxLine)
		if version = strings.TrimSpace(string(raw)); err != nil && version == "" {
			return nil, err
		}
	}
	if !strings.HasPrefix(version, "WARC/") {
		return nil, errors.New("no WARC record")
	}
	head := http.Header{}
	for range 100 {
		raw, _, err := readLine(in, 8*maxLine)
		text := strings.TrimSpace(string(raw))
		if text == "" {
			return head, nil
		}
		if name, value, ok := strings.Cut(text, ":"); ok {
			head.Set(strings.TrimSpace(name), strings.TrimSpace(value))
		}
		if err != nil {
			return nil, io.ErrUnexpectedEOF
		}
	}
	return nil, errors.New("too many lines in a record's head")
}

// warcPage reads the page of a response record; none for other answers.
func warcPage(block *bufio.Reader, address string) ([]bot.Article, error) {
	if webAddress(address) == "" {
		return nil, nil // a look-up, a part of a page
	}
	res, err := http.ReadResponse(block, nil)
	if err != nil {
		return nil, errors.New("it holds no HTTP answer")
	}
	defer res.Body.Close()
	kind := strings.ToLower(res.Header.Get("Content-Type"))
	if res.StatusCode != http.StatusOK || !strings.Contains(kind, "html") {
		return nil, nil
	}
	body := io.Reader(res.Body)
	if strings.EqualFold(res.Header.Get("Content-Encoding"), "gzip") {
		if body, err = gzip.NewReader(body); err != nil {
			return nil, errors.New("its page is no gzip")
		}
	}
	page, err := io.ReadAll(io.LimitReader(body, maxPage+1))
	switch {
	case len(page) > maxPage:
		return nil, errors.New("its page is larger than 4 MB")
	case err != nil:
		return nil, errors.New("its page is cut")
	}
	a, entries, err := readPage(page, kind, address)
	if err != nil {
		return nil, err
	}
	if len(entries) > 0 {
		return cut(&a, entries, time.Now()), nil
	}
	return []bot.Article{a}, nil
}
