package score_test

import (
	"context"
	"os"
	"testing"
	"fmt"

	"karussell/bot"
	"karussell/bot/extract"
	"karussell/bot/extract/score"
)

func TestZZ(t *testing.T) {
	x, err := extract.New()
	if err != nil {
		t.Fatal(err)
	}
	if f := os.Getenv("XP"); f != "" {
		b, _ := os.ReadFile(f)
		tr := x.Explain(bot.Article{Text: string(b)})
		fmt.Println(tr.String())
		return
	}
	r, err := score.Run(context.Background(), x, []string{os.Getenv("XD")})
	if err != nil {
		t.Fatal(err)
	}
	r.Write(os.Stdout, os.Getenv("XV") != "")
}
