package telegram_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"karussell/adapters/adaptertest"
	"karussell/adapters/telegram"
	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
)

const (
	suiteChat = -1001
	suiteUser = 4711
)

func TestConformance(t *testing.T) { // not parallel: the suite counts goroutines
	adaptertest.Run(t, func(t *testing.T) adaptertest.Fixture {
		t.Helper()
		s := telegramtest.New(t)
		s.AddChat(telegramtest.Chat{ID: suiteChat, Type: "supergroup", Title: "Stammtisch"})
		s.SetMember(suiteChat, suiteUser, "administrator")
		a, err := telegram.New(telegram.Options{
			Token: s.Token, Endpoint: s.URL(), Notebook: newNotebook(), Timeout: 2 * time.Second, PollTimeout: time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		return fixture(s, a)
	})
}

func fixture(s *telegramtest.Server, a *telegram.Adapter) adaptertest.Fixture {
	f := adaptertest.Fixture{
		Platform: a, Chat: ref(suiteChat), Close: s.Close, Typed: true, MaxText: 4096, Secret: s.Token,
		Shown: func() []string {
			var out []string
			for _, m := range s.Messages(suiteChat) {
				out = append(out, m.Text)
			}
			return append(out, s.Notices()...)
		},
		Command: func(_ *testing.T, name string, args ...adaptertest.Arg) {
			line := []string{"/" + name}
			for _, arg := range args {
				line = append(line, arg.Value)
			}
			s.InjectText(suiteChat, suiteUser, strings.Join(line, " "))
		},
		Press: func(t *testing.T, label string) {
			t.Helper()
			id := s.PressButton(t, suiteChat, suiteUser, label)
			s.AwaitThat(t, "the spinner to stop", func() bool { return s.Callback(id).Answered })
		},
		Fill: func(t *testing.T, values map[string]string) {
			t.Helper()
			for range values {
				var prompt telegramtest.Message
				s.AwaitThat(t, "a prompt", func() bool {
					all := s.Messages(suiteChat)
					if len(all) > 0 {
						prompt = all[len(all)-1]
					}
					return prompt.ForceReply
				})
				s.InjectReply(suiteChat, suiteUser, prompt.ID, values["why"])
			}
		},
		Suggest: func(t *testing.T, _, _, typed string) []string {
			t.Helper()
			id := s.Query(suiteUser, typed, "")
			s.AwaitThat(t, "an inline answer", func() bool { return s.Inline(id).Answered })
			var labels []string
			for _, r := range s.Inline(id).Results {
				labels = append(labels, r["title"].(string))
			}
			return labels
		},
		Delete: func(_ *testing.T, id bot.MessageID) {
			n, _ := strconv.Atoi(strings.TrimSuffix(string(id), "@-1001"))
			s.Delete(suiteChat, n)
		},
		Silent: func() bool {
			all := s.Messages(suiteChat)
			return all[len(all)-1].Silent
		},
	}
	f.Changes = []bot.ChangeKind{
		bot.ChangeRemoved, bot.ChangeAdded, bot.ChangeForbidden, bot.ChangeAllowed, bot.ChangeMoved,
	}
	f.Change = func(_ *testing.T, what bot.ChangeKind) { change(s, what) }
	f.Faults = []bot.SendKind{
		bot.SendTemporary, bot.SendUnsure, bot.SendLimited, bot.SendForbidden, bot.SendBlocked, bot.SendGone,
		bot.SendMoved, bot.SendRejected, bot.SendRevoked,
	}
	f.Fail = func(_ *testing.T, fault adaptertest.Fault) { s.Fault(faultFor(fault)) }
	return f
}

func change(s *telegramtest.Server, what bot.ChangeKind) {
	switch what {
	case bot.ChangeRemoved:
		s.Block(suiteChat, suiteUser)
	case bot.ChangeAdded:
		s.Unblock(suiteChat, suiteUser)
	case bot.ChangeForbidden:
		s.SetBot(suiteChat, suiteUser, "restricted", map[string]any{"is_member": true, "can_send_messages": false})
	case bot.ChangeAllowed:
		s.SetTopic(suiteChat, 7, "open")
		s.SetTopic(suiteChat, 7, "closed")
		s.SetTopic(suiteChat, 7, "open")
	case bot.ChangeMoved:
		s.Migrate(suiteChat, -1002)
	case bot.ChangeGone, bot.ChangeReconcile:
	}
}

func faultFor(f adaptertest.Fault) telegramtest.Fault {
	refuse := func(code int, text string) telegramtest.Fault {
		return telegramtest.Fault{Kind: telegramtest.Refuse, Method: "sendMessage", Code: code, Text: text}
	}
	switch f.Kind {
	case bot.SendTemporary:
		return refuse(http.StatusInternalServerError, "Internal Server Error")
	case bot.SendUnsure:
		return telegramtest.Fault{Kind: telegramtest.DropAfter, Method: "sendMessage"}
	case bot.SendLimited:
		out := refuse(http.StatusTooManyRequests, "Too Many Requests: retry after 7")
		out.RetryAfter = int(f.RetryAfter / time.Second)
		return out
	case bot.SendForbidden:
		return refuse(http.StatusBadRequest, "Bad Request: not enough rights to send text messages to the chat")
	case bot.SendBlocked:
		return refuse(http.StatusForbidden, "Forbidden: bot was kicked from the supergroup chat")
	case bot.SendGone:
		return refuse(http.StatusBadRequest, "Bad Request: chat not found")
	case bot.SendMoved:
		out := refuse(http.StatusBadRequest, "Bad Request: group chat was upgraded to a supergroup chat")
		out.MigrateTo, _ = strconv.ParseInt(strings.TrimSpace(f.MovedTo.Chat), 10, 64)
		return out
	case bot.SendRejected:
		out := refuse(http.StatusBadRequest, "Bad Request: message is too long")
		out.Times = 2 // the adapter tries once more, without formatting
		return out
	case bot.SendRevoked:
		return refuse(http.StatusUnauthorized, "Unauthorized")
	case bot.SendMissing:
	}
	return telegramtest.Fault{}
}
