package extract

// Names that are joined to a trigger's coach share what is said of him.

// andOthers is mention m with those joined to it: "X und sein Assistent Y",
// "X, Y und Z".
func (d *doc) andOthers(m int, t *trigger) []int {
	all := []int{m}
	for dir := -1; dir <= 1; dir += 2 {
		last := m
		for {
			next := d.joined(last, dir)
			if next < 0 {
				break
			}
			if p := t.captured('P'); p >= 0 && d.ments[p].ent == d.ments[next].ent {
				break
			}
			all = append(all, next)
			last = next
		}
	}
	return all
}

// nextPerson is the person mention next to m in direction dir, or -1.
func (d *doc) nextPerson(m, dir int) int {
	n := m + dir
	for n >= 0 && n < len(d.ments) && d.ments[n].kind != personMention {
		n += dir
	}
	if n < 0 || n >= len(d.ments) {
		return -1
	}
	return n
}

// joinedAfterClause is n when no relative clause stands behind m, else -1.
func (d *doc) joinedAfterClause(m, n int) int {
	to := d.ments[m].to
	if d.norm(to) == "," && d.is(to+1, classRelative) && d.ments[n].from > to+1 {
		return -1
	}
	return n
}

// farJoined is the person joined to m behind a relative clause: "X, der ...,
// und Y", or -1.
func (d *doc) farJoined(m int) int {
	for n, tries := d.nextPerson(m, 1), 0; n >= 0 && tries < 4; n, tries = d.nextPerson(n, 1), tries+1 {
		x := &d.ments[n]
		if !d.sameSentence(x.from, d.ments[m].from) || x.from-d.ments[m].to > 30 {
			return -1
		}
		add := d.is(x.from-1, classJoin) || d.norm(x.from-1) == "dazu" || d.norm(x.from-1) == "ebenso" || d.norm(x.from-1) == "auch"
		if x.form <= surname && x.ent >= 0 && add && d.norm(x.from-2) == "," && d.persons[x.ent].grade() >= 0 {
			return n
		}
	}
	return -1
}

// farJoinedLeft is the person to whom an "and" behind an apposition joins m:
// "X, out of work since A let him go, and the Portuguese Y", or -1.
func (d *doc) farJoinedLeft(m int) int {
	x := &d.ments[m]
	i := x.from - 1
	for i > 0 && i >= x.from-5 && (d.is(i, classDef|classDemonym|classAnyRole|classFormer) || d.clubAt(i) >= 0) {
		i--
	}
	if x.form > surname || !d.is(i, classJoin) || d.norm(i-1) != "," || !d.sameSentence(i, x.from) {
		return -1
	}
	for n, tries := d.nextPerson(m, -1), 0; n >= 0 && tries < 4; n, tries = d.nextPerson(n, -1), tries+1 {
		y := &d.ments[n]
		if !d.sameSentence(y.from, x.from) || x.from-y.to > 30 {
			return -1
		}
		if y.form <= surname && y.ent >= 0 && y.ent != x.ent && d.norm(y.to) == "," && d.subject(y.from) && d.persons[y.ent].grade() >= 0 {
			return n
		}
	}
	return -1
}

// joined is the person mention next to m in direction dir when only a comma or
// an "und", with offices, ages and clubs, stands between them; else -1.
func (d *doc) joined(m, dir int) int {
	n := d.nextPerson(m, dir)
	if n >= 0 && dir > 0 && d.joinedAfterClause(m, n) < 0 {
		if far := d.farJoined(m); far >= 0 {
			return far
		}
	}
	if dir < 0 {
		if far := d.farJoinedLeft(m); far >= 0 {
			return far
		}
	}
	if n < 0 || n >= len(d.ments) || d.ments[n].ent < 0 || d.ments[n].form > surname || d.ments[n].ent == d.ments[m].ent {
		return -1
	}
	left, right := &d.ments[min(m, n)], &d.ments[max(m, n)]
	if right.from-left.to > maxJoin || !d.sameSentence(left.from, right.from) {
		return -1
	}
	join := false
	depth := 0
	for i := left.to; i < right.from; i++ {
		tok := &d.toks[i]
		switch {
		case tok.norm == "(":
			depth++
		case tok.norm == ")":
			depth--
		case depth > 0:
		case tok.class.has(classJoin), tok.norm == ",", tok.norm == "&", tok.norm == "dazu", tok.norm == "samt", tok.norm == "ebenso", tok.norm == "mitsamt", tok.norm == "nebst", tok.norm == "together", tok.norm == "alongside":
			join = true
		case tok.norm == "." || tok.norm == `"`:
		case tok.kind == punctToken:
			return -1
		case tok.ment >= 0 || tok.class.has(classAnyRole|classFormer|classPresent|classPossess|classDef|classYouth|classSecond) || tok.glued || tok.kind == numberToken:
		case tok.norm == "ebenfalls" || tok.norm == "auch" || tok.norm == "mit" || tok.norm == "with" || tok.norm == "ausserdem" || tok.norm == "zuletzt" || tok.norm == "namens" || tok.norm == "von" || tok.norm == "vom" || tok.norm == "also" || tok.norm == "ihm" || tok.norm == "first" || tok.norm == "team":
		default:
			return -1
		}
	}
	if !join || d.persons[d.ments[n].ent].grade() < 0 && d.persons[d.ments[n].ent].staff == 0 {
		return -1
	}
	return n
}
