package operator

// judge decides, from what a worker's table has taken, whether grouping rows is worth its while.
type judge struct {
	// since counts rows since the table was last judged, when it had from groups; known of them belong to those.
	since, known, from int
}

// verdict says what is to be done with a table.
type verdict uint8

const (
	keep  verdict = iota
	empty         // it has outgrown its use
	vain          // likewise, and hardly any rows shared a group
)

// saw notes the groups of a batch of rows.
func (j *judge) saw(groups []uint32) {
	j.since += len(groups)
	if j.from > 0 {
		from := uint32(j.from)
		for _, g := range groups {
			if g < from {
				j.known++
			}
		}
	}
}

// forget begins with an empty table.
func (j *judge) forget() { *j = judge{} }

// decide judges a table of so many groups.
func (j *judge) decide(groups int) verdict {
	switch {
	case groups < cacheGroups/2 || groups < 2*j.from:
		return keep
	case groups < cacheGroups, groups < largeGroups && float64(j.known) >= knownShare*float64(j.since):
		*j = judge{from: groups}
		return keep
	}
	v := empty
	if float64(j.since) < poorReduction*float64(groups-j.from) {
		v = vain
	}
	j.forget()
	return v
}
