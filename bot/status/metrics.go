package status

// metric is one entry of the table of everything that is counted or observed.
// The exported names get the prefix "karussell_".
type metric struct {
	name    string
	help    string
	labels  []string
	buckets []float64 // of a histogram; nil: a counter
}

// Buckets in seconds. Alerts take from a second (a push) or a minute (a feed's interval) to hours.
//
//nolint:gochecknoglobals // constant tables
var (
	quick = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	sends = []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20}
	slow  = []float64{1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400}
)

//nolint:gochecknoglobals // a constant table
var metrics = []metric{
	{name: "articles_total", help: "Articles read, by what they were: new, changed, known.", labels: []string{"state"}},
	{name: "events_total", help: "Events extracted from new articles, by type.", labels: []string{"type"}},
	{name: "story_changes_total", help: "Changes of stories, by the stage reached.", labels: []string{"stage"}},
	{name: "deliveries_total", help: "Deliveries about stories written into the outbox."},
	{name: "sends_total", help: "Attempts settled, by platform and outcome.", labels: []string{"platform", "outcome"}},
	{name: "limits_total", help: "Times a platform said to wait, for one chat or globally.", labels: []string{"platform", "scope"}},
	{name: "platform_rests_total", help: "Rests after many chats of a platform failed in a row.", labels: []string{"platform"}},
	{name: "requests_total", help: "Requests of users, by command and result.", labels: []string{"command", "result"}},
	{name: "chat_changes_total", help: "Chats that came, went or moved.", labels: []string{"change"}},
	{name: "feed_fetches_total", help: "Fetches of feeds and pages, by outcome.", labels: []string{"outcome"}},
	{name: "feed_pushes_total", help: "What hubs (WebSub) sent, by what became of it.", labels: []string{"outcome"}},

	{name: "answer_seconds", help: "Time the engine took to answer a request.", buckets: quick},
	{name: "send_seconds", help: "Time a platform took to take a message.", labels: []string{"platform"}, buckets: sends},
	{name: "alert_delay_seconds", help: "From publication of the news, where it is known to the minute, or the end of the chat's quiet hours, to the alert in the chat.", labels: []string{"platform"}, buckets: slow},
	{name: "transaction_seconds", help: "Duration of store transactions: view, update, claim, settle.", labels: []string{"kind"}, buckets: quick},
}
