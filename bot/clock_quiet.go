package bot

import "time"

// QuietUntil is when the chat may be disturbed: t itself outside its quiet
// hours, else their end. Quiet hours are read from the chat's wall clock, so
// they move with daylight saving time.
func (c *Chat) QuietUntil(t time.Time) time.Time {
	if !c.Quiet.Active() {
		return t
	}
	local := t.In(c.location())
	if !c.Quiet.covers(local) {
		return t
	}
	y, m, d := local.Date()
	end := time.Date(y, m, d, 0, c.Quiet.To, 0, 0, local.Location())
	if !end.After(local) && c.Quiet.From > c.Quiet.To {
		end = time.Date(y, m, d+1, 0, c.Quiet.To, 0, 0, local.Location())
	}
	// An end that the clock change skips, or passes twice.
	for !end.After(local) || c.Quiet.covers(end) {
		end = end.Add(time.Minute)
	}
	return end.In(t.Location())
}

// covers reports whether the wall clock of t is within the quiet hours.
func (q QuietHours) covers(t time.Time) bool {
	m := t.Hour()*60 + t.Minute()
	if q.From <= q.To {
		return m >= q.From && m < q.To
	}
	return m >= q.From || m < q.To
}

// homeZone is where chats are that have set no zone.
const homeZone = "Europe/Berlin"

// location is the chat's time zone. Without zone data on the machine it is UTC:
// a wrong zone must not cost an alert.
func (c *Chat) location() *time.Location {
	name := c.Zone
	if name == "" {
		name = homeZone
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}
