package telegramtest

import (
	"encoding/json"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Entity is a MessageEntity; offsets and lengths are UTF-16 units.
type Entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	URL    string `json:"url,omitempty"`
}

// Button is an inline button.
type Button struct {
	Text  string `json:"text"`
	Data  string `json:"callback_data,omitempty"`
	URL   string `json:"url,omitempty"`
	Style string `json:"style,omitempty"`
}

// entityTypes are those that a bot may send as entities.
var entityTypes = map[string]bool{ //nolint:gochecknoglobals // a constant table
	"bold": true, "italic": true, "underline": true, "strikethrough": true, "spoiler": true,
	"blockquote": true, "expandable_blockquote": true, "code": true, "pre": true, "text_link": true,
}

// checkText applies Telegram's limits and judges entities. The caller holds mu.
func (s *Server) checkText(method, text, encoded string, limit int) ([]Entity, *refusal) {
	if !utf8.ValidString(text) {
		return nil, badRequest("strings must be encoded in UTF-8")
	}
	units := utf16.Encode([]rune(text))
	if len(units) > limit {
		if limit == maxCaption {
			return nil, badRequest("message caption is too long")
		}
		return nil, badRequest("message is too long")
	}
	var entities []Entity
	if encoded != "" {
		if err := json.Unmarshal([]byte(encoded), &entities); err != nil {
			return nil, badRequest("can't parse entities: %v", err)
		}
	}
	if len(entities) > 100 {
		s.brokenf("%s: %d entities; Telegram drops those beyond 100", method, len(entities))
	}
	for _, e := range entities {
		s.checkEntity(method, units, e)
	}
	s.checkOrder(method, entities)
	return entities, nil
}

func (s *Server) checkEntity(method string, units []uint16, e Entity) {
	if !entityTypes[e.Type] {
		s.brokenf("%s: entity type %q", method, e.Type)
	}
	if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > len(units) {
		s.brokenf("%s: entity %+v outside of %d units", method, e, len(units))
		return
	}
	if splits(units, e.Offset) || splits(units, e.Offset+e.Length) {
		s.brokenf("%s: entity %+v cuts a surrogate pair", method, e)
	}
	if strings.TrimSpace(string(utf16.Decode(units[e.Offset:e.Offset+e.Length]))) == "" {
		s.brokenf("%s: entity %+v holds only space", method, e)
	}
	if e.Type == "text_link" {
		if u, err := url.Parse(e.URL); err != nil || u.Host == "" {
			s.brokenf("%s: entity %+v has no usable address", method, e)
		}
	}
}

// checkOrder wants entities that are nested, not crossing.
func (s *Server) checkOrder(method string, entities []Entity) {
	for i, a := range entities {
		for _, b := range entities[i+1:] {
			aEnd, bEnd := a.Offset+a.Length, b.Offset+b.Length
			crossing := (a.Offset < b.Offset && b.Offset < aEnd && aEnd < bEnd) || (b.Offset < a.Offset && a.Offset < bEnd && bEnd < aEnd)
			if crossing {
				s.brokenf("%s: entities %+v and %+v cross", method, a, b)
			}
			if a.Type == "code" && b.Offset < aEnd && a.Offset < bEnd && b.Type != "blockquote" {
				s.brokenf("%s: code %+v does not mix with %+v", method, a, b)
			}
		}
	}
}

func splits(units []uint16, i int) bool {
	return i > 0 && i < len(units) && units[i] >= 0xDC00 && units[i] <= 0xDFFF && units[i-1] >= 0xD800 && units[i-1] <= 0xDBFF
}

// markup is what a reply_markup parameter may hold.
type markup struct {
	Rows        [][]Button `json:"inline_keyboard"`
	ForceReply  bool       `json:"force_reply"`
	Selective   bool       `json:"selective"`
	Placeholder string     `json:"input_field_placeholder"`
}

func checkMarkup(encoded string) (markup, *refusal) {
	var m markup
	if encoded == "" {
		return m, nil
	}
	if err := json.Unmarshal([]byte(encoded), &m); err != nil {
		return m, badRequest("can't parse reply keyboard markup JSON object")
	}
	count := 0
	for _, row := range m.Rows {
		if len(row) > 8 {
			return m, badRequest("too many buttons in a row")
		}
		for _, b := range row {
			count++
			switch {
			case strings.TrimSpace(b.Text) == "":
				return m, badRequest("inline keyboard button text must be non-empty")
			case (b.Data == "") == (b.URL == ""):
				return m, badRequest("can't parse inline keyboard button: exactly one action is needed")
			case len(b.Data) > 64:
				return m, badRequest("BUTTON_DATA_INVALID")
			case b.URL != "" && !strings.HasPrefix(b.URL, "http://") && !strings.HasPrefix(b.URL, "https://"):
				return m, badRequest("inline keyboard button URL '%s' is invalid", b.URL)
			}
		}
	}
	if count > 100 {
		return m, badRequest("too many inline keyboard buttons")
	}
	if len([]rune(m.Placeholder)) > 64 {
		return m, badRequest("input field placeholder is too long")
	}
	return m, nil
}
