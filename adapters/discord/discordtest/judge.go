package discordtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"unicode/utf16"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Judge holds requests against Discord's OpenAPI description and the rules that
// it cannot say. It is safe for concurrent use.
type Judge struct {
	paths    map[string]map[string]any // template -> operations
	compiler *jsonschema.Compiler
	mu       sync.Mutex
	ready    map[string]*jsonschema.Schema
}

const contractURL = "mem:///discord.json"

// NewJudge reads the description; with an empty path it knows the other rules
// only.
func NewJudge(path string) (*Judge, error) {
	if path == "" {
		return &Judge{}, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	var d struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(contractURL, doc); err != nil {
		return nil, err
	}
	return &Judge{paths: d.Paths, compiler: c, ready: map[string]*jsonschema.Schema{}}, nil
}

// Knows reports whether the description was there to read.
func (j *Judge) Knows() bool { return j.compiler != nil }

// Request judges one request: its JSON and the names of its files. It returns
// the broken rules.
func (j *Judge) Request(method, path string, body []byte, files map[string]string) []string {
	in := &incoming{method: method, path: path, parts: strings.Split(path, "/"), json: body, files: files}
	var v any
	if err := json.Unmarshal(body, &v); len(body) > 0 && err != nil {
		return []string{err.Error()}
	}
	in.data, _ = v.(map[string]any)
	out := houseRules(in)
	if err := j.contract(in); err != nil {
		out = append(out, "breaks the contract: "+err.Error())
	}
	return out
}

func (j *Judge) contract(in *incoming) error {
	if j.compiler == nil {
		return nil
	}
	template := j.match(in.parts)
	if template == "" {
		return errors.New("no such path")
	}
	op, known := j.paths[template][strings.ToLower(in.method)].(map[string]any)
	if !known {
		return errors.New("no such method")
	}
	_, wants := op["requestBody"]
	if !wants {
		if len(in.json) > 0 {
			return errors.New("a body where none belongs")
		}
		return nil
	}
	schema, err := j.schema(template, strings.ToLower(in.method))
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(in.json))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}

func (j *Judge) schema(template, method string) (*jsonschema.Schema, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	key := method + " " + template
	if s := j.ready[key]; s != nil {
		return s, nil
	}
	pointer := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(template)
	s, err := j.compiler.Compile(contractURL + "#/paths/" + pointer + "/" + method + "/requestBody/content/application~1json/schema")
	if err != nil {
		return nil, err
	}
	j.ready[key] = s
	return s, nil
}

// match finds the most literal template.
func (j *Judge) match(parts []string) string {
	best, most := "", -1
	for t := range j.paths {
		seg := strings.Split(strings.TrimPrefix(t, "/"), "/")
		if len(seg) != len(parts) {
			continue
		}
		literal := 0
		for k, s := range seg {
			if s == parts[k] {
				literal++
			} else if !strings.HasPrefix(s, "{") {
				literal = -1
				break
			}
		}
		if literal > most {
			best, most = t, literal
		}
	}
	return best
}

// houseRules are what Discord demands beyond its schema.
func houseRules(in *incoming) []string {
	var out []string
	for _, m := range messagesIn(in) {
		out = append(out, messageRules(m, in)...)
	}
	if in.parts[0] == "channels" && len(in.parts) == 3 && in.parts[2] == "messages" && in.method == "POST" {
		if in.data["nonce"] != nil && in.data["enforce_nonce"] != true {
			out = append(out, "a nonce without enforce_nonce")
		}
		if ref, said := in.data["message_reference"].(map[string]any); said && ref["fail_if_not_exists"] != false {
			out = append(out, "an answer that fails when the message is gone")
		}
		if flags, _ := in.data["flags"].(float64); int(flags)&64 != 0 {
			out = append(out, "an ephemeral flag outside an interaction")
		}
	}
	if in.method == "PUT" && in.parts[len(in.parts)-1] == "commands" {
		out = append(out, commandRules(in.json)...)
	}
	return out
}

// messagesIn finds the messages of a request.
func messagesIn(in *incoming) []map[string]any {
	switch {
	case in.data == nil:
		return nil
	case in.parts[0] == "interactions":
		kind, _ := in.data["type"].(float64)
		data, _ := in.data["data"].(map[string]any)
		if kind == Answered || kind == Updated {
			return []map[string]any{data}
		}
		if kind == OpenedModal {
			return nil
		}
		return nil
	case in.parts[0] == "webhooks":
		return []map[string]any{in.data}
	case in.parts[0] == "channels" && len(in.parts) >= 3 && in.parts[2] == "messages":
		return []map[string]any{in.data}
	case in.parts[0] == "channels" && len(in.parts) == 3 && in.parts[2] == "threads":
		m, _ := in.data["message"].(map[string]any)
		return []map[string]any{m}
	}
	return nil
}

