package bot

import "strings"

// outShown is how many names out of the race are listed.
const outShown = 8

// line is "Trainer: Heiner Backhaus".
func (v voice) line(label, text string) Block {
	return paragraph(bold(v.say(label)+": "), plain(text))
}

// situationBlocks say who is in office, since when the post is vacant, who
// stands in, who is under pressure, who may come and who will not: each with
// source and date.
func (v voice) situationBlocks(s *Situation) []Block {
	var out []Block
	switch {
	case s.Vacant != nil:
		text := v.say("bench_vacant_now")
		if day := s.Vacant.happened(); day != "" {
			text = v.say("bench_vacant", "Day", v.long(day))
		}
		out = append(out, v.line("bench_head", v.because(text, s.Vacant)))
	case s.Coach != nil:
		out = append(out, v.line("bench_head", v.because(s.Coach.CoachName, s.Coach)))
	case s.Pressure != nil:
		out = append(out, v.line("bench_head", v.because(s.Pressure.CoachName, s.Pressure)))
	default:
		out = append(out, v.line("bench_head", v.say("unknown")))
	}
	if s.Interim != nil {
		out = append(out, v.line("bench_interim", v.because(s.Interim.CoachName, s.Interim)))
	}
	if s.Pressure != nil {
		out = append(out, v.line("bench_pressure", v.tagged([]Story{*s.Pressure})))
	}
	if len(s.Candidates) > 0 {
		out = append(out, v.line("bench_candidates", v.tagged(s.Candidates)))
	}
	if len(s.Out) > 0 {
		out = append(out, v.line("bench_out", v.tagged(s.Out)))
	}
	return out
}

// because appends who reported it.
func (v voice) because(text string, s *Story) string {
	if r, ok := spokesman(s); ok {
		text += " (" + v.reported(r) + ")"
	}
	return text
}

// tagged lists coaches with stage, source and, for old stories, the silence.
func (v voice) tagged(stories []Story) string {
	var names []string
	for i := range stories {
		if i == outShown {
			names = append(names, "…")
			break
		}
		s := &stories[i]
		var parts []string
		if s.Stage != StagePressure { // the line says so already
			parts = append(parts, v.say("stage_"+string(s.Stage)))
		}
		if r, ok := spokesman(s); ok {
			parts = append(parts, v.reported(r))
		}
		if quiet := v.silence(s); quiet != "" {
			parts = append(parts, quiet)
		}
		name := s.CoachName
		if len(parts) > 0 {
			name += " (" + strings.Join(parts, ", ") + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, "; ")
}
