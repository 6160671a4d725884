package feed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"

	"karussell/bot"
)

// maxFile is the largest article file that is read, in bytes: a hundred times a
// long newspaper article.
const maxFile = 4 << 20

// FileError says in one sentence why a file cannot be read as an article and
// what to do.
type FileError struct {
	Path   string
	Reason string
	Err    error // cause; may be nil
}

func (e *FileError) Error() string { return e.Path + ": " + e.Reason }

func (e *FileError) Unwrap() error { return e.Err }

// Files lists the files with articles (.txt, archives) that paths name: files as they are,
// folders with everything below them, sorted within a folder. A path that
// cannot be read is reported beside the others.
func Files(paths []string) (files []string, problems []error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			problems = append(problems, pathError(path, err))
			continue
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		found, err := textFiles(path)
		if err != nil {
			problems = append(problems, pathError(path, err))
		}
		if len(found) == 0 && err == nil {
			problems = append(problems, &FileError{Path: path, Reason: "holds no .txt files; name a folder with articles"})
		}
		files = append(files, found...)
	}
	return files, problems
}

func textFiles(dir string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Type().IsRegular() && (strings.EqualFold(filepath.Ext(path), ".txt") || IsArchive(path)) {
			found = append(found, path)
		}
		return nil
	})
	slices.Sort(found)
	return found, err
}

func pathError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &FileError{Path: path, Reason: "there is no such file; check the spelling", Err: err}
	case errors.Is(err, fs.ErrPermission):
		return &FileError{Path: path, Reason: "may not be read; check its permissions", Err: err}
	default:
		return &FileError{Path: path, Reason: "cannot be read: " + cause(err), Err: err}
	}
}

func cause(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// ReadFile reads one article file of up to 4 MB. Text that is not UTF-8 is
// decoded by its byte order mark, else as Windows-1252 (which contains
// ISO-8859-1). A head like the samples' is understood. The error is a *FileError.
func ReadFile(path string) (bot.Article, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return bot.Article{}, pathError(path, err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return bot.Article{}, pathError(path, err)
	}
	if len(raw) > maxFile {
		return bot.Article{}, &FileError{Path: path, Reason: fmt.Sprintf("is larger than %d MB, too large for an article; split it into one file per article", maxFile>>20)}
	}
	text, err := decode(raw)
	if err != nil {
		return bot.Article{}, &FileError{Path: path, Reason: err.Error()}
	}
	article := bot.Article{File: filepath.Base(path), Text: text}
	if err := cutHead(&article); err != nil {
		return bot.Article{}, &FileError{Path: path, Reason: err.Error()}
	}
	return article, nil
}

// cutHead takes the lines above the first blank line as what is known about the
// article, when each of them is "outlet: ", "title: ", "url: ", "published: " or
// "hours: " (the age of a sample, which only the demo counts) and a value. Every
// other beginning belongs to the text.
func cutHead(a *bot.Article) error {
	head, body, ok := strings.Cut(strings.ReplaceAll(a.Text, "\r\n", "\n"), "\n\n")
	if !ok {
		return nil
	}
	known := *a
	known.Text = strings.TrimSpace(body)
	for line := range strings.SplitSeq(head, "\n") {
		key, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimSpace(value); key {
		case "outlet":
			known.Outlet = value
		case "title":
			known.Title = value
		case "url":
			known.URL = value
		case "published":
			date, err := bot.ParseDate(value)
			if err != nil {
				return fmt.Errorf("says in its head: %w", err)
			}
			known.Published = date
		case "hours":
		default:
			return nil
		}
	}
	*a = known
	return nil
}

// decode turns bytes into text, or says why they are none.
func decode(raw []byte) (string, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return "", errors.New("is empty; there is nothing to read")
	}
	if bytes.HasPrefix(raw, []byte{0xFF, 0xFE}) || bytes.HasPrefix(raw, []byte{0xFE, 0xFF}) {
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(raw)
		if err != nil {
			return "", errors.New("is damaged UTF-16 text; save it as UTF-8")
		}
		raw = text
	}
	raw = bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF"))
	if isBinary(raw) {
		return "", errors.New("is no text but binary; give the article as plain text")
	}
	if utf8.Valid(raw) {
		return string(raw), nil
	}
	encoding, _ := charset.Lookup("windows-1252")
	text, err := encoding.NewDecoder().Bytes(raw)
	if err != nil {
		return "", errors.New("has no known character set; save it as UTF-8")
	}
	return string(text), nil
}

// isBinary: text holds no NUL and hardly any other control characters.
func isBinary(raw []byte) bool {
	head := raw[:min(len(raw), 64<<10)]
	controls := 0
	for _, b := range head {
		if b == 0 {
			return true
		}
		if b < 0x20 && b != '\n' && b != '\r' && b != '\t' && b != '\f' {
			controls++
		}
	}
	return controls*50 > len(head)
}
