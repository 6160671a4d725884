package ledger

import (
	"errors"
	"testing"

	"karussell/bot"
)

type nameV1 struct {
	Full string `cbor:"1,keyasint,omitempty"`
}

type nameV2 struct {
	First string `cbor:"2,keyasint,omitempty"`
	Last  string `cbor:"3,keyasint,omitempty"`
}

func TestRecordVersions(t *testing.T) {
	old := codec[nameV1]{name: "name", version: 1}
	now := codec[nameV2]{name: "name", version: 2, upgrades: map[byte]func([]byte) (nameV2, error){
		1: func(body []byte) (nameV2, error) {
			var v nameV1
			err := unmarshal(body, &v)
			return nameV2{Last: v.Full}, err
		},
	}}
	b, err := old.encode(nameV1{"Backhaus"})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := now.decode(b); err != nil || v.Last != "Backhaus" {
		t.Errorf("upgraded: %+v, %v", v, err)
	}
	b, err = now.encode(nameV2{"Heiner", "Backhaus"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.decode(b); !errors.Is(err, bot.ErrNewer) {
		t.Errorf("newer record: %v", err)
	}
	for name, bad := range map[string][]byte{"empty": {}, "version 0": {0, 0xA0}, "cut": {2, 0xA2, 0x02}, "no CBOR": {2, 0xFF, 0xFF}} {
		if v, err := now.decode(bad); !errors.Is(err, bot.ErrCorrupt) {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

func FuzzStrings(f *testing.F) {
	for _, s := range []string{"", "a", "\x00", "a\x00b", "\xff", "\x00\xff\x00\x01"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		key := append(appendString(appendString(nil, a), b), 7)
		x, rest, err := cutString(key)
		if err != nil || x != a {
			t.Fatalf("read %q, %v", x, err)
		}
		y, rest, err := cutString(rest)
		if err != nil || y != b || len(rest) != 1 {
			t.Fatalf("read %q, %v, rest %x", y, err, rest)
		}
		before := string(appendString(nil, a)) < string(appendString(nil, b))
		if before != (a < b) {
			t.Errorf("%q and %q change their order", a, b)
		}
	})
}

func FuzzRecords(f *testing.F) {
	b, err := storyCodec.encode(storyRecord{Club: "schalke", Outlets: []string{"WAZ"}, Reports: []reportRecord{{}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := storyCodec.decode(b); err != nil && !errors.Is(err, bot.ErrCorrupt) && !errors.Is(err, bot.ErrNewer) {
			t.Error(err)
		}
		if _, _, err := cutString(b); err != nil && !errors.Is(err, bot.ErrCorrupt) {
			t.Error(err)
		}
	})
}