func messageRules(m map[string]any, in *incoming) []string {
	var out []string
	bad := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if m == nil {
		return []string{"no message"}
	}
	am, said := m["allowed_mentions"].(map[string]any)
	if !said {
		bad("allowed_mentions is not said")
	} else if parse, said := am["parse"].([]any); !said || len(parse) > 0 {
		bad("allowed_mentions.parse is not the empty list")
	}
	content, _ := m["content"].(string)
	if size(content) > 2000 {
		bad("content of %d characters", size(content))
	}
	total := 0
	embeds, _ := m["embeds"].([]any)
	for _, e := range embeds {
		total += embedRules(e, in, bad)
	}
	if total > 6000 {
		bad("embeds of %d characters", total)
	}
	componentRules(m, bad)
	return out
}

func embedRules(e any, in *incoming, bad func(string, ...any)) int {
	raw, _ := json.Marshal(e)
	var x Embed
	_ = json.Unmarshal(raw, &x)
	total := size(x.Title) + size(x.Description) + size(x.Footer.Text) + size(x.Author.Name)
	if size(x.Footer.Text) > 2048 || size(x.Author.Name) > 256 {
		bad("footer or author too long")
	}
	for _, f := range x.Fields {
		total += size(f.Name) + size(f.Value)
		if strings.TrimSpace(f.Name) == "" || strings.TrimSpace(f.Value) == "" {
			bad("a field without name or value")
		}
		if size(f.Name) > 256 || size(f.Value) > 1024 {
			bad("a field of %d and %d characters", size(f.Name), size(f.Value))
		}
	}
	if x.URL != "" && !strings.HasPrefix(x.URL, "http://") && !strings.HasPrefix(x.URL, "https://") {
		bad("an embed's address %q", x.URL)
	}
	if name, attached := strings.CutPrefix(x.Image.URL, "attachment://"); attached {
		found := false
		for _, f := range in.files {
			found = found || f == name
		}
		if !found {
			bad("picture %q is not attached", name)
		}
	}
	return total
}

func componentRules(m map[string]any, bad func(string, ...any)) {
	var rows []Row
	recode(m["components"], &rows)
	if len(rows) > 5 {
		bad("%d rows", len(rows))
	}
	ids := map[string]bool{}
	for _, r := range rows {
		if len(r.Components) == 0 || len(r.Components) > 5 {
			bad("%d components in a row", len(r.Components))
		}
		for _, c := range r.Components {
			if c.Type == 3 {
				menuRules(c, len(r.Components), bad)
			}
			if c.Type == 2 && (c.CustomID == "") == (c.URL == "") {
				bad("a button needs either a custom id or an address")
			}
			if c.Type == 2 && strings.TrimSpace(c.Label) == "" {
				bad("a button without a label")
			}
			if c.CustomID != "" && ids[c.CustomID] {
				bad("custom id %q twice", c.CustomID)
			}
			ids[c.CustomID] = true
		}
	}
}

func menuRules(c Component, inRow int, bad func(string, ...any)) {
	if inRow != 1 {
		bad("a menu beside other components")
	}
	values := map[string]bool{}
	for _, o := range c.Options {
		if values[o.Value] {
			bad("value %q twice in a menu", o.Value)
		}
		values[o.Value] = true
	}
}

func commandRules(raw []byte) []string {
	var out []string
	var list []map[string]any
	_ = json.Unmarshal(raw, &list)
	names := map[string]bool{}
	for _, c := range list {
		name := fmt.Sprint(c["name"])
		if names[name] || name != strings.ToLower(name) || strings.ContainsAny(name, " .,!?") {
			out = append(out, fmt.Sprintf("command name %q", name))
		}
		names[name] = true
		if fmt.Sprint(c["description"]) == "" {
			out = append(out, "a command without description")
		}
		total := size(name) + size(fmt.Sprint(c["description"]))
		optional := false
		opts, _ := c["options"].([]any)
		for _, o := range opts {
			m, _ := o.(map[string]any)
			total += size(fmt.Sprint(m["name"])) + size(fmt.Sprint(m["description"]))
			required, _ := m["required"].(bool)
			if required && optional {
				out = append(out, "a required option after an optional one in "+name)
			}
			optional = optional || !required
			if m["autocomplete"] == true && m["choices"] != nil {
				out = append(out, "choices and autocompletion in "+name)
			}
		}
		if total > 8000 {
			out = append(out, fmt.Sprintf("command %s of %d characters", name, total))
		}
	}
	return out
}

func size(s string) int { return len(utf16.Encode([]rune(s))) }
