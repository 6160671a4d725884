package telegramtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// contract is the published description of the Bot API
// (PaulSonOfLars/telegram-bot-api-spec, api.min.json).
type contract struct {
	Methods map[string]described `json:"methods"`
	Types   map[string]described `json:"types"`
}

type described struct {
	Fields   []field  `json:"fields"`
	Subtypes []string `json:"subtypes"`
}

type field struct {
	Name     string   `json:"name"`
	Types    []string `json:"types"`
	Required bool     `json:"required"`
}

// FindContract looks for the description: in the folder that KARUSSELL_SHARED
// names, or in ../shared beside the module. Empty when it is not there.
func FindContract() string {
	var places []string
	if shared := os.Getenv("KARUSSELL_SHARED"); shared != "" {
		places = append(places, shared)
	}
	for dir, err := os.Getwd(); err == nil; dir = filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			places = append(places, filepath.Join(dir, "..", "shared"))
			break
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	for _, place := range places {
		path := filepath.Join(place, "contracts", "telegram-bot-api.json")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

func loadContract(path string) (*contract, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var c contract
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &c, nil
}

// judge returns what is wrong with a call.
func (c *contract) judge(call Call) []string {
	m, ok := c.Methods[call.Method]
	if !ok {
		return []string{"no such method"}
	}
	var problems []string
	known := map[string]field{}
	for _, f := range m.Fields {
		known[f.Name] = f
		_, inParams := call.Params[f.Name]
		_, inFiles := call.Files[f.Name]
		if f.Required && !inParams && !inFiles {
			problems = append(problems, "required parameter "+f.Name+" is missing")
		}
	}
	for name, value := range call.Params {
		f, ok := known[name]
		if !ok {
			problems = append(problems, "unknown parameter "+name)
			continue
		}
		if err := c.anyParam(f.Types, value); err != nil {
			problems = append(problems, fmt.Sprintf("parameter %s: %v", name, err))
		}
	}
	for name := range call.Files {
		if _, ok := known[name]; !ok && !attached(call, name) {
			problems = append(problems, "unknown file "+name)
		}
	}
	return problems
}

func attached(call Call, name string) bool {
	for _, v := range call.Params {
		if strings.Contains(v, `"attach://`+name+`"`) {
			return true
		}
	}
	return false
}

// anyParam judges a parameter, which travels as text.
func (c *contract) anyParam(types []string, value string) error {
	var last error
	for _, t := range types {
		switch t {
		case "String", "InputFile":
			return nil
		case "Integer":
			_, last = strconv.ParseInt(value, 10, 64)
		case "Float":
			_, last = strconv.ParseFloat(value, 64)
		case "Boolean":
			_, last = strconv.ParseBool(value)
		default:
			var v any
			if last = json.Unmarshal([]byte(value), &v); last == nil {
				last = c.value(t, v)
			}
		}
		if last == nil {
			return nil
		}
	}
	return last
}

// value judges a decoded JSON value.
func (c *contract) value(t string, v any) error {
	if element, ok := strings.CutPrefix(t, "Array of "); ok {
		list, ok := v.([]any)
		if !ok {
			return fmt.Errorf("want a list of %s", element)
		}
		for i, e := range list {
			if err := c.value(element, e); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return nil
	}
	var ok bool
	switch t {
	case "String", "InputFile":
		_, ok = v.(string)
	case "Boolean":
		_, ok = v.(bool)
	case "Float":
		_, ok = v.(float64)
	case "Integer":
		n, isNumber := v.(float64)
		ok = isNumber && n == float64(int64(n))
	default:
		return c.object(t, v)
	}
	if !ok {
		return fmt.Errorf("want %s, got %T", t, v)
	}
	return nil
}

func (c *contract) object(t string, v any) error {
	d, ok := c.Types[t]
	if !ok {
		return fmt.Errorf("the description has no type %s", t)
	}
	if len(d.Subtypes) > 0 {
		var problems []string
		for _, sub := range d.Subtypes {
			err := c.object(sub, v)
			if err == nil {
				return nil
			}
			problems = append(problems, sub+": "+err.Error())
		}
		return fmt.Errorf("is no %s: %s", t, strings.Join(problems, "; "))
	}
	values, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("want %s, got %T", t, v)
	}
	known := map[string]bool{}
	for _, f := range d.Fields {
		known[f.Name] = true
		value, there := values[f.Name]
		if !there {
			if f.Required {
				return fmt.Errorf("%s.%s is missing", t, f.Name)
			}
			continue
		}
		if err := c.anyValue(f.Types, value); err != nil {
			return fmt.Errorf("%s.%s: %w", t, f.Name, err)
		}
	}
	for name := range values {
		if !known[name] {
			return fmt.Errorf("%s has no field %s", t, name)
		}
	}
	return nil
}

func (c *contract) anyValue(types []string, v any) error {
	var last error
	for _, t := range types {
		if last = c.value(t, v); last == nil {
			return nil
		}
	}
	return last
}
